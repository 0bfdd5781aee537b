"""The main journey on real bytes: install by real clicks, use what was installed, break it, repair it."""

import os
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

from simulators.window_driver import Driver
from window_home import LONG, MODULES, Home, install

from vsrt_gui.model.file_index import ByteRange, IndexedFile
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import Drift
from vsrt_gui.model.status import Damaged, Installed, Overview
from vsrt_gui.model.survey import FileState
from vsrt_gui.ui.pages.page import PageId

Play = Callable[[Any], Any]
APART = 64 << 10
"""Bytes between two damaged files in the archive, so that no file between them is worth fetching along."""
DAMAGED = 9
"""Files of each module."""
SMALL_SHARE = 0.15
"""Of an archive, at most, for one damaged file: the way by ranges must be the cheaper one."""


def test_install_use_break_and_repair(play: Play, home: Home) -> None:
    async def scenario() -> None:
        async with home.window() as opened:
            await install(opened.drive)
        whole = await home.overview()
        _assert_healthy(home, whole)
        assert {path: home.server.sent(path) for path in home.archives()} == home.archives()

        packed, files = _damage(home, {finding.target.id: finding.target for finding in whole.findings})
        broken = await home.overview()
        assert isinstance(broken.status, Damaged)
        assert {state for each in broken.findings for state in each.survey.wrong.values()} == {
            FileState.CHANGED,
            FileState.MISSING,
            FileState.WRONG_MODE,
        }

        home.server.forget()
        async with home.window() as opened:
            await _repair(opened.drive)
        assert all(served.status == 206 and served.range for served in home.asked())
        assert 0 < sum(served.sent for served in home.asked()) <= 1.1 * packed + 4096 * files
        _assert_healthy(home, await home.overview())

    play(scenario())


async def _repair(drive: Driver) -> None:
    await drive.until(lambda: drive.title == "Some files need repair", "the damage is not seen")
    await drive.click("repairButton")
    await drive.until(lambda: "need repair" in drive.title, "no quote", LONG)
    await drive.click("commitButton")
    await drive.page(PageId.FINISH, LONG)
    assert drive.title == "Everything is in order", drive.texts()


def _assert_healthy(home: Home, overview: Overview) -> None:
    assert isinstance(overview.status, Installed)
    assert {finding.target.id for finding in overview.findings} == MODULES
    assert {finding.drift for finding in overview.findings} == {Drift.SATISFIED}
    assert home.run("node") == "v24.19.0"
    assert home.run("pyright") == "pyright 1.1.414"


def _damage(home: Home, targets: dict[str, Target]) -> tuple[int, int]:
    """Damage files in every way that a disk and a careless hand can; returns their packed bytes and their number."""
    chosen: list[IndexedFile] = []
    for module in ("nodejs", "pyright"):
        folder = home.folder(targets[module])
        files = _scattered(home, targets[module])
        assert len(files) == DAMAGED
        damages: tuple[Callable[[Path], None], ...] = (_flip, _truncate, Path.unlink)
        for file, damage in zip(files, cycle(damages), strict=False):
            damage(folder / file.path)
        chosen += files
    (home.folder(targets["nodejs"]) / "bin" / "node").chmod(0o644)
    return sum(file.packed.length for file in chosen if file.packed), len(chosen)


def _scattered(home: Home, target: Target) -> list[IndexedFile]:
    """Return large files that lie far from each other in the archive and are a small part of it."""
    size = target.artifact.size
    assert size is not None
    chosen: list[tuple[ByteRange, IndexedFile]] = []
    files = [(file.packed, file) for file in home.index(target).files if file.packed]
    for place, file in sorted(files, key=lambda pair: -pair[0].length):
        if place.length <= SMALL_SHARE * size and all(_apart(place, other) for other, _ in chosen):
            chosen.append((place, file))
    return [file for _, file in chosen[:DAMAGED]]


def _apart(one: ByteRange, other: ByteRange) -> bool:
    return (
        one.offset - (other.offset + other.length) > APART or other.offset - (one.offset + one.length) > APART
    )


def _flip(path: Path) -> None:
    """Change one byte and nothing that a quick look would see."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x55
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
