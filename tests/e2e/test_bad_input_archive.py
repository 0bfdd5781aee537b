"""Archives that are not what was promised, or that want out of their folder: nothing gets where it should not."""

import tarfile
import zlib
from collections.abc import Callable, Mapping
from hashlib import sha256

import pytest
from bad_input_house import Catalog, World, artifacts, edited, ended, publish, refused_everywhere
from simulators.archive_files import Raw, hard, link, pack, zip_bytes

from vsrt_gui.cli.exit_codes import FAULT_CODES
from vsrt_gui.model.faults import FaultCode as F
from vsrt_gui.model.manifest import ArchiveFormat

FORMATS = tuple(ArchiveFormat)
HONEST = (Raw("bin/run", b"#!/bin/sh\necho here\n", mode=0o755), Raw("noise.bin", bytes(range(256)) * 200))


def promised(catalog: Catalog, name: str, value: object) -> None:
    with artifacts(catalog) as offered:
        for artifact in offered:
            artifact[name] = value


def test_a_wrong_hash(world: World) -> None:
    promised(world.catalog, "hash", "0" * 64)
    fault = refused_everywhere(world, F.CHECKSUM_MISMATCH, words=True, expected="0" * 64)
    assert fault.facts["actual"] == sha256(world.catalog.archive("base").read_bytes()).hexdigest()
    assert list((world.prefix / "downloads").glob("0*")) == []


@pytest.mark.parametrize("more", [-1, 1, 1_000_000], ids=["one-less", "one-more", "much-more"])
def test_a_wrong_size(world: World, more: int) -> None:
    actual = world.catalog.archive("base").stat().st_size
    promised(world.catalog, "sizeBytes", actual + more)
    refused_everywhere(world, F.SIZE_MISMATCH, words=more == 1, expected=actual + more, actual=actual)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("share", [0.0, 0.6, 0.98], ids=["empty", "half", "nearly-all"])
def test_a_truncated_archive_whose_hash_is_right(world: World, form: ArchiveFormat, share: float) -> None:
    data = pack(form, HONEST)
    if form is ArchiveFormat.TAR:  # its last blocks are empty, and nobody misses them
        data = data.rstrip(b"\0")
    publish(world.catalog, data[: int(len(data) * share)], form)
    words = form is ArchiveFormat.ZIP and share == 0.6
    refused_everywhere(world, F.ARCHIVE_DAMAGED, words=words, fresh=share == 0.6, file=f"published-0.{form}")


@pytest.mark.parametrize("form", FORMATS)
def test_an_archive_of_another_format_than_said(world: World, form: ArchiveFormat) -> None:
    other = FORMATS[(FORMATS.index(form) + 1) % len(FORMATS)]
    publish(world.catalog, pack(other, HONEST), form)
    refused_everywhere(world, F.ARCHIVE_DAMAGED, fresh=False, file=f"published-0.{form}")


def evil(world: World) -> Mapping[str, list[Raw]]:
    """Return archives that want out; each would hit the precious folder if it got its way."""
    up = "../../../precious"
    away = str(world.precious)
    return {
        "dotdot": [Raw(f"{up}/letter", b"changed")],
        "dotdot-deep": [Raw("bin/../../../../precious/letter", b"changed")],
        "absolute": [Raw(f"{away}/letter", b"changed")],
        "backslash": [Raw(up.replace("/", "\\") + "\\letter", b"changed")],
        "drive": [Raw("C:/letter", b"changed")],
        "link-out": [link("door", up)],
        "link-absolute": [link("door", away)],
        "link-out-by-link": [link("a/up", ".."), link("door", "a/up/../../../precious")],
        "through-link": [link("door", up), Raw("door/letter", b"changed")],
        "through-inner-link": [link("door", "bin"), Raw("door/letter", b"changed")],
        "device": [Raw("device", kind=tarfile.CHRTYPE)],
        "disk": [Raw("disk", kind=tarfile.BLKTYPE)],
        "pipe": [Raw("pipe", kind=tarfile.FIFOTYPE)],
        "same-name": [Raw("Letter", b"a"), Raw("letter", b"b")],
        "reserved": [Raw("aux.txt", b"a")],
    }


HARD: Mapping[str, Callable[[World], list[Raw]]] = {
    "hard-out": lambda _: [hard("letter", "../../../precious/letter")],
    "hard-absolute": lambda world: [hard("letter", str(world.precious / "letter"))],
    "hard-through-link": lambda _: [link("door", "../../../precious"), hard("letter", "door/letter")],
}
"""Hard links, which only a tar can hold."""


@pytest.mark.parametrize("form", FORMATS)
def test_archives_that_want_out_of_their_folder(world: World, form: ArchiveFormat) -> None:
    """Each is a module of its own; all of them are refused in one run, over an installation and anew."""
    entries = dict(evil(world))
    if form is not ArchiveFormat.ZIP:
        entries |= {name: make(world) for name, make in HARD.items()}
    with edited(world.catalog) as manifest:
        base = manifest["modules"][0]
        manifest["modules"] = [
            {**base, "id": name, "name": name, "launch": {}} for name in ("base", *entries)
        ]
    for number, (name, bad) in enumerate({"base": entries["dotdot"], **entries}.items()):
        publish(world.catalog, pack(form, [*HONEST, *bad]), str(form), number)
        assert name
    with world.guarded():
        runs = [
            world.start("install", *entries, "--yes", "--json"),
            world.start("install", "--yes", "--json", prefix=world.fresh),
        ]
        over, anew = [ended(run) for run in runs]
        for done, names in ((over, entries.keys()), (anew, {"base", *entries})):
            assert (done.code, done.err) == (FAULT_CODES[F.ARCHIVE_UNSAFE], ""), done.out
            found = {fault["module"]: fault["code"] for fault in done.end["faults"]}
            # A hard link copies a file of the archive; behind a symbolic link there is none to copy.
            damaged = {"hard-through-link": F.ARCHIVE_DAMAGED} if "hard-through-link" in names else {}
            assert found == dict.fromkeys(names, F.ARCHIVE_UNSAFE) | damaged


@pytest.mark.parametrize("form", [ArchiveFormat.ZIP, ArchiveFormat.TAR_ZST])
def test_an_archive_that_wants_out_of_an_update(world: World, form: ArchiveFormat) -> None:
    publish(world.catalog, pack(form, [*HONEST, *evil(world)["through-link"]]), form)
    words = form is ArchiveFormat.ZIP
    refused_everywhere(world, F.ARCHIVE_UNSAFE, words=words, reason="its path runs through a link")


def bomb(declared: int, actual: int) -> bytes:
    """Make a zip whose directory and header say that its one file is small."""
    content = bytes(actual)
    crc = zlib.crc32(content[:declared])
    data = zip_bytes([Raw("bin/run", content)])
    for field, honest in ((declared, actual), (crc, zlib.crc32(content))):
        was = honest.to_bytes(4, "little")
        assert data.count(was) == 2
        data = data.replace(was, field.to_bytes(4, "little"))
    return data


def test_a_zip_bomb_whose_size_is_said_to_be_small(world: World) -> None:
    data = bomb(1000, 200_000_001)
    assert len(data) < 300_000
    publish(world.catalog, data, "zip")
    refused_everywhere(world, F.ARCHIVE_DAMAGED)
    for prefix in (world.prefix, world.fresh):
        assert sum(path.stat().st_size for path in prefix.rglob("*") if path.is_file()) < 1_000_000


def test_an_archive_without_a_file_for_the_module(world: World) -> None:
    publish(world.catalog, pack(ArchiveFormat.TAR_GZ, HONEST), "tar.gz")
    promised(world.catalog, "stripPrefix", "elsewhere")
    refused_everywhere(world, F.ARCHIVE_DAMAGED, fresh=False, reason="it holds no file for this module")


def test_an_optional_module_that_is_damaged_costs_only_itself(world: World) -> None:
    whole = pack(ArchiveFormat.ZIP, HONEST)
    publish(world.catalog, whole[: len(whole) // 2], "zip", 2)
    done = world.told("update")
    assert (done.code, done.end["outcome"], done.end["severity"]) == (3, "partial", "P4")
    assert [(fault["code"], fault["module"]) for fault in done.end["faults"]] == [
        (F.ARCHIVE_DAMAGED, "extra")
    ]
    assert world.run("verify").code == 0
