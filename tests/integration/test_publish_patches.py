"""Patches of a new version: made from what was offered before, kept by rebuilds, and verified."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from backports import zstd
from publish_packages import KILLED, KILLER

from vsrt_gui.adapters.archives.patches import apply_patch
from vsrt_gui.adapters.catalog import parse_index
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.manifest import Manifest, Platform
from vsrt_gui.publish.build import Wanted, build_wanted
from vsrt_gui.publish.check import check
from vsrt_gui.publish.lineage import Past
from vsrt_gui.publish.pack import index_file
from vsrt_gui.publish.serve import CatalogServer
from vsrt_gui.publish.shelf import Shelf

SOURCES = """
format = 1
version = "{version}"
[[module]]
id = "tool"
name = "Tool"
type = "runtime"
version = "{version}"
archive = "{archive}"
source = {{ kind = "path", path = "tree" }}
"""
CHANCE = Random(11)
NOISE = {name: CHANCE.randbytes(60_000) for name in ("main", "numbered", "same", "short", "other")}
LINUX, MAC = Platform.LINUX_X64, Platform.MACOS_ARM64


def changed(content: bytes, version: int) -> bytes:
    return content[:30_000] + f"version {version}".encode() + content[30_000:]


class Works:
    """A module's versions, built one after the other into one catalog."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.said: list[str] = []

    def write(self, version: int, archive: str = "tar.zst") -> None:
        tree = self.folder / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        files = {
            "lib/main": changed(NOISE["main"], version),
            f"tool-1.{version}/numbered-{version}.js": changed(NOISE["numbered"], version),
            "lib/same": NOISE["same"],
            "lib/unlike": Random(version).randbytes(5000),
            "lib/from-two-on": changed(NOISE["other"], min(version, 2)),
            "short": b"v%d" % version,
            f"only-in-{version}.{chr(96 + version)}": NOISE["short"][:100] * version,
        }
        for name, content in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(content)
        (tree / "link").symlink_to("lib/main")
        text = SOURCES.format(version=f"1.{version}", archive=archive)
        (self.folder / "sources.toml").write_text(text, "utf-8")

    def build(self, past: Past | None = None) -> Manifest:
        self.said.clear()
        shelf = Shelf(self.folder / "cache", self.said.append)
        wanted = Wanted((LINUX, MAC), past or Past())
        return build_wanted(self.folder / "sources.toml", self.out, shelf, wanted)

    def version(self, version: int, past: Past | None = None) -> Manifest:
        self.write(version)
        return self.build(past)

    @property
    def artifact(self) -> Any:
        document = json.loads((self.out / "manifest.json").read_bytes())
        return document["modules"][0]["platformArtifacts"]["linux-x64"]

    @property
    def index(self) -> FileIndex:
        return parse_index((self.out / self.artifact["index"]["url"]).read_bytes(), "index")

    @property
    def patches(self) -> bytes:
        return (self.out / self.artifact["patches"]["url"]).read_bytes()

    def files(self) -> dict[str, IndexedFile]:
        return {file.path: file for file in self.index.files}

    def content(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.out).as_posix(): path.read_bytes()
            for path in self.out.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def works(tmp_path: Path) -> Works:
    return Works(tmp_path)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def made(works: Works, path: str, old: bytes) -> bytes:
    """Make a file of an earlier content by its patch."""
    file = works.files()[path]
    (patch,) = (each for each in file.patches if each.base == sha256(old))
    frame = works.patches[patch.offset :][: patch.length]
    return b"".join(apply_patch(file, old, [frame]))


def test_a_first_version_has_none(works: Works) -> None:
    works.version(1)
    assert (works.artifact["patches"], works.artifact["index"]["document"]) == (None, None)
    assert not any(file.patches for file in works.index.files)
    assert not (works.out / "patches").exists()


def test_each_changed_file_is_made_of_what_it_was(works: Works) -> None:
    works.version(1)
    manifest = works.version(2)
    assert check(str(works.out), lambda _: None) == ()
    patched = {path for path, file in works.files().items() if file.patches}
    assert patched == {"lib/main", "tool-1.2/numbered-2.js", "lib/from-two-on"}
    assert made(works, "lib/main", changed(NOISE["main"], 1)) == changed(NOISE["main"], 2)
    numbered = made(works, "tool-1.2/numbered-2.js", changed(NOISE["numbered"], 1))
    assert numbered == changed(NOISE["numbered"], 2)
    artifacts = manifest.modules[0].artifacts
    assert artifacts[LINUX] == artifacts[MAC]
    reference = artifacts[LINUX].patches
    assert reference
    assert reference.url.startswith(works.out.as_uri())
    assert (reference.size, reference.sha256) == (len(works.patches), sha256(works.patches))
    assert reference.size < 600


def test_none_that_a_client_refuses_for_its_size(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    works.version(1)
    monkeypatch.setattr("vsrt_gui.publish.patching.LARGEST_PATCH", 10)
    works.version(2)
    assert works.artifact["patches"] is None


def test_those_from_one_version_lie_together(works: Works) -> None:
    for version in (1, 2, 3):
        works.version(version)
    found = [(patch.offset, patch.length, patch.base) for file in works.index.files for patch in file.patches]
    assert len(found) == 5
    two = {sha256(changed(NOISE[name], 2)) for name in NOISE}
    assert [base in two for _, _, base in sorted(found)] == [True, True, False, False, False]
    (start, *_), *_, (offset, length, _) = sorted(found)
    assert (start, offset + length) == (0, len(works.patches))


def test_two_versions_back_and_no_farther(works: Works) -> None:
    for version in (1, 2, 3, 4):
        works.version(version)
    bases = {patch.base for patch in works.files()["lib/main"].patches}
    assert bases == {sha256(changed(NOISE["main"], version)) for version in (2, 3)}
    assert not works.files()["lib/from-two-on"].patches
    lengths = [patch.length for patch in works.files()["lib/main"].patches]
    assert lengths == sorted(lengths)
    assert check(str(works.out), lambda _: None) == ()
    assert len(list((works.out / "manifests").iterdir())) == 3


def test_a_file_that_the_version_before_has_already_still_gets_one_from_the_version_before_that(
    works: Works,
) -> None:
    for version in (1, 2, 3):
        works.version(version)
    made(works, "lib/from-two-on", changed(NOISE["other"], 1))


def test_the_index_is_made_of_those_of_the_versions_before(works: Works) -> None:
    earlier: dict[str, bytes] = {}
    for version in (1, 2, 3):
        works.version(version)
        document = works.index.document
        earlier[sha256(document)] = document
    told = works.artifact["index"]["document"]
    assert (told["hash"], told["sizeBytes"]) == (sha256(document), len(document))
    assert [each["base"] for each in told["patches"]] == [each for each in earlier if each != told["hash"]][
        ::-1
    ]
    assert zstd.decompress((works.out / works.artifact["index"]["url"]).read_bytes()) == document
    made_of = IndexedFile(path="index", size=told["sizeBytes"], sha256=told["hash"])
    for each in told["patches"]:
        frame = (works.out / each["url"]).read_bytes()
        assert len(frame) == each["sizeBytes"]
        assert b"".join(apply_patch(made_of, earlier[each["base"]], [frame])) == document
    assert check(str(works.out), lambda _: None) == ()


def test_an_index_that_has_little_of_the_one_before_has_no_patch(works: Works) -> None:
    works.version(1)
    works.write(2)
    shutil.rmtree(works.folder / "tree")
    (works.folder / "tree").mkdir()
    for _ in range(20):
        (works.folder / "tree" / CHANCE.randbytes(16).hex()).write_bytes(CHANCE.randbytes(10))
    works.build()
    assert works.artifact["index"]["document"] is None


def test_as_many_versions_as_are_asked_for(works: Works) -> None:
    for version in (1, 2, 3):
        works.version(version, Past(0))
    assert works.artifact["patches"] is None
    works.build(Past(1))
    assert [len(works.files()["lib/main"].patches)] == [1]
    works.build(Past(3))
    assert [len(works.files()["lib/main"].patches)] == [2]


def test_from_another_catalog(works: Works, tmp_path: Path) -> None:
    works.version(1)
    works.out.rename(tmp_path / "before")
    past = Past(catalogs=(tmp_path / "before",))
    works.version(2, past)
    made(works, "lib/main", changed(NOISE["main"], 1))
    first = works.content()
    assert str(tmp_path).encode() not in b"".join(first.values())
    works.build(past)
    assert works.said == ["The catalog is up to date"]
    works.build()
    assert works.said == ["The catalog is up to date"]
    assert works.content() == first


def test_check_says_what_it_could_not_try_and_tries_it_with_the_other_catalog(
    works: Works, tmp_path: Path
) -> None:
    works.version(1)
    works.out.rename(tmp_path / "before")
    works.version(2, Past(catalogs=(tmp_path / "before",)))
    said: list[str] = []
    assert check(str(works.out), said.append) == ()
    untried = "Not tried: 4 patches of versions that are not at hand (--previous)"
    assert said[-1] == untried
    assert check(str(works.out), said.append, (tmp_path / "before",)) == ()
    assert said.count(untried) == 1
    it = Spoiling(works)
    it.file.write_bytes(b"garbage".ljust(it.file.stat().st_size, b"!"))
    it.artifact["patches"]["hash"] = sha256(it.file.read_bytes())
    it.rewrite(lambda file: file, patches=it.artifact["patches"]["hash"])
    (works.out / "manifest.json").write_text(json.dumps(it.document), "utf-8")
    assert [each.fault.code for each in check(str(works.out), said.append)] == ["archive-damaged"] * 3


def test_one_archive_for_all_follows_one_for_each_system(works: Works) -> None:
    """What counts is versions, not archives: the second system's would be the second one."""
    text = SOURCES.replace('"tree"', '"tree-{{platform}}"')
    for version in (1, 2):
        for platform in (LINUX, MAC):
            tree = works.folder / f"tree-{platform}"
            tree.mkdir(exist_ok=True)
            content = changed(NOISE["main"], version) + platform.encode()
            (tree / "main").write_bytes(content)
        (works.folder / "sources.toml").write_text(
            text.format(version=f"1.{version}", archive="tar.zst"), "utf-8"
        )
        works.build()
    (works.folder / "tree").mkdir()
    (works.folder / "tree/main").write_bytes(changed(NOISE["main"], 3))
    (works.folder / "sources.toml").write_text(SOURCES.format(version="1.3", archive="tar.zst"), "utf-8")
    works.build()
    earlier = {
        sha256(changed(NOISE["main"], version) + platform.encode())
        for version in (1, 2)
        for platform in (LINUX, MAC)
    }
    assert {patch.base for patch in works.files()["main"].patches} == earlier


def test_a_manifest_that_can_not_be_read_is_told_of(works: Works) -> None:
    works.version(1)
    (works.out / "manifest.json").write_bytes((works.out / "manifest.json").read_bytes()[:200])
    works.version(2)
    assert works.said[0].endswith(
        "manifest.json can't be read: what this catalog offered before is not known"
    )
    assert works.artifact["patches"] is None


def test_a_rebuild_keeps_them(works: Works) -> None:
    works.version(1)
    works.version(2)
    first = works.content()
    works.build()
    assert works.said == ["The catalog is up to date"]
    named = [each for lost in ("patches", "indexes") for each in (works.out / lost).iterdir()]
    named = [each for each in named if each.name in str(works.artifact)]
    assert [each.suffix for each in sorted(named, key=attrgetter("suffix"))] == [".patch", ".patches", ".zst"]
    for kept in named:
        kept.unlink()
        works.build()
        assert works.content() == first
    for _ in range(2):
        shutil.rmtree(works.folder / "cache")
        (works.out / works.artifact["patches"]["url"]).unlink()
        works.build()
        assert works.content() == first


def test_a_version_that_comes_back(works: Works) -> None:
    for version in (1, 2, 1):
        works.version(version)
    assert [patch.base for patch in works.files()["lib/main"].patches] == [sha256(changed(NOISE["main"], 2))]
    assert check(str(works.out), lambda _: None) == ()


def test_zips_lead_to_tars_and_back(works: Works) -> None:
    works.write(1, "zip")
    works.build()
    works.write(1)
    works.build()
    assert works.artifact["compressionFormat"] == "tar.zst"
    assert works.artifact["patches"] is None
    works.write(2, "zip")
    works.build()
    assert works.artifact["compressionFormat"] == "zip"
    made(works, "lib/main", changed(NOISE["main"], 1))
    assert check(str(works.out), lambda _: None) == ()


@pytest.mark.parametrize("loss", ["archives", "indexes", "manifests", "patches"])
def test_what_is_lost_of_the_past_stops_no_build(works: Works, loss: str) -> None:
    works.version(1)
    works.version(2)
    shutil.rmtree(works.out / loss)
    works.version(3)
    assert check(str(works.out), lambda _: None) == ()
    assert bool(works.artifact["patches"]) is (loss in {"manifests", "patches"})


def test_a_damaged_archive_of_the_past_stops_no_build(works: Works) -> None:
    works.version(1)
    archive = works.out / works.artifact["url"]
    place = works.files()["lib/main"].packed
    assert place
    data = bytearray(archive.read_bytes())
    data[place.offset + place.length // 2] ^= 1
    archive.write_bytes(data)
    works.version(2)
    assert not works.files()["lib/main"].patches
    assert works.files()["tool-1.2/numbered-2.js"].patches
    assert any("lib/main" in line and "damaged" in line for line in works.said)


def test_a_patch_that_the_cache_damaged_is_made_again(works: Works, tmp_path: Path) -> None:
    works.version(1)
    works.out.rename(tmp_path / "before")
    past = Past(catalogs=(tmp_path / "before",))
    works.version(2, past)
    first = works.content()
    for kept in (tmp_path / "cache" / "patches").rglob("*.patch"):
        kept.write_bytes(kept.read_bytes()[:-1])
    shutil.rmtree(works.out)
    works.build(past)
    assert works.content() == first


def test_a_killed_build_leaves_the_old_catalog_or_the_new_one(works: Works, tmp_path: Path) -> None:
    works.version(1)
    works.write(2)
    old = tmp_path / "old"
    works.out.rename(old)
    moment, versions, code = 0, [], KILLED
    while code == KILLED:
        moment += 1
        shutil.rmtree(works.out, ignore_errors=True)
        shutil.copytree(old, works.out)
        argv = [tmp_path / "sources.toml", works.out, tmp_path / "cache", str(moment)]
        code = subprocess.run([sys.executable, "-c", KILLER, *argv], check=False).returncode
        assert check(str(works.out), lambda _: None) == ()
        versions.append(json.loads((works.out / "manifest.json").read_bytes())["version"])
    assert (code, versions) == (0, ["1.1"] * (moment - 1) + ["1.2"])
    assert works.artifact["patches"]
    assert moment > 9  # archive, patches, index, kept manifest, manifest: each written and renamed


class Spoiling:
    """A catalog whose manifest or index tests change."""

    def __init__(self, works: Works) -> None:
        self.works = works
        self.document: Any = json.loads((works.out / "manifest.json").read_bytes())
        artifacts = self.document["modules"][0]["platformArtifacts"]
        del artifacts["macos-arm64"]
        self.artifact = artifacts["linux-x64"]
        self.file = works.out / self.artifact["patches"]["url"]
        self.told = self.artifact["index"]["document"]
        (self.patch,) = self.told["patches"]
        self.frame = works.out / self.patch["url"]

    def rewrite(self, change: Callable[[IndexedFile], IndexedFile], **more: str) -> None:
        """Publish another index."""
        index = self.works.index
        data = index_file(index.but(files=tuple(map(change, index.files)), **more))
        (self.works.out / "indexes" / f"{sha256(data)}.json.zst").write_bytes(data)
        self.artifact["index"] = {"url": f"indexes/{sha256(data)}.json.zst", "hash": sha256(data)}


def grow(it: Spoiling) -> None:
    it.file.write_bytes(it.file.read_bytes() + b"x")


def flip(it: Spoiling) -> None:
    it.file.write_bytes(it.file.read_bytes()[::-1])


def outside(it: Spoiling) -> None:
    it.rewrite(
        lambda file: file.but(patches=tuple(each.but(offset=len(it.works.patches)) for each in file.patches))
    )


def shifted(it: Spoiling) -> None:
    it.rewrite(
        lambda file: file.but(
            patches=tuple(each.but(offset=each.offset + 1, length=9) for each in file.patches)
        )
    )


def mixed_up(it: Spoiling) -> None:
    files = it.works.files()
    other = files["lib/from-two-on"]
    main = files["lib/main"]

    def change(file: IndexedFile) -> IndexedFile:
        return file.but(patches=main.patches) if file.path == other.path else file

    it.rewrite(change)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda _: None, []),
        (grow, [("patches.sizeBytes", "size-mismatch")]),
        (flip, [("patches.hash", "checksum-mismatch")]),
        (lambda it: it.file.unlink(), [("patches.url", "gone")]),
        (
            lambda it: it.artifact["patches"].update(mirrors=["patches/gone"]),
            [("patches.mirrors[0]", "gone")],
        ),
        (lambda it: it.artifact.update(patches=None), [("index", "index-invalid")] * 3),
        (outside, [("index", "index-invalid")] * 3),
        (shifted, [("patches", "archive-damaged")] * 3),
        (lambda it: it.rewrite(lambda file: file, patches="0" * 64), [("index", "index-invalid")]),
        (mixed_up, [("patches", "checksum-mismatch")]),
        (lambda it: it.frame.unlink(), [("index.document.patches[0].url", "gone")]),
        (
            lambda it: it.frame.write_bytes(b"longer" + it.frame.read_bytes()),
            [("index.document.patches[0].sizeBytes", "size-mismatch")],
        ),
        (
            lambda it: it.frame.write_bytes(it.frame.read_bytes()[::-1]),
            [("index.document.patches[0]", "archive-damaged")],
        ),
        (lambda it: it.patch.update(base="0" * 64), []),
        (
            lambda it: it.told.update(hash="0" * 64),
            [("index.document", "index-invalid"), ("index.document.patches[0]", "checksum-mismatch")],
        ),
        (lambda it: shutil.rmtree(it.works.out / "manifests"), []),
    ],
)
@pytest.mark.parametrize("served", [False, True])
def test_what_is_wrong_is_named(
    works: Works, served: bool, spoil: Callable[[Spoiling], None], expected: list[tuple[str, str]]
) -> None:
    works.version(1)
    works.version(2)
    it = Spoiling(works)
    spoil(it)
    (works.out / "manifest.json").write_text(json.dumps(it.document), "utf-8")
    if served:
        with CatalogServer(works.out) as server:
            found = check(server.url, lambda _: None)
    else:
        found = check(str(works.out), lambda _: None)
    gone = "source-gone" if served else "file-missing"
    place = "modules[0].platformArtifacts.linux-x64."
    assert [(each.field, each.fault.code.value) for each in found] == [
        (place + field, gone if code == "gone" else code) for field, code in expected
    ]
