"""The tar.zst that we pack: ordinary tools read it, each file can be fetched alone, the bytes are always the same."""

import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest
from simulators.archive_files import Shelf, our_threads, shelve

from vsrt_gui.adapters.archives import tar_packing
from vsrt_gui.adapters.archives.packing import Link, Packable
from vsrt_gui.adapters.archives.tar_packing import write_tar_zst
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.file_index import ByteRange, IndexedFile, Packing
from vsrt_gui.model.manifest import ArchiveFormat

TEXT = b"the same again, " * 4000
LONG = "long-" * 30 + "name"
ENTRIES = [
    Packable("z/last", TEXT, mtime=86_400),
    Packable("bin/tool", b"#!/bin/sh\necho ran\n", executable=True, mtime=86_400),
    Packable("bin/alias", Link("tool"), mtime=86_400),
    Packable("empty", b""),
    Packable(f"folder/{LONG}", b"x"),
    Packable("folder/\u00fcber", b"y" * 512),
    Packable("folder/random", Random(3).randbytes(200_000)),
]
CONTENTS = {entry.path: entry.content for entry in ENTRIES if isinstance(entry.content, bytes)}


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    out = tmp_path / "made.tar.zst"
    write_tar_zst(ENTRIES, out)
    return out


def read(archive: Path) -> Shelf:
    return shelve(archive.parent, ArchiveFormat.TAR_ZST, archive.read_bytes())


def there(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.skipif(not (shutil.which("tar") and shutil.which("zstd")), reason="needs GNU tar and zstd")
@pytest.mark.parametrize("command", ["tar --zstd -xf {archive}", "zstd -dcq {archive} | tar -xf -"])
def test_ordinary_tools_read_it(packed: Path, tmp_path: Path, command: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    done = subprocess.run(
        command.format(archive=packed), shell=True, cwd=out, check=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert there(out) == CONTENTS
    assert (out / "bin/alias").readlink() == Path("tool")
    assert subprocess.run([out / "bin/alias"], check=True, capture_output=True, text=True).stdout == "ran\n"
    assert (out / "z/last").stat().st_mtime == 86_400
    assert (out / "z/last").stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(not shutil.which("zstd"), reason="needs zstd")
def test_zstd_sees_damage(packed: Path) -> None:
    data = bytearray(packed.read_bytes())
    last = next(file.packed for file in read(packed).index().files if file.path == "folder/random")
    assert last
    data[last.offset + last.length // 2] ^= 1
    packed.write_bytes(data)
    assert subprocess.run(["zstd", "-tq", packed], check=False, capture_output=True).returncode


def test_every_file_has_its_place(packed: Path) -> None:
    shelf = read(packed)
    index = shelf.index()
    assert index.ranged
    data = packed.read_bytes()
    for file in index.files:
        if file.link is None:
            assert file.packed
            piece = data[file.packed.offset :][: file.packed.length]
            assert b"".join(shelf.library.inflate(file, [piece])) == CONTENTS[file.path]


def test_the_same_entries_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = Random(1).randbytes(1 << 20) * 5
    entries = [*ENTRIES, Packable("big", big)]
    made = set()
    monkeypatch.setattr(tar_packing, "LARGE", 1 << 20)
    monkeypatch.setattr(tar_packing, "JOB", 1 << 20)
    for threads, ahead in ((1, 1), (2, 100), (4, 3)):
        monkeypatch.setattr(tar_packing, "THREADS", threads)
        monkeypatch.setattr(tar_packing, "AHEAD", ahead)
        monkeypatch.setattr(tar_packing, "AHEAD_BYTES", ahead << 10)
        out = tmp_path / "again.tar.zst"
        write_tar_zst(reversed(entries), out)
        made.add(out.read_bytes())
        entries.reverse()
    assert len(made) == 1
    assert read(out).all_contents() == CONTENTS | {"big": big}


def test_by_ranges_it_comes_from_two_threads_and_stops(packed: Path) -> None:
    shelf = read(packed)
    files = tuple(file for file in shelf.index().files if file.link is None)
    stop = Stop()

    def put(_: IndexedFile, __: object) -> None:
        assert len(our_threads()) == 2
        stop.set()

    with pytest.raises(StoppedError):
        shelf.library.unpack(shelf.path, shelf.artifact, files, put, stop)
    assert not our_threads()


@pytest.mark.parametrize(
    ("offset", "length", "reason"),
    [
        (0, 10, "too early"),
        (10**9, 10, "too early"),
        (2**62, 10, "too early"),
        (2**63 - 1, 2**63 - 1, "too early"),
        (1, 200, "frame"),
        (-1, 0, "too early"),
    ],
)
def test_a_wrong_place_is_damage(packed: Path, offset: int, length: int, reason: str) -> None:
    shelf = read(packed)
    file = next(file for file in shelf.index().files if file.path == "z/last")
    assert file.packed
    place = file.packed if offset < 0 else ByteRange(offset=offset, length=length, packing=Packing.ZSTD)
    if offset < 0:
        place = place.but(length=place.length - 1)
    with pytest.raises(InstallerError) as caught:
        shelf.contents([file.but(packed=place)])
    assert caught.value.fault.code is FaultCode.ARCHIVE_DAMAGED
    assert reason in str(caught.value.fault.facts["reason"])
    assert "z/last" in str(caught.value.fault.facts["reason"])


def test_what_is_not_there_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    for entry, out, path in (
        (Packable("a", tmp_path / "gone"), tmp_path / "out", tmp_path / "gone"),
        (Packable("a", b"x"), tmp_path / "gone" / "out", tmp_path / "gone" / "out"),
    ):
        with pytest.raises(InstallerError) as caught:
            write_tar_zst([entry], out)
        assert caught.value.fault.code is FaultCode.DISK_ERROR
        assert caught.value.fault.facts["path"] == str(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_no_room_is_said() -> None:
    with pytest.raises(InstallerError) as caught:
        write_tar_zst([Packable("a", Random(1).randbytes(100_000))], Path("/dev/full"))
    assert caught.value.fault == Fault(code=FaultCode.DISK_FULL, facts={"path": "/dev/full"})
