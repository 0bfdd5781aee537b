"""Disks that are full or fill up, and folders that may not be written: what works goes on working."""

import json
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from bad_input_house import NOBODY, POWERLESS, World, ended, publish, refused, refused_everywhere
from integration.cli_house import until
from simulators.archive_files import Raw, pack
from simulators.http_server import HttpServer

from vsrt_gui.model.faults import FaultCode as F
from vsrt_gui.model.manifest import ArchiveFormat

MIB = 1 << 20
ROOMY = 1200 * MIB
PAGE = "This folder can't be written to"
"""More than the least that an update asks for; nothing of it is used until something is written."""


@contextmanager
def on_a_disk(world: World, options: str) -> Iterator[Path]:
    """Put both prefixes on a disk of their own within the block."""
    place, aside = world.prefix.parent, world.root / "aside"
    place.rename(aside)
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"mode=755,{options}", "tmpfs", str(place)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"mounting is not permitted here: {mounted.stderr.strip()}")
    try:
        shutil.copytree(aside, place, symlinks=True, dirs_exist_ok=True)
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)


def fill_up(disk: Path, writer: subprocess.Popen[str]) -> None:
    """Leave a few pages; taking the room away does what a program that fills it does, without the memory.

    The writer is held meanwhile: no disk gets smaller than what it wrote since that was looked at.
    """
    writer.send_signal(signal.SIGSTOP)
    _wait_until_stopped(writer)
    try:
        remount(disk, f"size={shutil.disk_usage(disk).used + 16 * 4096}")
    finally:
        writer.send_signal(signal.SIGCONT)


def _wait_until_stopped(process: subprocess.Popen[str]) -> None:
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), "it ended before the disk was full"


def test_a_disk_with_too_little_room_is_told_before_the_first_byte(world: World) -> None:
    with on_a_disk(world, f"size={64 * MIB}"):
        fault = refused_everywhere(world, F.DISK_SPACE_LOW, words=True, path=str(world.prefix))
        free, needed = fault.facts["free"], fault.facts["needed"]
        assert isinstance(free, int)
        assert isinstance(needed, int)
        assert free < 64 * MIB < 10**9 <= needed
        assert list((world.prefix / "downloads").iterdir()) == []
        assert not (world.fresh / "store").exists()


def test_a_disk_that_fills_up_while_bytes_come(world: World) -> None:
    """What is there goes on working; with room again, the same command finishes and fetches nothing twice."""
    size = 4 * MIB
    publish(world.catalog, pack(ArchiveFormat.ZIP, [Raw("noise.bin", Random(7).randbytes(size))]), "zip")
    with (
        on_a_disk(world, f"size={ROOMY}") as disk,
        HttpServer(world.catalog.folder, rate=MIB) as server,
    ):
        with world.guarded():
            with world.start("update", "--yes", "--json", catalog=server.url) as update:
                until(update, lambda event: event.get("module") == "base" and 0 < event.get("done", 0) < size)
                fill_up(disk, update)
                fault = refused(ended(update), F.DISK_FULL)
            assert Path(str(fault.facts["path"])).parent == world.prefix / "downloads"
            staged = max(part.stat().st_size for part in (world.prefix / "downloads").glob("*.part"))
            assert 0 < staged < size
        remount(disk, f"size={ROOMY}")
        server.forget()
        server.set_rate(None)
        done = world.told("update", catalog=server.url)
        assert (done.code, done.err) == (0, "")
        assert server.sent("/published-0.zip") <= size - staged + 64 * 1024
        assert world.run("verify").code == 0


def test_a_disk_that_takes_no_more_files_while_unpacking(world: World) -> None:
    entries = [Raw(f"many/{number}", b"x" * 10) for number in range(400)]
    publish(world.catalog, pack(ArchiveFormat.TAR_GZ, entries), "tar.gz")
    with on_a_disk(world, f"size={ROOMY},nr_inodes=300"):
        with world.guarded():
            fault = refused(world.told("update"), F.DISK_FULL)
            assert fault.step == "unpack"
        assert world.run("verify").code == 0


def test_a_disk_that_became_read_only(world: World) -> None:
    with on_a_disk(world, f"size={ROOMY}") as disk:
        remount(disk, "ro")
        with world.guarded():
            refused(world.told("update"), F.FOLDER_NOT_WRITABLE)
            assert PAGE in world.run("update", "--yes").err
            refused(world.told("install", prefix=world.fresh), F.FOLDER_NOT_WRITABLE)
            refused(world.told("uninstall"), F.FOLDER_NOT_WRITABLE)
            assert world.run("verify").code == 0
            assert world.run("status").code == 0


@pytest.fixture
def nobodys(world: World) -> World:
    """A world whose runtime belongs to another user, and is read as one without rights by whoever asks with `plain`."""
    if os.geteuid() != 0 or shutil.which(POWERLESS[0]) is None:
        pytest.skip("only root can give folders to another user, and setpriv take its rights")
    _give(world.prefix.parent)
    return world


def _give(*paths: Path) -> None:
    """Make paths, and all below them, another user's."""
    for path in paths:
        for one in (path, *path.rglob("*")):
            os.chown(one, NOBODY, NOBODY, follow_symlinks=False)


def test_a_runtime_of_somebody_else_can_be_looked_at_and_not_changed(nobodys: World) -> None:
    with nobodys.guarded():
        fault = refused(nobodys.told("update", plain=True), F.FOLDER_NOT_WRITABLE)
        assert str(fault.facts["path"]).startswith(str(nobodys.prefix))
        assert PAGE in nobodys.run("update", "--yes", plain=True).err
        for verb in ("uninstall", "rollback"):
            done = nobodys.told(verb, plain=True)
            assert done.code in (43, 82), done.out
        assert nobodys.run("verify", plain=True).code == 0
        assert nobodys.run("status", plain=True).code == 0


def test_a_folder_of_somebody_else(nobodys: World) -> None:
    nobodys.fresh.mkdir(mode=0o755)
    _give(nobodys.fresh)
    with nobodys.guarded():
        done = nobodys.told("install", plain=True, prefix=nobodys.fresh)
        refused(done, F.FOLDER_NOT_WRITABLE, path=str(nobodys.fresh))
        below = nobodys.told("install", plain=True, prefix=nobodys.prefix.parent / "another")
        refused(below, F.FOLDER_NOT_WRITABLE)
        assert list(nobodys.fresh.iterdir()) == []


def test_a_damaged_runtime_of_somebody_else(nobodys: World) -> None:
    (store,) = (nobodys.prefix / "store").glob("core-1.0.0-*")
    (store / "noise.bin").write_bytes(b"damaged")
    with nobodys.guarded():
        refused(nobodys.told("repair", plain=True), F.FOLDER_NOT_WRITABLE)
        assert nobodys.run("verify", plain=True).code == 1


def test_one_module_folder_that_may_not_be_written(nobodys: World) -> None:
    """All the rest belongs to the user: the update stops at what it can't write, and the old set stays."""
    for path in (nobodys.prefix, *nobodys.prefix.rglob("*")):
        os.chown(path, 0, 0, follow_symlinks=False)
    os.chown(nobodys.prefix / "store", NOBODY, NOBODY)
    assert stat.S_IMODE((nobodys.prefix / "store").stat().st_mode) == 0o755
    with nobodys.guarded():
        refused(nobodys.told("update", plain=True), F.FOLDER_NOT_WRITABLE)


def test_a_catalog_that_may_not_be_read(nobodys: World) -> None:
    _give(nobodys.prefix)
    manifest = nobodys.catalog.folder / "manifest.json"
    manifest.chmod(0o600)
    _give(manifest)
    with nobodys.guarded():
        refused(nobodys.told("update", plain=True), F.FILE_UNREADABLE)


def test_a_state_folder_that_may_not_be_written(nobodys: World) -> None:
    shutil.rmtree(nobodys.root / "state")
    (nobodys.root / "state").mkdir(mode=0o755)
    _give(nobodys.root / "state")
    with nobodys.guarded():
        fault = refused(nobodys.told("update", plain=True), F.FOLDER_NOT_WRITABLE)
        assert str(fault.facts["path"]).startswith(str(nobodys.root / "state"))


@pytest.mark.parametrize("inside", ["", "runtime", "deep/runtime"])
def test_a_file_where_the_folder_should_be(world: World, inside: str) -> None:
    """The file stays, whatever stands for the prefix: itself, or a folder below it."""
    prefix = world.precious / "letter" / inside
    with world.guarded():
        for verb in ("install", "update", "verify", "uninstall"):
            done = world.told(verb, prefix=prefix)
            refused(done, F.NOT_A_FOLDER)
            assert str(world.precious) in json.dumps(done.end)
