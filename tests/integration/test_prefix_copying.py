"""What the store holds already is found and copied: checked like all that is written, and never a second name of it."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from simulators.prefix_samples import MTIME, TREE, install, no_tick, prefix_at, sample, snapshot

from vsrt_gui.adapters.prefix import DiskPrefix
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import IndexedFile
from vsrt_gui.model.survey import Held

BIG = os.urandom(5 << 20)
OLD = sample(tree={**TREE, "big": BIG, "gone": b"was here"})
NEW = sample(version="2.0.0", tree={**TREE, "elsewhere/big": BIG, "lib/a/one.js": b"new" * 1000})
WANTED = frozenset(file.sha256 for file in NEW.index.files if file.link is None)


@pytest.fixture
def prefix(tmp_path: Path) -> DiskPrefix:
    made = prefix_at(tmp_path / "rt")
    install(made, 1, OLD)
    return made


def held_of(path: str) -> Held:
    return Held(folder=OLD.target.folder, path=path)


def copied(prefix: DiskPrefix, path: str, source: str, *, durable: bool = False) -> bool:
    return prefix.copy(NEW.target, NEW.file(path), held_of(source), no_tick, durable=durable)


class TestHeld:
    def test_content_is_found_whatever_its_name(self, prefix: DiskPrefix) -> None:
        found = prefix.held(WANTED, frozenset())
        assert found[NEW.file("elsewhere/big").sha256] == (held_of("big"),)
        assert {one.path for (one,) in found.values()} == {
            "README",
            "bin/tool",
            "big",
            "empty",
            "lib/a/two.js",
        }

    def test_what_is_known_to_be_wrong_is_not_named(self, prefix: DiskPrefix) -> None:
        found = prefix.held(WANTED, frozenset({held_of("big"), held_of("README")}))
        assert {one.path for (one,) in found.values()} == {"bin/tool", "empty", "lib/a/two.js"}

    @pytest.mark.parametrize(
        "spoil",
        [
            Path.unlink,
            lambda path: path.write_bytes(b"shorter"),
            lambda path: (path.unlink(), path.mkdir()),
            lambda path: (path.unlink(), path.symlink_to("README")),
        ],
        ids=["gone", "other size", "folder", "link"],
    )
    def test_only_files_of_that_size(self, prefix: DiskPrefix, spoil: Callable[[Path], object]) -> None:
        spoil(OLD.folder(prefix) / "big")
        assert NEW.file("elsewhere/big").sha256 not in prefix.held(WANTED, frozenset())

    def test_a_second_copy_stands_in(self, prefix: DiskPrefix) -> None:
        other = sample("other", tree={"same": BIG})
        install(prefix, 2, OLD, other)
        digest, second = NEW.file("elsewhere/big").sha256, Held(folder=other.target.folder, path="same")
        assert set(prefix.held(WANTED, frozenset())[digest]) == {held_of("big"), second}
        (OLD.folder(prefix) / "big").unlink()
        assert prefix.held(WANTED, frozenset())[digest] == (second,)

    def test_what_an_uninstall_left_is_found(self, prefix: DiskPrefix) -> None:
        prefix.remove(keep_downloads=True)
        assert prefix.read().current is None
        assert NEW.file("elsewhere/big").sha256 in prefix.held(WANTED, frozenset())

    def test_an_empty_prefix_has_nothing(self, tmp_path: Path) -> None:
        assert prefix_at(tmp_path / "none").held(WANTED, frozenset()) == {}

    def test_a_folder_whose_list_is_lost_is_passed_over(self, prefix: DiskPrefix) -> None:
        shutil.rmtree(prefix.root / "index")
        assert prefix.held(WANTED, frozenset()) == {}


class TestCopy:
    @pytest.mark.parametrize("durable", [False, True])
    def test_it_is_as_if_it_had_been_unpacked(self, prefix: DiskPrefix, durable: bool) -> None:
        for path in ("README", "bin/tool", "empty", "lib/a/two.js"):
            assert copied(prefix, path, path, durable=durable)
        assert copied(prefix, "elsewhere/big", "big", durable=durable)
        prefix.put(NEW.target, NEW.file("lib/a/one.js"), [b"new" * 1000], durable=durable)
        prefix.mend_entry(NEW.target, NEW.file("lib/latest"))
        assert snapshot(NEW.folder(prefix)) == dict(NEW.tree)
        assert NEW.survey(prefix).wrong == {}
        tool = (NEW.folder(prefix) / "bin/tool").stat()
        assert (stat.S_IMODE(tool.st_mode), tool.st_mtime_ns) == (0o755, MTIME * 10**9)

    def test_no_damage_is_shared(self, prefix: DiskPrefix) -> None:
        assert copied(prefix, "elsewhere/big", "big")
        (new, old) = NEW.folder(prefix) / "elsewhere/big", OLD.folder(prefix) / "big"
        assert (new.stat().st_nlink, old.stat().st_nlink) == (1, 1)
        old.write_bytes(b"spoilt")
        assert new.read_bytes() == BIG

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda path: path.write_bytes(b"X" * len(BIG)),
            lambda path: path.write_bytes(BIG + b"more"),
            lambda path: path.write_bytes(b"less"),
            Path.unlink,
            lambda path: (path.unlink(), path.mkdir()),
            lambda path: (path.unlink(), path.symlink_to("/etc/hostname")),
            pytest.param(
                lambda path: (path.unlink(), os.mkfifo(path)),
                marks=pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes on disk there"),
            ),
        ],
        ids=["changed", "longer", "shorter", "gone", "folder", "link", "pipe"],
    )
    def test_a_source_that_is_not_right_leaves_nothing(
        self, prefix: DiskPrefix, spoil: Callable[[Path], object]
    ) -> None:
        spoil(OLD.folder(prefix) / "big")
        assert not copied(prefix, "elsewhere/big", "big")
        assert snapshot(NEW.folder(prefix)) == {}

    def test_a_stop_ends_it_at_the_next_piece(self, prefix: DiskPrefix) -> None:
        stop, seen = Stop(), 0

        def tick(count: int) -> None:
            nonlocal seen
            seen += count
            stop.set()
            stop.check()

        with pytest.raises(StoppedError):
            prefix.copy(NEW.target, NEW.file("elsewhere/big"), held_of("big"), tick, durable=False)
        assert 0 < seen <= 256 << 10
        assert snapshot(NEW.folder(prefix)) == {}

    def test_the_own_disk_is_not_the_sources_fault(self, prefix: DiskPrefix) -> None:
        beyond = IndexedFile(path="../out", size=len(BIG), sha256=NEW.file("elsewhere/big").sha256)
        with pytest.raises(InstallerError) as caught:
            prefix.copy(NEW.target, beyond, held_of("big"), no_tick, durable=False)
        assert caught.value.fault.code is FaultCode.ARCHIVE_UNSAFE
        assert not (prefix.store / "out").exists()


class TestContent:
    """What a patch starts from."""

    def test_it_is_read(self, prefix: DiskPrefix) -> None:
        ticks: list[int] = []
        found = prefix.content(held_of("big"), len(BIG), ticks.append)
        assert found == BIG
        assert sum(ticks) == len(BIG)
        assert max(ticks) <= 256 << 10

    def test_not_what_is_too_large_for_memory(self, prefix: DiskPrefix) -> None:
        ticks: list[int] = []
        assert prefix.content(held_of("big"), len(BIG) - 1, ticks.append) is None
        assert ticks == []

    @pytest.mark.parametrize(
        "spoil",
        [
            Path.unlink,
            lambda path: (path.unlink(), path.mkdir()),
            lambda path: (path.unlink(), path.symlink_to("README")),
        ],
        ids=["gone", "folder", "link"],
    )
    def test_not_what_is_no_file(self, prefix: DiskPrefix, spoil: Callable[[Path], object]) -> None:
        spoil(OLD.folder(prefix) / "big")
        assert prefix.content(held_of("big"), len(BIG), no_tick) is None

    def test_one_that_grows_meanwhile_is_read_as_far_as_it_may(self, prefix: DiskPrefix) -> None:
        path = OLD.folder(prefix) / "big"
        with path.open("ab") as file:

            def grow(_count: int) -> None:
                file.write(b"more")
                file.flush()

            assert prefix.content(held_of("big"), len(BIG), grow) is None
            found = prefix.content(held_of("big"), 2 * len(BIG), no_tick)
        assert found == path.read_bytes()

    def test_a_stop_ends_it_at_the_next_piece(self, prefix: DiskPrefix) -> None:
        stop = Stop()
        stop.set()
        with pytest.raises(StoppedError):
            prefix.content(held_of("big"), len(BIG), lambda _: stop.check())


@pytest.fixture(params=["mkfs.btrfs", "mkfs.xfs"])
def sharing_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A disk whose files can share blocks, in a file."""
    make = shutil.which(request.param, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if sys.platform != "linux" or os.geteuid() or make is None:
        pytest.skip(f"needs root, Linux and {request.param}")
    image, folder = tmp_path / "disk", tmp_path / "mounted"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(400 << 20)
    subprocess.run([make, "-q", image], check=True)
    if subprocess.run(["mount", "-o", "loop", image, folder], check=False, capture_output=True).returncode:
        pytest.skip("no such disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


class TestSharedBlocks:
    def test_blocks_are_shared_and_damage_is_not(self, sharing_disk: Path) -> None:
        prefix = prefix_at(sharing_disk / "rt")
        install(prefix, 1, OLD)
        assert copied(prefix, "elsewhere/big", "big", durable=True)
        old, new = OLD.folder(prefix) / "big", NEW.folder(prefix) / "elsewhere/big"
        assert _extents(new) == _extents(old)
        with old.open("r+b") as file:
            file.write(b"spoilt")
        assert new.read_bytes() == BIG

    def test_a_damaged_source_is_found_although_nothing_is_copied(self, sharing_disk: Path) -> None:
        prefix = prefix_at(sharing_disk / "rt")
        install(prefix, 1, OLD)
        with (OLD.folder(prefix) / "big").open("r+b") as file:
            file.write(b"spoilt")
        assert not copied(prefix, "elsewhere/big", "big")
        assert snapshot(NEW.folder(prefix)) == {}


def _extents(path: Path) -> list[int]:
    """Return where a file's first blocks lie on the disk, by FS_IOC_FIEMAP."""
    from fcntl import ioctl  # noqa: PLC0415 -- POSIX only

    buffer = bytearray(32 + 16 * 56)
    buffer[8:16] = (2**64 - 1).to_bytes(8, "little")  # all of it
    buffer[16:20] = (1).to_bytes(4, "little")  # written out first
    buffer[24:28] = (16).to_bytes(4, "little")
    with path.open("rb") as file:
        ioctl(file.fileno(), 0xC020660B, buffer)
    found = int.from_bytes(buffer[20:24], "little")
    assert found
    return [int.from_bytes(buffer[32 + 56 * at + 8 : 32 + 56 * at + 16], "little") for at in range(found)]
