"""Published file lists that lie: what they say is checked before and while it is believed."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from backports import zstd
from bad_input_house import World, artifacts, publish, refused, refused_everywhere
from simulators.archive_files import Raw, pack, shelve
from simulators.behaviour import Behaviour
from simulators.http_server import HttpServer

from vsrt_gui.model.faults import FaultCode as F
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.manifest import ArchiveFormat

ENTRIES = [Raw("bin/run", b"#!/bin/sh\necho here\n", mode=0o755), Raw("noise.bin", bytes(range(256)) * 100)]
NOTHING = sha256().hexdigest()


def offer(world: World, form: ArchiveFormat, index: bytes, told: str | None = None) -> None:
    """Publish an honest archive with this index."""
    publish(world.catalog, pack(form, ENTRIES), form)
    (world.catalog.folder / "base.index.json").write_bytes(index)
    with artifacts(world.catalog) as offered:
        for artifact in offered:
            artifact["index"] = {"url": "base.index.json", "hash": told or sha256(index).hexdigest()}


def true_index(world: World, form: ArchiveFormat) -> Any:
    """Return the honest index as JSON; its files are bin/run and noise.bin."""
    index: FileIndex = shelve(world.root / "temp", form, pack(form, ENTRIES)).index()
    (world.root / "temp" / "0123.part").unlink()
    return json.loads(index.model_dump_json())


def more(**entry: object) -> Callable[[Any], None]:
    """Add an empty file or link to the list, in its place."""
    plain = {"size": 0, "sha256": NOTHING}

    def act(index: Any) -> None:
        index["files"] = sorted([*index["files"], {**plain, **entry}], key=lambda file: str(file["path"]))

    return act


def put(number: int, name: str, value: object) -> Callable[[Any], None]:
    def act(index: Any) -> None:
        index["files"][number][name] = value

    return act


def reverse(index: Any) -> None:
    index["files"].reverse()


def newer(index: Any) -> None:
    index["format"] = 2


LIES = {
    "wrong-hash": (put(1, "sha256", "a" * 64), F.CHECKSUM_MISMATCH),
    "path-outside": (more(path="../../../precious/letter"), F.ARCHIVE_UNSAFE),
    "path-absolute": (more(path="/etc/evil"), F.ARCHIVE_UNSAFE),
    "link-outside": (more(path="door", link="../../../precious"), F.ARCHIVE_UNSAFE),
    "link-absolute": (more(path="door", link="/etc"), F.ARCHIVE_UNSAFE),
    "through-link": (
        lambda index: (more(path="door", link="bin")(index), more(path="door/x")(index)),
        F.ARCHIVE_UNSAFE,
    ),
    "two-names-one-file": (more(path="NOISE.bin"), F.ARCHIVE_UNSAFE),
    "not-in-the-archive": (more(path="bin/more"), F.ARCHIVE_DAMAGED),
    "more-than-any-disk": (put(0, "size", 10**16), F.DISK_SPACE_LOW),
}


@pytest.mark.parametrize("form", [ArchiveFormat.ZIP, ArchiveFormat.TAR_GZ])
@pytest.mark.parametrize(("lie", "code"), LIES.values(), ids=LIES.keys())
def test_an_index_that_lies(world: World, form: ArchiveFormat, lie: Callable[[Any], object], code: F) -> None:
    index = true_index(world, form)
    lie(index)
    offer(world, form, json.dumps(index).encode())
    fresh = form is ArchiveFormat.ZIP
    refused_everywhere(world, code, fresh=fresh, words=fresh and code is F.CHECKSUM_MISMATCH)


@pytest.mark.parametrize(
    ("form", "size", "code"),
    [
        (ArchiveFormat.ZIP, 5, F.ARCHIVE_DAMAGED),
        (ArchiveFormat.ZIP, 30_000, F.ARCHIVE_DAMAGED),
        (ArchiveFormat.TAR_ZST, 5, F.ARCHIVE_DAMAGED),
        (ArchiveFormat.TAR_XZ, 30_000, F.ARCHIVE_DAMAGED),
    ],
)
def test_an_index_with_a_wrong_size(world: World, form: ArchiveFormat, size: int, code: F) -> None:
    index = true_index(world, form)
    index["files"][1] |= {"size": size, "packed": None}
    offer(world, form, json.dumps(index).encode())
    refused_everywhere(world, code, fresh=False)


DOCUMENTS = {
    "not-json": b"<html>Sign in</html>",
    "empty": b"",
    "list": b"[]",
    "nested": b'{"files": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "cut-off": zstd.compress(b'{"files": []}')[:-3],
    "bomb": zstd.compress(b" " * (65 << 20)),
}


MEANINGLESS = {
    "twice": lambda index: index["files"].append(index["files"][-1]),
    "not-in-order": reverse,
    "newer-format": newer,
    "size-text": put(0, "size", "9"),
    "size-negative": put(0, "size", -9),
    "size-endless": put(0, "size", 10**400),
}


def made_from_the_archive(world: World) -> None:
    """Make sure that an update does without the published index, from which nothing was taken."""
    assert world.told("update").code == 0
    (store,) = (world.prefix / "store").glob("base-2.0.0-*")
    found = {
        path.relative_to(store).as_posix(): path.read_bytes() for path in store.rglob("*") if path.is_file()
    }
    assert found == {entry.name: entry.content for entry in ENTRIES}
    assert world.run("verify").code == 0


@pytest.mark.parametrize("lie", MEANINGLESS.values(), ids=MEANINGLESS.keys())
def test_an_index_that_makes_no_sense(world: World, lie: Callable[[Any], object]) -> None:
    index = true_index(world, ArchiveFormat.ZIP)
    lie(index)
    offer(world, ArchiveFormat.ZIP, json.dumps(index).encode())
    made_from_the_archive(world)


@pytest.mark.parametrize("data", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_an_index_that_can_not_be_read(world: World, data: bytes) -> None:
    offer(world, ArchiveFormat.ZIP, data)
    made_from_the_archive(world)


def test_an_index_whose_ranges_lie_outside_the_archive(world: World) -> None:
    index = true_index(world, ArchiveFormat.TAR_ZST)
    for file in index["files"]:
        file["packed"] = {"offset": 2**62, "length": 10, "packing": "zstd"}
    offer(world, ArchiveFormat.TAR_ZST, json.dumps(index).encode())
    made_from_the_archive(world)
    with artifacts(world.catalog) as offered:
        for artifact in offered:
            artifact["sizeBytes"] = None
    refused(world.told("install", prefix=world.fresh), F.ARCHIVE_DAMAGED)


def test_an_index_that_is_not_the_published_one(world: World) -> None:
    index = json.dumps(true_index(world, ArchiveFormat.ZIP)).encode()
    offer(world, ArchiveFormat.ZIP, index, "0" * 64)
    made_from_the_archive(world)


@pytest.mark.parametrize("status", [403, 404, 503])
def test_an_index_that_a_server_does_not_give(world: World, status: int) -> None:
    offer(world, ArchiveFormat.TAR_BZ2, json.dumps(true_index(world, ArchiveFormat.TAR_BZ2)).encode())
    with HttpServer(world.catalog.folder) as server:
        server.behave("/base.index.json", Behaviour(status=status))
        quick = {"VSRT_RETRY_INITIAL_DELAY_MS": "10"}
        assert world.told("update", catalog=server.url, **quick).code == 0
    assert world.run("verify").code == 0


def test_an_index_that_is_gone_is_made_from_the_archive(world: World) -> None:
    offer(world, ArchiveFormat.TAR_BZ2, b"x")
    (world.catalog.folder / "base.index.json").unlink()
    made_from_the_archive(world)


@pytest.mark.parametrize("verb", ["update", "repair"])
def test_an_index_that_lacked_a_file_and_was_mended(world: World, verb: str) -> None:
    index = true_index(world, ArchiveFormat.ZIP)
    whole = json.dumps(index).encode()
    index["files"].pop()
    offer(world, ArchiveFormat.ZIP, json.dumps(index).encode())
    assert world.told("update").code == 0
    (store,) = (world.prefix / "store").glob("base-2.0.0-*")
    assert not (store / "noise.bin").exists()
    offer(world, ArchiveFormat.ZIP, whole)
    assert world.told(verb).code == 0
    assert (store / "noise.bin").read_bytes() == ENTRIES[1].content
    assert world.run("verify", catalog=world.catalog.folder / "gone").code == 0


KEPT = {
    "hash": put(1, "sha256", "a" * 64),
    "size": put(1, "size", 7),
    "path": put(1, "path", "../noise.bin"),
    "link": lambda index: index["files"][1].update(link="../../../etc", size=0, sha256=NOTHING),
}


@pytest.mark.parametrize("lie", KEPT.values(), ids=KEPT.keys())
def test_a_kept_index_that_lies_is_made_anew(world: World, lie: Callable[[Any], None]) -> None:
    older = world.root / "older"
    digest = json.loads((older / "manifest.json").read_text())["modules"][0]["platformArtifacts"][
        "linux-x64"
    ]["hash"]
    path = world.prefix / "index" / f"{digest}.json.zst"
    before = path.read_bytes()
    index = json.loads(zstd.decompress(before))
    lie(index)
    path.write_bytes(zstd.compress(json.dumps(index).encode()))
    assert world.run("verify", catalog=older).code == 1
    done = world.told("repair", catalog=older)
    assert (done.code, done.end["faults"]) == (0, [])
    assert path.read_bytes() == before
    assert world.run("verify", catalog=older).code == 0


def test_byte_ranges_that_lie_cost_a_repair_only_bytes(world: World) -> None:
    """They lead to other bytes; the hash tells, and the whole archive is fetched instead."""
    index = true_index(world, ArchiveFormat.ZIP)
    index["files"][0]["packed"]["offset"] += 7
    offer(world, ArchiveFormat.ZIP, json.dumps(index).encode())
    assert world.told("update").code == 0
    (store,) = (world.prefix / "store").glob("base-2.0.0-*")
    (store / "bin" / "run").write_bytes(b"damaged")
    done = world.told("repair")
    assert (done.code, done.end["faults"]) == (0, [])
    assert (store / "bin" / "run").read_bytes() == ENTRIES[0].content
