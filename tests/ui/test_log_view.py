"""What was logged, in real widgets: searched, filtered, followed, copied, read from files and told live."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from house import House
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from simulators import window_logs as logs
from simulators import window_states as states
from simulators.window_driver import Driver
from test_support_file import save_at

from vsrt_gui.adapters.log_files import LogFiles
from vsrt_gui.adapters.support_desk import LocalSupportDesk
from vsrt_gui.app import log_files
from vsrt_gui.model.events import ModuleFinished, Outcome
from vsrt_gui.model.request import Verb
from vsrt_gui.model.settings import LogLevel
from vsrt_gui.resources import resource
from vsrt_gui.ui.dialogs.log import LogDialog
from vsrt_gui.ui.entries import Entry, Kind
from vsrt_gui.ui.icons import Icons
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.log_model import KEPT, SPARE
from vsrt_gui.ui.widgets.log_view import LogView

Play = Callable[[Any], Any]
MANY = 10_000


@pytest.fixture
def view(qapp: QApplication) -> Iterator[LogView]:
    """A log of its own, in a window of a usual size."""
    made = LogView(Theme(qapp, Icons(resource("icons")), qapp), "log")
    made.resize(600, 400)
    made.show()
    QTest.qWaitForWindowExposed(made)
    made.activateWindow()
    yield made
    made.deleteLater()
    QApplication.processEvents()


def entry(number: int, tone: Tone = Tone.NEUTRAL) -> Entry:
    name = f"Module {number % 7}"
    words = (
        f"{name}: something happened that takes more room than a line of this window has, number {number}."
    )
    return Entry(words, tone=tone, at=logs.AT + number, module=f"m{number % 7}", name=name)


def shown(view: LogView) -> list[str]:
    model = view.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def words(view: LogView) -> list[str]:
    return [re.sub(r"^\d\d:\d\d:\d\d   ", "", line) for line in shown(view)]


def said(view: LogView) -> str:
    """Return what stands where the list is empty."""
    found = view.findChild(QLabel, "logListEmpty")
    assert isinstance(found, QLabel)
    return found.text() if found.isVisible() else ""


def at_end(view: LogView) -> bool:
    QApplication.processEvents()
    bar = view.list.verticalScrollBar()
    return bar.value() == bar.maximum() > 0


def click(view: LogView, row: int, with_key: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    place = view.list.visualRect(view.list.model().index(row, 0)).center()
    QTest.mouseClick(view.list.viewport(), Qt.MouseButton.LeftButton, with_key, place)


def test_an_empty_log_says_so(view: LogView) -> None:
    assert said(view) == "Nothing was written yet."
    view.add(logs.STORY)
    assert said(view) == ""
    view.clear()
    assert said(view) == "Nothing was written yet."


def test_what_is_typed_is_looked_for_in_small_and_capital_letters_alike(view: LogView) -> None:
    view.show_entries(logs.STORY)
    QTest.keyClicks(view.search, "DOWNLOADED")
    assert words(view) == ["Node.js: downloaded."]
    QTest.keyClicks(view.search, "x")
    assert (words(view), said(view)) == ([], "Nothing matches.")
    QTest.keyClick(view.search, Qt.Key.Key_Escape)
    assert (view.search.text(), len(words(view)), said(view)) == ("", len(logs.STORY), "")


def test_what_was_found_is_marked_in_the_picture(view: LogView) -> None:
    view.show_entries((Entry("one needle here", at=logs.AT),))
    ground = view._theme.colour("warning_soft").rgb()

    def marked() -> int:
        picture = view.list.viewport().grab().toImage()
        return sum(
            picture.pixel(x, y) == ground
            for x in range(picture.width())
            for y in range(min(40, picture.height()))
        )

    before = marked()
    view.search.setText("NEEDLE")
    QApplication.processEvents()
    assert marked() > before + 100


def test_filters_for_warnings_and_for_a_module(view: LogView) -> None:
    view.show_entries(logs.STORY)
    view.level.setFocus()
    QTest.keyClick(view.level, Qt.Key.Key_Down)
    assert [line.split(":")[0] for line in words(view)] == ["Extension Server", "Pyright"]
    assert [view.module.itemText(n) for n in range(view.module.count())] == [
        "All modules",
        "Node.js",
        "Extension Server",
        "Pyright",
    ]
    view.module.setCurrentIndex(3)
    assert words(view) == ["Pyright: A file did not arrive as it should."]
    QTest.keyClick(view.level, Qt.Key.Key_Up)
    assert words(view)[0] == "Pyright: downloading."
    view.clear()
    assert (view.module.count(), view.level.currentIndex()) == (1, 0)


def test_a_heading_is_there_only_with_something_below_it(view: LogView) -> None:
    view.show_entries(logs.retold(logs.LINES))
    headings = [line for line in words(view) if ", 2026" in line or "2026," in line]
    assert [line.split(",")[0] for line in headings] == ["Installation", "In between", "Update"]
    view.level.setCurrentIndex(1)
    view.search.setText("standstill")
    assert words(view)[0].startswith("Update, ")
    assert len(words(view)) == 2
    view.add((Entry("Repair, today", Kind.HEADING), Entry("all is well", at=logs.AT)))
    assert len(words(view)) == 2
    view.add((Entry("at a standstill again", tone=Tone.WARNING, at=logs.AT),))
    assert words(view)[2:] == ["Repair, today", "at a standstill again"]


def test_it_follows_the_end_until_one_scrolls_up(view: LogView) -> None:
    view.show_entries(entry(number) for number in range(200))
    assert at_end(view)
    view.add((entry(200),))
    assert at_end(view)
    QTest.keyClick(view.list, Qt.Key.Key_Home)
    assert view.list.verticalScrollBar().value() == 0
    view.add((entry(201),))
    assert not at_end(view)
    assert view.list.verticalScrollBar().value() == 0
    QTest.keyClick(view.list, Qt.Key.Key_End)
    view.add((entry(202),))
    assert at_end(view)


def test_what_one_stands_on_stays_in_sight_when_the_filter_goes(view: LogView) -> None:
    view.show_entries(entry(number) for number in range(500))
    view.search.setText("number 123.")
    click(view, 0)
    view.list.verticalScrollBar().setValue(0)
    view.list.follows = False
    view.search.clear()
    QApplication.processEvents()
    current = view.list.currentIndex()
    assert current.row() == 123
    assert view.list.viewport().rect().intersects(view.list.visualRect(current))


def test_selected_lines_are_copied_in_their_order(view: LogView) -> None:
    view.show_entries(logs.STORY)
    click(view, 3)
    click(view, 1, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == f"{logs.STORY[1].line}\n{logs.STORY[3].line}"
    QTest.keyClick(view.list, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == view.text


def test_the_keyboard_reaches_everything(view: LogView) -> None:
    view.show_entries(logs.STORY)
    view.list.setFocus()
    QTest.keyClick(view.list, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is view.search
    order = []
    for _ in range(3):
        QTest.keyClick(cast("QWidget", QApplication.focusWidget()), Qt.Key.Key_Tab)
        order.append(QApplication.focusWidget())
    assert order == [view.level, view.module, view.list]
    view.search.setFocus()
    QTest.keyClick(view.search, Qt.Key.Key_Down)
    assert QApplication.focusWidget() is view.list


def test_an_icon_is_read_aloud_as_a_word(view: LogView) -> None:
    view.show_entries((entry(1, Tone.WARNING), entry(2, Tone.DANGER), entry(3)))
    role = Qt.ItemDataRole.AccessibleTextRole
    spoken = [view.list.model().index(row, 0).data(role) for row in range(3)]
    assert [text.split(":")[0] for text in spoken[:2]] == ["Warning", "Error"]
    assert spoken[2] == entry(3).line


def test_ten_thousand_entries_cost_what_is_seen_of_them(view: LogView) -> None:
    """Counted, not timed: a row is measured only when it is about to be seen."""
    view.show_entries(entry(number) for number in range(MANY))
    assert at_end(view)
    rows = view.list.rows
    for act in (
        lambda: view.add((entry(MANY),)),
        lambda: view.search.setText("number 99"),
        view.search.clear,
        lambda: view.resize(500, 380),
        lambda: view.list.verticalScrollBar().setValue(MANY // 2),
        lambda: view.add((entry(MANY + 1),)),
    ):
        rows.measured = 0
        act()
        QApplication.processEvents()
        assert rows.measured < 400
    assert len(view.entries) == MANY + 2


def test_the_oldest_make_room(view: LogView) -> None:
    view.show_entries(entry(number) for number in range(KEPT + 5))
    assert view.entries[0].words == entry(5).words
    view.search.setText("number 1")
    for number in range(KEPT + 5, KEPT + SPARE + 10):
        view.add((entry(number),))
    assert len(view.entries) <= KEPT + SPARE
    view.search.clear()
    QTest.keyClick(view.list, Qt.Key.Key_Home)
    view.add(entry(number) for number in range(KEPT + SPARE))
    assert view.list.model().rowCount() == len(view.entries) == KEPT
    assert view.entries[-1].words == entry(KEPT + SPARE - 1).words
    view.add((entry(KEPT + SPARE + 9),))
    assert shown(view) == [each.line for each in view.entries]
    assert view.entries[-1].words == entry(KEPT + SPARE + 9).words


def test_a_long_message_is_shown_in_part_and_kept_whole(view: LogView) -> None:
    (failed,) = logs.retold((logs.message(logs.TRACEBACK, logs.AT, LogLevel.ERROR),))[1:]
    view.show_entries((failed,))
    index = view.list.model().index(0, 0)
    line = view.list.fontMetrics().height()
    assert view.list.visualRect(index).height() < 6 * line
    assert index.data(Qt.ItemDataRole.ToolTipRole) == logs.TRACEBACK
    view.search.setText("looking.py")
    assert len(shown(view)) == 1


def write(files: LogFiles) -> None:
    for line in logs.LINES:
        files.append(line)


async def opened(drive: Driver) -> LogDialog:
    """Wait until the log was read."""
    sheet = cast("LogDialog", await drive.dialog("logDialog"))
    await drive.until(lambda: sheet.log.entries, "the log was not read")
    return sheet


def test_earlier_runs_are_read_from_the_files(play: Play, house: House) -> None:
    write(log_files())

    async def scenario() -> None:
        async with house.window() as drive:
            await drive.until(lambda: drive.sees("installButton"), "no first page")
            QTest.keyClick(drive.wizard, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
            sheet = await opened(drive)
            told = words(sheet.log)
            assert [line.split(",")[0] for line in told if ", 2" in line and line.endswith(("10", "M"))]
            assert any(line.startswith("Installation, ") for line in told)
            assert "nodejs: done." in told or "Node.js: done." in told
            technical = [each for each in sheet.log.entries if each.kind is Kind.TECHNICAL]
            assert len(technical) == 2
            await drive.click("closeLogButton")
            await drive.until(lambda: not drive.sees("logDialog"), "it stays open")

    play(scenario())


def test_a_run_of_this_session_comes_in_live_and_only_once(play: Play, house: House) -> None:
    house.server.set_rate(150_000)

    async def scenario() -> None:
        async with house.window() as drive:
            for button in ("installButton", "nextButton", "commitButton"):
                await drive.click(button)
            await drive.page(PageId.PROGRESS)
            QTest.keyClick(drive.wizard, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
            sheet = await opened(drive)
            before = len(sheet.log.entries)
            house.server.set_rate(None)
            await drive.page(PageId.FINISH)
            told = words(sheet.log)
            assert len(sheet.log.entries) > before
            assert told[0].startswith("Installation, ")
            assert len([line for line in told if line.startswith("Installation, ")]) == 1
            assert told.count("Node: done.") == told.count("Installing the VS Code Runtime") == 1
            live = [re.sub(r"^\S+   ", "", line) for line in drive.wizard.progress.details.text.splitlines()]
            assert [line for line in told[1:] if "pause" not in line] == live
            QTest.keyClick(sheet, Qt.Key.Key_Escape)
            await drive.until(lambda: not drive.sees("logDialog"), "Esc did nothing")
            drive.wizard.activateWindow()
            await drive.until(drive.wizard.isActiveWindow, "the window is not the active one")
            QTest.keyClick(drive.wizard, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
            again = await opened(drive)
            assert words(again.log) == told
            await drive.click("closeLogButton")

    play(scenario())


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep the desktop's file manager shut; what it would show is all that counts."""
    found: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: found.append(url.toLocalFile()) or True)
    return found


def test_from_about_to_the_folder_and_a_support_file(
    play: Play, house: House, tmp_path: Path, desktop: list[str]
) -> None:
    write(log_files())
    out = tmp_path / "help.zip"

    async def scenario() -> None:
        async with house.window() as drive:
            drive.wizard.flow.offer_support(LocalSupportDesk(tmp_path / "logs"))
            await drive.click("aboutButton")
            await drive.click("showLogButton")
            await opened(drive)
            await drive.click("openLogsButton")
            assert desktop == [str(log_files().folder)]
            await save_at(drive, out, "saveSupportButton")
            await drive.until(lambda: out.is_file() and len(desktop) == 2, "nothing was written")
            assert str(out) in drive.text("logSupportNote")
            await drive.click("closeLogButton")
            await drive.click("closeAboutButton")
            await drive.until(lambda: not drive.sees("aboutDialog"), "it stays open")

    play(scenario())


def test_a_log_that_is_closed_before_the_file_is_written_hinders_nobody(
    play: Play, house: House, tmp_path: Path, desktop: list[str]
) -> None:
    write(log_files())
    out = tmp_path / "help.zip"

    async def scenario() -> None:
        async with house.window() as drive:
            drive.wizard.flow.offer_support(LocalSupportDesk(tmp_path / "logs"))
            QTest.keyClick(drive.wizard, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
            await opened(drive)
            await save_at(drive, out, "saveSupportButton")
            await drive.click("closeLogButton")
            await drive.until(lambda: desktop, "nothing was written")
            assert not drive.sees("faultDialog")

    play(scenario())
    assert out.is_file()


def test_from_a_fault(play: Play, house: House) -> None:
    write(log_files())

    async def scenario() -> None:
        async with house.window() as drive:
            drive.wizard.flow.report(states.BROKEN)
            await drive.dialog("faultDialog")
            await drive.click("faultLogButton")
            sheet = await opened(drive)
            assert not drive.sees("saveSupportButton")
            assert sheet.parentWidget().objectName() == "faultDialog"
            await drive.click("closeLogButton")
            await drive.until(lambda: not drive.sees("logDialog"), "it stays open")
            await drive.click("remedy-close")

    play(scenario())


def test_the_details_can_be_searched_while_a_run_goes_on(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await drive.until(lambda: drive.sees("installButton"), "no first page")
            drive.wizard.go(PageId.PROGRESS)
            page = drive.wizard.progress
            page.begin(Verb.INSTALL, states.NAMES)
            page.show_state(states.WORKING)
            for event in logs.ROUGH:
                page.see(event, states.WORKING)
            await drive.click("detailsButton")
            await drive.write("detailsSearch", "pyright")
            assert len(shown(page.details.log)) == 2
            page.see(ModuleFinished(module="pyright"), states.WORKING)
            page.see(ModuleFinished(module="ruff"), states.WORKING)
            assert len(shown(page.details.log)) == 3
            await drive.press(Qt.Key.Key_Escape, "detailsSearch")
            assert drive.wizard.isVisible()
            assert not drive.sees("stopDialog")
            assert len(shown(page.details.log)) == len(page.details.log.entries) == len(logs.ROUGH) + 2
            page.end()

    play(scenario())


def test_lines_of_two_runs_at_once_keep_their_headings() -> None:
    one = list(logs.lines(Verb.INSTALL, logs.ROUGH, logs.AT, Outcome.PARTIAL))
    two = list(logs.lines(Verb.VERIFY, (), logs.AT + 4, Outcome.COMPLETED))
    told = logs.retold(sorted((*one, *two), key=lambda line: line.at))
    headings = [each.words.split(",")[0] for each in told if each.kind is Kind.HEADING]
    assert headings == ["Installation", "Check", "Installation", "Check", "Installation"]
    cut = logs.retold(one[3:])
    assert cut[0].words.startswith("In between")
