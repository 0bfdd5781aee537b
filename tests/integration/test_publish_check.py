"""A catalog is wholly right, or the field that is wrong is named."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from vsrt_gui.model.manifest import Platform
from vsrt_gui.publish.build import build
from vsrt_gui.publish.check import check
from vsrt_gui.publish.serve import CatalogServer

SOURCES = """
format = 1
version = "1"

[[module]]
id = "base"
name = "Base"
type = "runtime"
version = "1"
launch.bin.base = "bin/base"
launch.proof = [{ argv = ["{bin:base}"] }]
source = { kind = "path", path = "base-{platform}" }

[[module]]
id = "top"
name = "Top"
type = "languageServer"
version = "1"
dependencies = ["base"]
launch.bin.top = ["{bin:base}", "{module}/top.js"]
source = { kind = "path", path = "top" }

[[module]]
id = "extra"
name = "Extra"
type = "languageServer"
version = "1"
dependencies = ["top"]
optional = true
source = { kind = "path", path = "extra" }
"""
PLATFORMS = (Platform.LINUX_X64, Platform.MACOS_ARM64)
BASE, TOP, EXTRA = 0, 1, 2
LINUX = "platformArtifacts.linux-x64"


class Published:
    """A catalog that tests spoil."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.document: Any = json.loads((out / "manifest.json").read_bytes())

    def artifact(self, module: int, platform: str = "linux-x64") -> Any:
        return self.document["modules"][module]["platformArtifacts"][platform]

    def archive(self, module: int, platform: str = "linux-x64") -> Path:
        return self.out / self.artifact(module, platform)["url"]

    def index(self, module: int) -> Path:
        return self.out / self.artifact(module)["index"]["url"]

    def save(self) -> None:
        (self.out / "manifest.json").write_text(json.dumps(self.document), "utf-8")


@pytest.fixture
def published(tmp_path: Path) -> Published:
    files = {
        "base-linux-x64/bin/base": "linux",
        "base-macos-arm64/bin/base": "mac",
        "top/top.js": "top",
        "extra/e": "e",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    sources = tmp_path / "sources.toml"
    sources.write_text(SOURCES)
    build(sources, tmp_path / "out", tmp_path / "cache", lambda _: None, PLATFORMS)
    return Published(tmp_path / "out")


@pytest.fixture(params=["folder", "server"])
def location(request: pytest.FixtureRequest, published: Published) -> Iterator[str]:
    if request.param == "folder":
        yield str(published.out)
        return
    with CatalogServer(published.out) as server:
        yield server.url


def found(location: str) -> list[tuple[str, str]]:
    return [(finding.field, finding.fault.code.value) for finding in check(location, lambda _: None)]


def test_nothing_is_wrong(location: str) -> None:
    said: list[str] = []
    assert check(location, said.append) == ()
    assert len(said) == 4  # base twice; what both platforms share, once


def grow(it: Published) -> None:
    with it.archive(BASE).open("ab") as archive:
        archive.write(b"x")


def spoil(it: Published) -> None:
    data = bytearray(it.archive(BASE).read_bytes())
    data[-1] ^= 1
    it.archive(BASE).write_bytes(data)


def mix_up(it: Published) -> None:
    it.artifact(BASE)["index"] = it.artifact(TOP)["index"]


def rewrite_index(it: Published) -> None:
    it.index(BASE).write_bytes(zstd.compress(b"{}"))


def change(module: int, key: str, value: object) -> Callable[[Published], None]:
    def spoiled(it: Published) -> None:
        it.document["modules"][module][key] = value

    return spoiled


def lose_platform(it: Published) -> None:
    del it.document["modules"][TOP]["platformArtifacts"]["macos-arm64"]


def lose_optional_platform(it: Published) -> None:
    del it.document["modules"][EXTRA]["platformArtifacts"]["macos-arm64"]


def launch(module: int, key: str, value: object) -> Callable[[Published], None]:
    def spoiled(it: Published) -> None:
        it.document["modules"][module]["launch"][key] = value

    return spoiled


@pytest.mark.parametrize(
    ("spoil_it", "expected"),
    [
        (grow, [(f"modules[0].{LINUX}.sizeBytes", "size-mismatch")]),
        (spoil, [(f"modules[0].{LINUX}.hash", "checksum-mismatch")]),
        (lambda it: it.archive(BASE).unlink(), [(f"modules[0].{LINUX}.url", "gone")]),
        (
            lambda it: it.artifact(BASE).update(mirrors=[it.artifact(BASE)["url"], "archives/gone.zip"]),
            [(f"modules[0].{LINUX}.mirrors[1]", "gone")],
        ),
        (
            lambda it: it.index(TOP).unlink(),
            [
                (f"modules[1].{LINUX}.index", "gone"),
                ("modules[1].platformArtifacts.macos-arm64.index", "gone"),
            ],
        ),
        (rewrite_index, [(f"modules[0].{LINUX}.index", "checksum-mismatch")]),
        (mix_up, [(f"modules[0].{LINUX}.index", "index-invalid")]),
        (
            lambda it: it.artifact(BASE).update(compressionFormat="tar.gz"),
            [(f"modules[0].{LINUX}.url", "archive-damaged")],
        ),
        (
            change(TOP, "dependencies", ["base", "ghost"]),
            [("modules[1].dependencies", "dependency-missing")],
        ),
        (
            change(BASE, "dependencies", ["top"]),
            [
                ("modules[0].dependencies", "dependency-cycle"),
                ("modules[1].dependencies", "dependency-cycle"),
            ],
        ),
        (lose_platform, [("modules[1].platformArtifacts.macos-arm64", "platform-unsupported")]),
        (lose_optional_platform, []),
        (
            launch(BASE, "bin", {"base": "bin/other"}),
            [
                (f"modules[0].{LINUX}.launch.bin.base", "manifest-invalid"),
                ("modules[0].platformArtifacts.macos-arm64.launch.bin.base", "manifest-invalid"),
            ],
        ),
        (launch(TOP, "bin", {"top": ["{bin:ghost}"]}), [("modules[1].launch.bin.top", "manifest-invalid")]),
        (
            launch(EXTRA, "proof", [{"argv": ["{bin:ghost}"]}]),
            [("modules[2].launch.proof[0]", "manifest-invalid")],
        ),
        (
            launch(EXTRA, "server", {"argv": ["{bin:ghost}"]}),
            [("modules[2].launch.server", "manifest-invalid")],
        ),
        (
            launch(
                BASE, "proof", [{"argv": ["{bin:top}"]}]
            ),  # it is there, but nothing says that it is needed
            [("modules[0].launch.proof[0]", "manifest-invalid")],
        ),
        (change(BASE, "version", 1), [("modules[0].version", "manifest-invalid")]),
    ],
)
def test_names_what_is_wrong(
    published: Published,
    location: str,
    spoil_it: Callable[[Published], None],
    expected: list[tuple[str, str]],
) -> None:
    spoil_it(published)
    published.save()
    gone = "source-gone" if location.startswith("http") else "file-missing"
    assert found(location) == [(place, gone if code == "gone" else code) for place, code in expected]


def test_no_manifest_and_no_catalog(published: Published, location: str) -> None:
    manifest = published.out / "manifest.json"
    manifest.write_text("{")
    assert found(location) == [("manifest.json", "manifest-unreadable")]
    manifest.unlink()
    assert found(location) == [("manifest.json", "catalog-not-found")]


def test_a_finding_reads_well(published: Published) -> None:
    grow(published)
    size = published.artifact(BASE)["sizeBytes"]
    (finding,) = check(str(published.out), lambda _: None)
    url = published.archive(BASE).as_uri()
    wrong = f"modules[0].{LINUX}.sizeBytes: size-mismatch"
    assert str(finding) == f"{wrong} (actual: {size + 1}, expected: {size}, file: {url})"
