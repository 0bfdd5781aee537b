"""What a server sends on real packages: a repair the damaged files, an update the changed ones."""

import json
import shutil
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from aloud import say
from editor_home import PUBLISHED, WITHOUT
from integration.cli_house import PLATFORMS, Vsrt, until
from memory_disk import fast_folder
from sharing import CACHE, built
from simulators.http_server import HttpServer

from vsrt_gui.adapters.catalog import parse_index
from vsrt_gui.adapters.prefix.reading import read_index
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.manifest import Artifact
from vsrt_gui.model.manifest_document import parse_manifest
from vsrt_gui.publish.build import build
from vsrt_gui.resources import resource

SEED = 5
BEFORE, AFTER = "1.1.413", "1.1.414"
"""Two versions of Pyright that follow each other."""
FILES = 3000
"""So many that copying them takes longer than the program waits between two words on it."""
SLACK_SHARE, SLACK_EACH = 1.1, 4 << 10
"""What may be sent: the packed bytes of what is wanted times this, and this many bytes for each file."""


@dataclass(frozen=True)
class Published:
    """One module of a catalog on the disk, with its files."""

    artifact: Artifact
    index: FileIndex
    listed: int
    """Bytes of the index as it is published."""

    def told(self, before: "Published") -> int:
        """Return the bytes of the patch that makes its index of that of the version before."""
        document = self.artifact.index and self.artifact.index.document
        assert document
        (size,) = [
            each.size for each in document.patches if each.base == sha256(before.index.document).hexdigest()
        ]
        return size

    @property
    def packed(self) -> Mapping[str, int]:
        """Path to packed bytes of each file."""
        return {file.path: file.packed.length for file in self.index.files if file.packed}

    def changed(self, before: "Published") -> list[str]:
        """Return the files whose content the version before has nowhere."""
        old = {file.sha256 for file in before.index.files}
        return [file.path for file in self.index.files if file.packed and file.sha256 not in old]

    def least(self, before: "Published", paths: list[str]) -> int:
        """Return the bytes of files for who has the version before: of a patch where that is less."""
        old = {file.sha256 for file in before.index.files}
        files = (file for file in self.index.files if file.path in paths)
        return sum(
            min([self.packed[file.path], *(patch.length for patch in file.patches if patch.base in old)])
            for file in files
        )


def published(catalog: Path, module: str) -> Published:
    """Read a module of a built catalog."""
    text = (catalog / "manifest.json").read_bytes()
    manifest = parse_manifest(text, "test", (catalog / "manifest.json").as_uri())
    found = next(each for each in manifest.modules if each.id == module)
    artifact = next(iter(found.artifacts.values()))
    assert artifact.index
    name = Path(artifact.index.url).name
    data = (catalog / "indexes" / name).read_bytes()
    return Published(artifact, parse_index(data, name), len(data))


def made(folder: Path, source: str, version: str, module: str, cache: Path) -> Path:
    """Build a catalog of one module without commands; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = folder / "sources.toml"
    sources.write_text(
        f'format = 1\nversion = "{version}"\n[[module]]\nid = "{module}"\nname = "{module.title()}"\n'
        f'type = "languageServer"\nversion = "{version}"\nsource = {source}\n',
        encoding="utf-8",
    )
    build(sources, folder / "catalog", cache, print)
    return folder / "catalog"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with fast_folder(tmp_path) as folder:
        for name in ("XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            monkeypatch.setenv(name, str(folder / name.lower()))
        yield folder


def listed(server: HttpServer) -> int:
    """Return the bytes of file indexes that went out since."""
    return sum(served.sent for served in server.log if served.path.startswith("/indexes/"))


def sent(server: HttpServer) -> tuple[int, int]:
    """Return the bytes of archives and patches that went out since, and in how many answers."""
    asked = [
        served for served in server.log if served.path.startswith(("/archives/", "/patches/", "/nodejs.zip"))
    ]
    return sum(served.sent for served in asked), len(asked)


def quoted(vsrt: Vsrt, *command: str) -> Any:
    """Run a command, and return what its plan said about the only module that needed work."""
    done = vsrt.run(*command, "--yes", "--json")
    assert (done.code, done.end["outcome"]) == (0, "completed")
    (plan,) = [event["plan"] for event in done.events if event["event"] == "plan-ready"]
    (work,) = plan["work"]
    return work


@dataclass(frozen=True)
class Catalogs:
    """Two versions of a module.

    Attributes:
        before: the catalog with the one.
        after: the catalog with the other, and with patches from the first.
    """

    before: Path
    after: Path

    @property
    def plain(self) -> bytes:
        """The other's manifest without patches of files."""
        manifest = json.loads((self.after / "manifest.json").read_bytes())
        for module in manifest["modules"]:
            for artifact in module["platformArtifacts"].values():
                artifact["patches"] = None
        return json.dumps(manifest).encode()


class TestUpdate:
    def check(self, catalogs: Catalogs, module: str, place: Path, request: pytest.FixtureRequest) -> None:
        before, after = published(catalogs.before, module), published(catalogs.after, module)
        changed = after.changed(before)
        wanted = sum(after.packed[path] for path in changed)
        work, count, answers, index = self.updated(catalogs, place / "one", module, catalogs.plain)
        better, less, fewer, other = self.updated(catalogs, place / "two", module)
        say(
            request.config,
            f"{module} from one version to the next: {len(changed)} of {len(after.packed)} files changed,"
            f" {wanted / 1e6:.3f} MB packed; fetched {count / 1e6:.3f} MB in {answers} answers,"
            f" with patches {less / 1e6:.3f} MB in {fewer}, of {(after.artifact.size or 0) / 1e6:.3f} MB;"
            f" and {index / 1e6:.3f} MB that make the file index of {after.listed / 1e6:.3f} MB",
        )
        assert index == other == after.told(before) < after.listed
        assert count > 0
        assert count + index <= SLACK_SHARE * wanted + SLACK_EACH * len(changed)
        fetch = {"to_fetch": count, "patched": 0, "requests": answers, "staged": 0}
        assert work["fetch"] == {**fetch, "staging": work["fetch"]["staging"]}
        assert less <= SLACK_SHARE * after.least(before, changed) + SLACK_EACH * len(changed)
        assert better["fetch"]["to_fetch"] == less < count / 10
        assert 0 < better["fetch"]["patched"] <= less
        for one in (work, better):
            assert one["copies"] == len(after.packed) - len(changed)

    def updated(
        self, catalogs: Catalogs, prefix: Path, module: str, manifest: bytes | None = None
    ) -> tuple[Any, int, int, int]:
        """Install one version and update to the other, by this manifest of it or by its own.

        Returns:
            The plan, what was sent of archives and patches in how many answers, and what of file indexes.
        """
        with HttpServer(catalogs.before) as server:
            assert Vsrt(f"{server.url}/", prefix).run("install", module, "--yes").code == 0
        with HttpServer(catalogs.after) as server:
            if manifest is not None:
                server.put("/manifest.json", manifest)
            vsrt = Vsrt(f"{server.url}/", prefix)
            work = quoted(vsrt, "update")
            said = (*sent(server), listed(server))
            assert vsrt.run("verify").code == 0
        return work, *said

    @pytest.mark.skipif(
        WITHOUT or not PUBLISHED, reason="needs the editor, which is published for Linux on x64"
    )
    @pytest.mark.timeout(900)
    def test_from_one_editor_to_the_next(
        self,
        earlier_editor_catalog: Path,
        place: Path,
        request: pytest.FixtureRequest,
    ) -> None:
        built(resource("catalog/server.toml"), place / "catalog", earlier_editor_catalog)
        self.check(Catalogs(earlier_editor_catalog, place / "catalog"), "server", place, request)

    @pytest.mark.timeout(300)
    def test_from_one_pyright_to_the_next(self, place: Path, request: pytest.FixtureRequest) -> None:
        first, second = (
            made(
                place / version,
                f'{{ kind = "npm", package = "pyright", version = "{version}" }}',
                version,
                "pyright",
                CACHE / "packages",
            )
            for version in (BEFORE, AFTER)
        )
        built(second.parent / "sources.toml", place / "catalog", first)
        self.check(Catalogs(first, place / "catalog"), "pyright", place, request)


def damage(folder: Path, paths: Iterable[str]) -> None:
    """Change the first byte of files."""
    for path in paths:
        with (folder / path).open("r+b") as file:
            first = file.read(1)
            file.seek(0)
            file.write(bytes([first[0] ^ 1]))


def zipped(folder: Path, there: Path) -> Path:
    """Publish a folder as a plain zip without an index; returns the catalog's folder."""
    there.mkdir()
    with ZipFile(there / "nodejs.zip", "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    content = (there / "nodejs.zip").read_bytes()
    artifact = {
        "url": "nodejs.zip",
        "hash": sha256(content).hexdigest(),
        "sizeBytes": len(content),
        "compressionFormat": "zip",
    }
    module = {"id": "nodejs", "name": "Node.js", "type": "runtime", "version": "1.0.0"}
    listed = [{**module, "platformArtifacts": dict.fromkeys(PLATFORMS, artifact)}]
    (there / "manifest.json").write_text(json.dumps({"version": "1.0.0", "modules": listed}))
    return there


class TestRepair:
    @pytest.mark.timeout(300)
    @pytest.mark.parametrize("kind", ["tar.zst", "zip"])
    def test_the_largest_file_of_node(
        self, sample_catalog: Path, place: Path, request: pytest.FixtureRequest, kind: str
    ) -> None:
        """It is most of the archive, which would be more than it all the same."""
        catalog = sample_catalog
        if kind == "zip":
            assert Vsrt(str(sample_catalog), place / "first").run("install", "nodejs", "--yes").code == 0
            (first,) = (place / "first/store").iterdir()
            catalog = zipped(first, place / "zipped")
        with HttpServer(catalog) as server:
            vsrt = Vsrt(f"{server.url}/", place / "rt")
            assert vsrt.run("install", "nodejs", "--yes").code == 0
            (folder,) = (place / "rt/store").iterdir()
            (kept,) = (place / "rt/index").iterdir()
            index = read_index(kept)
            assert index
            packed = {file.path: file.packed.length for file in index.files if file.packed}
            largest = max(packed, key=packed.__getitem__)
            others = Random(SEED).sample(sorted(path for path, size in packed.items() if size > 2), 10)
            for damaged in ([largest], [largest, *others]):
                damage(folder, damaged)
                server.forget()
                quoted(vsrt, "repair")
                wanted, (got, answers) = sum(packed[path] for path in damaged), sent(server)
                say(
                    request.config,
                    f"repair of {largest} and {len(damaged) - 1} other files of Node.js in a {kind}:"
                    f" {wanted / 1e6:.3f} MB packed; fetched {got / 1e6:.3f} MB in {answers} answers",
                )
                assert packed[largest] <= got <= SLACK_SHARE * wanted + SLACK_EACH * len(damaged)
                assert vsrt.run("verify").code == 0

    @pytest.mark.timeout(300)
    def test_random_files_of_node(
        self, sample_catalog: Path, place: Path, request: pytest.FixtureRequest
    ) -> None:
        node = published(sample_catalog, "nodejs")
        chance = Random(SEED)
        with HttpServer(sample_catalog) as server:
            vsrt = Vsrt(f"{server.url}/", place / "rt")
            assert vsrt.run("install", "nodejs", "--yes").code == 0
            (folder,) = (place / "rt/store").iterdir()
            for count in (1, 10, 100):
                damaged = chance.sample(sorted(path for path, size in node.packed.items() if size > 2), count)
                damage(folder, damaged)
                wanted = sum(node.packed[path] for path in damaged)
                server.forget()
                work = quoted(vsrt, "repair")
                got, answers = sent(server)
                assert listed(server) == 0
                say(
                    request.config,
                    f"repair of {count} of {len(node.packed)} files of Node.js: {wanted / 1e3:.1f} kB packed;"
                    f" fetched {got / 1e3:.1f} kB in {answers} answers, {work['copies']} had a twin in the store",
                )
                assert got <= SLACK_SHARE * wanted + SLACK_EACH * count
                assert (got > 0) == (work["copies"] < count)
                assert work["files"] == count
                assert got == (work["fetch"]["to_fetch"] if work["fetch"] else 0)
                assert vsrt.run("verify").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
def test_killed_while_it_copies(place: Path) -> None:
    """The next update goes on with the file that the killed one was at."""
    trees = [place / "one" / "tree", place / "two" / "tree"]
    chance = Random(SEED)
    trees[0].mkdir(parents=True)
    for number in range(FILES):
        (trees[0] / f"{number:04}.bin").write_bytes(chance.randbytes(2_000))
    shutil.copytree(trees[0], trees[1])
    (trees[1] / "0000.bin").write_bytes(chance.randbytes(2_000))
    first, second = (
        made(tree.parent, '{ kind = "path", path = "tree" }', f"{number}.0.0", "many", place / "cache")
        for number, tree in enumerate(trees, 1)
    )
    prefix = place / "rt"
    assert Vsrt(str(first), prefix).run("install", "--yes").code == 0
    with HttpServer(second) as server:
        vsrt = Vsrt(f"{server.url}/", prefix)
        with vsrt.start("update", "--yes", "--json") as process:
            until(process, lambda event: event["event"] == "step-progress" and event["step"] == "unpack")
            process.send_signal(signal.SIGKILL)
        assert (prefix / "current").read_text().strip() == "1"
        (folder,) = (prefix / "store").glob("many-2.0.0-*")
        there = {path: path.stat().st_ino for path in folder.glob("*.bin")}
        assert 0 < len(there) < FILES - 1
        work = quoted(vsrt, "update")
        assert work["copies"] == FILES - 1 - len(there)
        assert {path: path.stat().st_ino for path in there} == there
        assert sent(server)[0] == published(second, "many").packed["0000.bin"]
        assert vsrt.run("verify").code == 0
        assert list(prefix.rglob(".vsrt-*")) == []
