"""Which files of a package a module gets."""

from pathlib import Path
from typing import Any

import pytest

from vsrt_gui.model.manifest import Platform
from vsrt_gui.publish.selection import Chosen, SelectionError, choose
from vsrt_gui.publish.sources import Selection

FILES = (
    "pkg/bin/run",
    "pkg/lib/a.js",
    "pkg/lib/a.js.map",
    "pkg/lib/deep/er/b.js",
    "pkg/node.exe",
    "notes/x.txt",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    for name in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (folder / "pkg" / "bin" / "run").chmod(0o755)
    return folder


def paths(tree: Path, platform: Platform | None = Platform.LINUX_X64, **selection: Any) -> list[str]:
    return [each.path for each in choose(tree, Selection.model_validate(selection), platform)]


def test_all_files_unless_told_otherwise(tree: Path) -> None:
    assert paths(tree) == sorted(FILES)


@pytest.mark.parametrize(
    ("selection", "left"),
    [
        ({"include": ["pkg/lib/*"]}, ["pkg/lib/a.js", "pkg/lib/a.js.map"]),
        ({"include": ["pkg/lib/**"]}, ["pkg/lib/a.js", "pkg/lib/a.js.map", "pkg/lib/deep/er/b.js"]),
        ({"include": ["**/*.js"]}, ["pkg/lib/a.js", "pkg/lib/deep/er/b.js"]),
        ({"include": ["pkg/**/b.js"]}, ["pkg/lib/deep/er/b.js"]),
        ({"include": ["pkg/lib/**/a.js"]}, ["pkg/lib/a.js"]),
        ({"include": ["pkg/lib/a?js"]}, ["pkg/lib/a.js"]),
        ({"strip_prefix": "pkg", "exclude": ["lib/**", "*.exe"]}, ["bin/run"]),
        ({"strip_prefix": "pkg/lib/deep/"}, ["er/b.js"]),
        (
            {"strip_prefix": "pkg", "include": ["bin/*"], "rename": {"pkg/node.exe": "pkg/bin/node.exe"}},
            ["bin/node.exe", "bin/run"],
        ),
        ({"strip_prefix": "pkg", "include": ["x.txt"], "rename": {"notes/x.txt": "pkg/x.txt"}}, ["x.txt"]),
        ({"include": ["**/b.js"], "rename": {"not/there": "b"}}, ["pkg/lib/deep/er/b.js"]),
    ],
)
def test_rename_strip_include_exclude_in_this_order(
    tree: Path, selection: dict[str, Any], left: list[str]
) -> None:
    assert paths(tree, **selection) == left


def test_marks_executables(tree: Path) -> None:
    chosen = choose(tree, Selection(executable=("**/*.exe",)), None)
    assert [each.path for each in chosen if each.executable] == ["pkg/bin/run", "pkg/node.exe"]


def test_links_of_the_package_and_of_the_sources(tree: Path) -> None:
    (tree / "pkg" / "current").symlink_to("lib")
    (tree / "pkg" / "run").symlink_to("bin/run")
    selection = Selection(strip_prefix="pkg", include=("current", "run"), link={"bin/go": "run"})
    assert choose(tree, selection, Platform.LINUX_X64) == (
        Chosen("bin/go", None, "run", executable=False),
        Chosen("current", None, "lib", executable=False),
        Chosen("run", None, "bin/run", executable=False),
    )
    assert paths(tree, Platform.WINDOWS_X64, include=["**/run"], link={"go": "run"}) == [
        "pkg/bin/run",
        "pkg/run",
    ]


@pytest.mark.parametrize(
    ("selection", "key", "reason"),
    [
        ({"include": ["nothing"]}, "files.include", "leaves no file of 6"),
        ({"strip_prefix": "pk"}, "files.include", "leaves no file of 6"),
        ({"rename": {"pkg/node.exe": "notes/x.txt"}}, "files.rename", "gives two files the name notes/x.txt"),
    ],
)
def test_a_selection_that_cannot_be_meant(
    tree: Path, selection: dict[str, Any], key: str, reason: str
) -> None:
    with pytest.raises(SelectionError) as caught:
        paths(tree, **selection)
    assert (caught.value.key, caught.value.reason) == (key, reason)
