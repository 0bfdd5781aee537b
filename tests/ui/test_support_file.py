"""The support file from the window: asked for below a fault, written where one says, and shown."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from house import House
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog
from simulators import window_states as states

from vsrt_gui.adapters.support_desk import LocalSupportDesk

Play = Callable[[Any], Any]


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep the desktop's file manager shut; what it would show is all that counts."""
    found: list[str] = []

    def remember(url: QUrl) -> bool:
        found.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", remember)
    return found


async def save_at(drive: Any, path: Path, name: str = "supportButton") -> None:
    await drive.click(name)
    await drive.until(lambda: drive.sees("supportDialog"), "nobody asked where to")
    dialog = drive.find("supportDialog")
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.reject()


def test_it_is_written_where_one_says_and_shown(
    play: Play, house: House, tmp_path: Path, opened: list[str]
) -> None:
    house.publish()
    out = tmp_path / "for support.zip"

    async def scenario() -> None:
        async with house.window() as drive:
            drive.wizard.flow.offer_support(LocalSupportDesk(tmp_path / "logs"))
            drive.wizard.flow.report(states.BROKEN)
            await drive.dialog("faultDialog")
            await save_at(drive, out)
            await drive.until(lambda: opened, "it was not shown")
            assert str(out) in drive.text("supportNote").replace("\u200b", "")
            await drive.click("remedy-close")

    play(scenario())
    assert opened == [str(tmp_path)]
    with zipfile.ZipFile(out) as archive:
        assert {"about.json", "status.json", "faults.json"} <= set(archive.namelist())


def test_a_place_that_can_not_be_written_is_named_there(play: Play, house: House, tmp_path: Path) -> None:
    house.publish()
    (tmp_path / "file").write_bytes(b"")

    async def scenario() -> None:
        async with house.window() as drive:
            drive.wizard.flow.offer_support(LocalSupportDesk(tmp_path / "logs"))
            drive.wizard.flow.report(states.BROKEN)
            await drive.dialog("faultDialog")
            await save_at(drive, tmp_path / "file" / "x.zip")
            await drive.until(lambda: "could not read or write" in drive.text("supportNote"), "no word of it")
            await drive.click("remedy-close")

    play(scenario())


def test_without_a_desk_there_is_no_button(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            drive.wizard.flow.report(states.BROKEN)
            await drive.dialog("faultDialog")
            assert not drive.sees("supportButton")
            await drive.click("remedy-close")

    play(scenario())
