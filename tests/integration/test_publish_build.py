"""Catalogs built by the real pip and npm, from packages on this computer."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from publish_packages import KILLED, KILLER, NpmRegistry, make_wheel, use_registry, use_wheels

from vsrt_gui.adapters.folder import path_of
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import Artifact, Manifest, Platform
from vsrt_gui.publish.build import build
from vsrt_gui.publish.check import check
from vsrt_gui.publish.unpack import unpack
from vsrt_gui.publish.wheels import Fetched

LINUX, WINDOWS, MAC = Platform.LINUX_X64, Platform.WINDOWS_X64, Platform.MACOS_ARM64
SOURCES = """
format = 1
version = "1"

[[module]]
id = "engine"
name = "Engine"
type = "runtime"
version = "1.0"
launch.bin.engine = "bin/engine"
launch.proof = [{ argv = ["{bin:engine}"], expect = "ok" }]
source = { kind = "pip", package = "engine" }
files = { strip_prefix = "engine", include = ["bin/*", "lib/**"], link = { "lib/same" = "data.txt" } }

[[module]]
id = "words"
name = "Words"
type = "languageServer"
version = "1.0.0"
dependencies = ["engine"]
optional = true
launch.bin.words = ["{bin:engine}", "{module}/main.js"]
source = { kind = "npm", package = "words" }
"""


def tool(more: str = "", source: str = '{ kind = "pip", package = "engine" }') -> str:
    return f"""
format = 1
version = "1"
[[module]]
id = "tool"
name = "Tool"
type = "runtime"
version = "1.0"
source = {source}
{more}
"""


class Workshop:
    """A place to build in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources = folder / "sources.toml"
        self.out = folder / "out"
        self.cache = folder / "cache"
        self.said: list[str] = []
        self.sources.write_text(SOURCES, "utf-8")

    def build(self, *platforms: Platform) -> Manifest:
        self.said.clear()
        return build(self.sources, self.out, self.cache, self.said.append, platforms or (LINUX,))

    def unpacked(self, artifact: Artifact) -> Path:
        tree = self.folder / "unpacked" / artifact.sha256
        return unpack(Fetched(path_of(artifact.url), universal=True), tree)

    def fault(self, text: str, *platforms: Platform) -> tuple[str, str]:
        self.sources.write_text(text, "utf-8")
        with pytest.raises(InstallerError) as caught:
            self.build(*platforms)
        fault = caught.value.fault
        assert fault.code is FaultCode.SOURCES_INVALID
        assert not self.out.exists()
        return str(fault.facts["field"]), str(fault.facts["reason"])


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NpmRegistry]:
    with NpmRegistry(tmp_path_factory.mktemp("registry")) as made:
        made.add("words", {"main.js": "words", "README.md": "read me"})
        made.add("helper", {"index.js": "helper"})
        made.add("helped", {"index.js": "helped", "bin/go": "go"}, {"helper": "^1.0.0"})
        made.add("addon", {"build/addon.node": "machine code"})
        made.add("compiled", {"index.js": ""}, {"addon": "1.0.0"})
        yield made


@pytest.fixture
def workshop(tmp_path: Path, registry: NpmRegistry, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    wheels = tmp_path / "wheels"
    notes = {"engine/__init__.py": "", "engine/lib/data.txt": "data"}
    make_wheel(wheels, "engine", "py3-none-manylinux_2_28_x86_64", notes | {"engine/bin/engine": "linux"})
    make_wheel(wheels, "engine", "py3-none-win_amd64", notes | {"engine/bin/engine.exe": "windows"})
    make_wheel(wheels, "plain", "py3-none-any", {"plain/bin/plain": "any"})
    use_wheels(monkeypatch, wheels)
    use_registry(monkeypatch, registry.url, tmp_path / "npm")
    return Workshop(tmp_path)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_builds_what_clients_need_and_nothing_they_do_not(workshop: Workshop, registry: NpmRegistry) -> None:
    manifest = workshop.build()
    assert check(str(workshop.out), lambda _: None) == ()
    engine, words = manifest.modules
    assert (manifest.version, words.optional, words.dependencies) == ("1", True, ("engine",))
    artifact = engine.artifacts[LINUX]
    assert artifact.url.startswith(workshop.out.as_uri())
    tree = workshop.unpacked(artifact)
    assert content(tree) == {"bin/engine": b"linux", "lib/data.txt": b"data", "lib/same": b"data"}
    assert (tree / "lib/same").readlink() == Path("data.txt")
    modes = {name: (tree / name).stat().st_mode & 0o777 for name in ("bin/engine", "lib/data.txt")}
    assert modes == {"bin/engine": 0o755, "lib/data.txt": 0o644}
    assert Path(words.artifacts[LINUX].url).name.startswith("words-1.0.0-any-")
    for name, data in content(workshop.out).items():
        assert registry.url.encode() not in data, name
    document = json.loads((workshop.out / "manifest.json").read_bytes())
    written = document["modules"][0]["platformArtifacts"]["linux-x64"]
    assert written["url"] == f"archives/{Path(artifact.url).name}"
    assert (written["sizeBytes"], written["hash"]) == (artifact.size, artifact.sha256)
    assert written["compressionFormat"] == "tar.zst"
    assert written["patches"] is None
    assert written["index"]["url"] == f"indexes/{written['index']['hash']}.json.zst"
    assert document["modules"][0]["isOptional"] is False


def test_two_builds_are_the_same_byte_for_byte(workshop: Workshop) -> None:
    workshop.build()
    first = content(workshop.out)
    workshop.out, workshop.cache = workshop.folder / "out2", workshop.folder / "cache2"
    workshop.build()
    assert content(workshop.out) == first


def test_the_second_build_asks_no_registry(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop.build()
    first = content(workshop.out)
    use_wheels(monkeypatch, workshop.folder / "nowhere")
    use_registry(monkeypatch, "http://127.0.0.1:9/", workshop.folder / "npm2")
    workshop.out = workshop.folder / "out2"
    workshop.build()
    assert workshop.said == []
    assert content(workshop.out) == first


def test_a_catalog_that_is_up_to_date_is_left_alone(workshop: Workshop) -> None:
    workshop.build()
    stamps = {path: path.stat().st_mtime_ns for path in workshop.out.rglob("*")}
    workshop.build()
    assert workshop.said == ["The catalog is up to date"]
    assert {path: path.stat().st_mtime_ns for path in workshop.out.rglob("*")} == stamps


@pytest.mark.parametrize("loss", ["archives", "indexes", "manifest.json"])
def test_what_is_lost_is_put_back(workshop: Workshop, loss: str) -> None:
    workshop.build()
    first = content(workshop.out)
    lost = workshop.out / loss
    if lost.is_dir():
        shutil.rmtree(lost)
    else:
        lost.write_text("{")
    workshop.build()
    assert content(workshop.out) == first


def test_a_change_of_the_sources_makes_a_new_manifest(workshop: Workshop) -> None:
    workshop.build()
    workshop.sources.write_text(SOURCES.replace('version = "1"', 'version = "2"'), "utf-8")
    assert workshop.build().version == "2"
    assert workshop.said == []


def test_a_command_must_be_a_file_also_of_what_was_packed_before(workshop: Workshop) -> None:
    workshop.build()
    workshop.out = workshop.folder / "out2"
    named, said = workshop.fault(SOURCES.replace('"bin/engine"', '"bin/engin"'))
    assert (named, said) == (
        "module.engine.launch.bin.engine",
        "is bin/engin, which is not among the module's files",
    )


def test_a_damaged_cache_is_named(workshop: Workshop) -> None:
    workshop.build()
    workshop.out = workshop.folder / "out2"
    (packed,) = (workshop.cache / "packed" / "engine-1.0").rglob("*.tar.zst")
    packed.write_bytes(b"")
    named, said = workshop.fault(SOURCES)
    assert named == "module.engine.source"
    assert said.startswith("the cache is damaged")
    assert str(packed.parent) in said


def test_a_registry_that_is_not_there(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(workshop.folder / "nowhere"))
    named, said = workshop.fault(tool())
    assert named == "module.tool.source"
    assert said.startswith("the registry can't be reached")


def test_every_platform_gets_what_its_package_has(workshop: Workshop) -> None:
    engine, words = workshop.build(LINUX, WINDOWS, MAC).modules
    assert set(engine.artifacts) == {LINUX, WINDOWS}
    assert "Engine 1.0 has nothing for macos-arm64" in workshop.said
    assert len({artifact.url for artifact in words.artifacts.values()}) == 1
    assert engine.artifacts[LINUX].launch is None
    windows = engine.artifacts[WINDOWS]
    assert windows.launch is not None
    assert windows.launch.bin == {"engine": "bin/engine.exe"}
    assert windows.launch.proof == engine.launch.proof
    assert sorted(content(workshop.unpacked(windows))) == ["bin/engine.exe", "lib/data.txt"]
    missing = [finding.field for finding in check(str(workshop.out), lambda _: None)]
    assert missing == ["modules[0].platformArtifacts.macos-arm64"]


def test_a_module_may_be_for_some_platforms_only(workshop: Workshop) -> None:
    text = tool('platforms = ["linux-x64"]')
    workshop.sources.write_text(text, "utf-8")
    (module,) = workshop.build(LINUX, WINDOWS).modules
    assert set(module.artifacts) == {LINUX}


def test_npm_packages_bring_what_they_need(workshop: Workshop) -> None:
    source = '{ kind = "npm", package = "helped", version = "1.0.0", dependencies = true }'
    bin_go = '[module.launch.bin]\ngo = "node_modules/helped/bin/go"'
    workshop.sources.write_text(tool(bin_go, source), "utf-8")
    (module,) = workshop.build().modules
    assert sorted(content(workshop.unpacked(module.artifacts[LINUX]))) == [
        "node_modules/helped/bin/go",
        "node_modules/helped/index.js",
        "node_modules/helped/package.json",
        "node_modules/helper/index.js",
        "node_modules/helper/package.json",
    ]


@pytest.mark.parametrize("kind", ["folder", "tool.tgz", "tool.zip"])
def test_own_files_are_packed_again_when_they_change(workshop: Workshop, kind: str) -> None:
    def put(text: str) -> None:
        folder = workshop.folder / "folder"
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        (folder / "bin" / "tool").write_text(text)
        (folder / "bin" / "tool").chmod(0o755)
        if kind != "folder":
            form = "zip" if kind.endswith("zip") else "gztar"
            made = Path(shutil.make_archive(str(workshop.folder / "made"), form, folder))
            made.replace(workshop.folder / kind)

    def packed(manifest: Manifest) -> bytes:
        got = workshop.unpacked(manifest.modules[0].artifacts[LINUX]) / "bin/tool"
        assert got.stat().st_mode & 0o777 == 0o755
        return got.read_bytes()

    workshop.sources.write_text(tool('launch.bin.tool = "bin/tool"', f'{{ kind = "path", path = "{kind}" }}'))
    put("old")
    assert packed(workshop.build()) == b"old"
    put("newer")
    assert packed(workshop.build()) == b"newer"
    workshop.build()
    assert workshop.said == ["The catalog is up to date"]


def test_a_module_may_be_packed_otherwise(workshop: Workshop) -> None:
    made = {}
    for more in ("", "level = 1", 'archive = "zip"'):
        workshop.sources.write_text(tool(more), "utf-8")
        artifact = workshop.build().modules[0].artifacts[LINUX]
        made[more] = artifact.format.value, content(workshop.unpacked(artifact))
        assert check(str(workshop.out), lambda _: None) == ()
    assert [form for form, _ in made.values()] == ["tar.zst", "tar.zst", "zip"]
    assert len({str(files) for _, files in made.values()}) == 1
    workshop.out = workshop.folder / "out2"
    assert workshop.fault(tool("level = 20"))[0] == "module.tool.level"
    assert workshop.fault(tool('archive = "tar.gz"'))[0] == "module.tool.archive"


def test_one_archive_serves_all_where_a_wheel_does(workshop: Workshop) -> None:
    workshop.sources.write_text(tool(source='{ kind = "pip", package = "plain" }'), "utf-8")
    (module,) = workshop.build(LINUX, MAC).modules
    assert len({artifact.sha256 for artifact in module.artifacts.values()}) == 1
    assert len(list((workshop.out / "archives").iterdir())) == 1


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        (tool(source='{ kind = "pip", package = "ghost" }'), "source", "no such version"),
        (
            tool(source='{ kind = "pip", package = "engine", version = "9" }'),
            "source",
            "has nothing for linux-x64",
        ),
        (tool(source='{ kind = "npm", package = "ghost" }'), "source", "404"),
        (tool(source='{ kind = "npm", package = "words", version = "9.0.0" }'), "source", "words@9.0.0"),
        (
            tool(source='{ kind = "npm", package = "compiled", version = "1.0.0", dependencies = true }'),
            "source",
            "addon.node was compiled",
        ),
        (tool(source='{ kind = "path", path = "ghost" }'), "source", "ghost is not there"),
        (tool(source='{ kind = "path", path = "ghost-{platform}" }'), "source", "has nothing for linux-x64"),
        (tool(source='{ kind = "path", path = "sources.toml" }'), "source", "no archive that can be read"),
        (tool('files.include = ["x"]'), "files.include", "leaves no file"),
        (tool('launch.bin.go = "engine/go"'), "launch.bin.go", "engine/go, which is not among"),
    ],
)
def test_what_cannot_be_built_is_named(workshop: Workshop, text: str, field: str, reason: str) -> None:
    named, said = workshop.fault(text)
    assert named == f"module.tool.{field}"
    assert reason in said
    assert "://" not in said


def test_a_platform_that_the_sources_promise_must_be_there(workshop: Workshop) -> None:
    named, said = workshop.fault(tool('platforms = ["linux-x64", "macos-arm64"]'), LINUX, MAC)
    assert (named, said) == ("module.tool.source", "has nothing for macos-arm64, or there is no such version")


def test_a_killed_build_leaves_the_old_catalog_or_the_new_one(workshop: Workshop) -> None:
    workshop.build()
    old = workshop.folder / "old"
    workshop.out.rename(old)
    changed = SOURCES.replace('version = "1"', 'version = "2"').replace('"lib/same"', '"lib/other"')
    workshop.sources.write_text(changed, "utf-8")
    moment, versions, code = 0, [], KILLED
    while code == KILLED:
        moment += 1
        shutil.rmtree(workshop.out, ignore_errors=True)
        shutil.copytree(old, workshop.out)
        argv = [workshop.sources, workshop.out, workshop.cache, str(moment)]
        code = subprocess.run([sys.executable, "-c", KILLER, *argv], check=False, cwd=Path.cwd()).returncode
        assert check(str(workshop.out), lambda _: None) == ()
        versions.append(json.loads((workshop.out / "manifest.json").read_bytes())["version"])
    assert (code, versions) == (0, ["1"] * (moment - 1) + ["2"])
    assert moment > 4
