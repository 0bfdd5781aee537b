"""A user's ways through the real window: real clicks, real session, real HTTP, real files."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from house import House
from journeys import install
from PySide6.QtCore import Qt
from simulators.behaviour import Behaviour

import vsrt_gui
from vsrt_gui.adapters.prefix import DiskPrefix
from vsrt_gui.model.survey import Volume
from vsrt_gui.ui.pages import welcome
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.widgets.steps import StepList

Play = Callable[[Any], Any]


def test_install_change_repair_and_uninstall(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            assert drive.title == "The VS Code Runtime is ready"
            assert {module for module in house.samples if house.files(module)} == set(house.samples)

            await drive.click("startPageButton")
            await drive.until(lambda: drive.sees("changeModulesButton"), "not installed")
            assert drive.title == "The runtime is installed and ready"

            await drive.click("changeModulesButton")
            await drive.page(PageId.COMPONENTS)
            assert not drive.button("commitButton").isEnabled()
            await drive.tick("ruff")
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "Your choice of modules is in place"

            noise = house.files("pyright")[-1]
            noise.write_bytes(b"damaged")
            house.server.forget()
            await drive.click("startPageButton")
            await drive.until(lambda: drive.title == "Some files need repair", "no repair")
            await drive.click("repairButton")
            await drive.until(lambda: drive.title == "1 file in Pyright needs repair", "no quote")
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "Everything is in order"
            assert noise.stat().st_size == 200_000

            await drive.click("startPageButton")
            await drive.click("uninstallButton")
            await drive.page(PageId.REMOVAL)
            await drive.click("cancelButton")
            await drive.page(PageId.WELCOME)
            assert house.files("node")
            await drive.click("uninstallButton")
            await drive.page(PageId.REMOVAL)
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime was removed"
            assert not house.files("node")
            await drive.click("closeButton")
            await drive.until(lambda: not drive.wizard.isVisible(), "the window stayed")

    play(scenario())


def test_update(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            house.publish("2.0.0")
            await drive.click("startPageButton")
            await drive.click("updateButton")
            await drive.page(PageId.REVIEW)
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime is up to date"
            await drive.click("startPageButton")
            await drive.until(lambda: "2.0.0" in drive.text("pageLead"), "not updated")

    play(scenario())


def test_cancel_keeps_the_bytes_and_finish_goes_on(play: Play, house: House) -> None:
    house.server.set_rate(300_000)

    async def scenario() -> None:
        async with house.window() as drive:
            await drive.click("installButton")
            await drive.click("nextButton")
            await drive.click("commitButton")
            await drive.page(PageId.PROGRESS)
            await drive.until(lambda: drive.percent() > 20, "no progress")
            await drive.click("cancelButton")
            await drive.dialog("stopDialog")
            await drive.click("noButton")
            await drive.until(lambda: not drive.sees("stopDialog"), "the question stayed")
            await drive.press(Qt.Key.Key_Escape)
            await drive.click("yesButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "Stopped"
            steps = drive.wizard.findChild(StepList)
            assert isinstance(steps, StepList)
            assert steps.accessibleName() == "Step 4 of 5: Installation", "what was stopped is not done"
            assert "is on the disk already" in drive.text("finishHint")
            assert drive.text("finishHint").endswith("and choose Finish the installation.")
        house.server.set_rate(None)
        async with house.window() as drive:
            await drive.until(lambda: drive.sees("finishInstallationButton"), "nothing to finish")
            assert drive.title == "The installation isn't finished"
            await drive.click("finishInstallationButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime is ready"

    play(scenario())
    archives = {f"/{module}-1.0.0.zip" for module in house.samples}
    for path in archives:
        whole = house.server.content(path)
        assert whole is not None
        assert house.server.sent(path) <= whole.size + (1 << 20)


def test_the_close_box_asks_once_stops_and_closes(play: Play, house: House) -> None:
    house.server.set_rate(100_000)

    async def scenario() -> None:
        async with house.window() as drive:
            await drive.click("installButton")
            await drive.click("nextButton")
            await drive.click("commitButton")
            await drive.until(lambda: drive.percent() > 5, "no progress")
            drive.wizard.close()
            await drive.dialog("stopDialog")
            drive.wizard.close()
            assert drive.wizard.isVisible()
            await drive.click("yesButton")
            await drive.until(lambda: not drive.wizard.isVisible(), "the window stayed")

    play(scenario())


def test_a_run_that_ends_while_the_question_is_open_is_shown(play: Play, house: House) -> None:
    house.server.set_rate(400_000)

    async def scenario() -> None:
        async with house.window() as drive:
            await drive.click("installButton")
            await drive.click("nextButton")
            await drive.click("commitButton")
            await drive.until(lambda: drive.percent() > 5, "no progress")
            drive.wizard.close()
            await drive.dialog("stopDialog")
            house.server.set_rate(None)
            await drive.page(PageId.FINISH)
            assert not drive.sees("stopDialog")
            assert drive.title == "The VS Code Runtime is ready"

    play(scenario())


def test_an_optional_module_that_fails_is_explained_and_tried_again(play: Play, house: House) -> None:
    house.server.behave("/ruff-1.0.0.zip", Behaviour(status=500))

    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            await drive.dialog("faultDialog")
            assert drive.text("faultTitle") == "The download server has a problem"
            assert "Only optional modules" in " ".join(drive.texts())
            house.server.behave("/ruff-1.0.0.zip", Behaviour())
            await drive.click("remedy-retry")
            await drive.until(lambda: drive.title == "The VS Code Runtime is ready", "never ready")
            assert house.files("ruff")

    play(scenario())


def test_the_page_of_a_fault_leads_to_the_modules(play: Play, house: House) -> None:
    house.server.behave("/ruff-1.0.0.zip", Behaviour(status=404))

    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            await drive.dialog("faultDialog")
            await drive.click("remedy-change-modules")
            await drive.page(PageId.COMPONENTS)
            await drive.tick("ruff")
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "Your choice of modules is in place"

    play(scenario())


def test_no_catalog_is_said_and_tried_again(play: Play, house: House) -> None:
    house.server.behave("/manifest.json", Behaviour(status=503))

    async def scenario() -> None:
        async with house.window() as drive:
            await drive.until(lambda: drive.sees("tryAgainButton"), "no way to try again")
            assert drive.title == "The download server has a problem"
            assert not drive.sees("installButton")
            house.server.behave("/manifest.json", Behaviour())
            await drive.click("tryAgainButton")
            await drive.until(lambda: drive.sees("installButton"), "no install")

    play(scenario())


def test_what_is_installed_can_be_repaired_without_a_catalog(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            house.server.behave("/manifest.json", Behaviour(status=503))
            await drive.click("startPageButton")
            await drive.until(lambda: drive.sees("tryAgainButton"), "nothing said")
            assert "The download server has a problem" in drive.texts()
            house.files("node")[-1].write_bytes(b"x")
            await drive.click("repairButton")
            await drive.page(PageId.REVIEW)
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "Everything is in order"

    play(scenario())


def test_a_busy_folder_is_said(play: Play, house: House) -> None:
    house.server.set_rate(100_000)

    async def scenario() -> None:
        async with house.window() as first, house.window() as second:
            await first.click("installButton")
            await first.click("nextButton")
            await first.click("commitButton")
            await first.until(lambda: first.percent() > 1, "no progress")
            second.wizard.flow.begin()
            await second.until(lambda: second.title == "Another installation is running", "not said")
            assert second.sees("tryAgainButton")
            house.server.set_rate(None)
            await first.page(PageId.FINISH)
            await second.click("tryAgainButton")
            await second.until(lambda: second.sees("changeModulesButton"), "still busy")

    play(scenario())


def test_only_what_is_ticked_is_installed(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await drive.click("installButton")
            await drive.page(PageId.COMPONENTS)
            await drive.tick("pyright")
            assert drive.text("explanationLabel") == "This one has to stay: Plugin needs Pyright."
            await drive.tick("plugin")
            await drive.tick("pyright")
            await drive.press(Qt.Key.Key_Down, "moduleTree")
            await drive.until(lambda: "on the disk" in drive.text("totalsLabel"), "no quote")
            await drive.click("nextButton")
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)

    play(scenario())
    assert {module for module in house.samples if house.files(module)} == {"node", "ruff"}


def test_a_module_that_left_the_catalog_is_kept_unless_it_is_unticked(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            left = {key: sample for key, sample in house.samples.items() if key != "ruff"}
            replace(house, samples=left).publish("1.0.0")
            await drive.click("startPageButton")
            await drive.click("changeModulesButton")
            await drive.page(PageId.COMPONENTS)
            assert "ruff" in drive.wizard.components.selection.ticked
            assert not drive.button("commitButton").isEnabled()
            await drive.tick("plugin")
            await drive.until(lambda: "Plugin will be removed" in drive.text("totalsLabel"), "no quote")
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert {module for module in house.samples if house.files(module)} >= {"node", "ruff"}

    play(scenario())


def test_back_and_another_folder(play: Play, house: House) -> None:
    other = house.prefix.parent / "other"
    other.mkdir()
    (other / "mine.txt").write_text("not the runtime's")

    async def scenario() -> None:
        async with house.window() as drive:
            await drive.click("installButton")
            await drive.click("nextButton")
            await drive.page(PageId.FOLDER)
            await drive.write("folderEdit", "somewhere")
            await drive.until(lambda: drive.sees("folderTrouble"), "a half path passed")
            assert not drive.button("commitButton").isEnabled()
            await drive.write("folderEdit", str(other))
            await drive.until(lambda: "It goes into" in drive.text("folderNotice"), "no subfolder")
            await drive.until(lambda: "enough room" in drive.text("needLabel"), "no room")
            await drive.click("backButton")
            await drive.page(PageId.COMPONENTS)
            await drive.click("nextButton")
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)

    play(scenario())
    assert (other / "mine.txt").read_text() == "not the runtime's"
    assert list(other.glob("*/current"))
    assert not house.prefix.exists()


def test_a_full_disk_is_said_before_the_run(play: Play, house: House) -> None:
    house.policies = house.policies.but(disk=house.policies.disk.but(minimum=10**18))

    async def scenario() -> None:
        async with house.window() as drive:
            await drive.click("installButton")
            await drive.click("nextButton")
            await drive.until(lambda: "more are needed" in drive.text("needLabel"), "no room was enough")
            assert not drive.button("commitButton").isEnabled()

    play(scenario())


def test_the_keyboard_is_enough(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await drive.until(lambda: drive.sees("installButton"), "no install")
            await drive.press(Qt.Key.Key_Return)
            await drive.page(PageId.COMPONENTS)
            tree = drive.wizard.components.tree
            assert tree.current_module() == "node"
            await drive.press(Qt.Key.Key_Space, "moduleTree")
            assert "Node is part of every installation" in drive.text("explanationLabel")
            walked = [tree.current_module()]
            while walked[-1] != "ruff" and len(walked) < 5:
                await drive.press(Qt.Key.Key_Down, "moduleTree")
                walked.append(tree.current_module())
            assert walked[-1] == "ruff"
            assert None not in walked
            await drive.press(Qt.Key.Key_Space, "moduleTree")
            assert drive.text("countLabel") == "3 of 4 modules chosen"
            await drive.press(Qt.Key.Key_Return, "moduleTree")
            await drive.page(PageId.FOLDER)
            await drive.until(lambda: drive.button("commitButton").isEnabled(), "no room")
            await drive.press(Qt.Key.Key_Return, "folderEdit")
            await drive.page(PageId.FINISH)
            await drive.press(Qt.Key.Key_Return)
            await drive.until(lambda: not drive.wizard.isVisible(), "Return did not close")

    play(scenario())
    assert not house.files("ruff")


def test_escape_before_a_run_closes_at_once(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await drive.click("installButton")
            await drive.page(PageId.COMPONENTS)
            await drive.press(Qt.Key.Key_Escape)
            await drive.until(lambda: not drive.wizard.isVisible(), "the window stayed")

    play(scenario())


def test_a_slow_catalog_is_waited_for_in_words(
    play: Play, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(welcome, "SLOW_MS", 100)
    house.server.behave("/manifest.json", Behaviour(header_delay=0.6))

    async def scenario() -> None:
        async with house.window() as drive:
            assert drive.title == "One moment"
            await drive.until(lambda: "Still waiting" in drive.text("pageLead"), "nothing said")
            await drive.until(lambda: drive.sees("installButton"), "no install")
            await asyncio.sleep(0.15)
            assert "Still waiting" not in drive.text("pageLead")

    play(scenario())


class ReadOnlyPrefix(DiskPrefix):
    """A folder on a disk that this user may not write; the test's own user may write everywhere."""

    def volume(self) -> Volume:
        return super().volume().but(writable=False)


def test_a_folder_that_can_not_be_written_is_said_at_once(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            session = drive.wizard.flow._desk.session
            outfit = session._outfit
            outfit.tools = replace(outfit.tools, prefix_at=ReadOnlyPrefix)
            await drive.click("installButton")
            await drive.click("nextButton")
            await drive.until(lambda: drive.sees("folderTrouble"), "nothing said")
            assert "not allowed" in drive.text("folderTrouble")
            assert not drive.button("commitButton").isEnabled()
            outfit.tools = replace(outfit.tools, prefix_at=DiskPrefix)
            await drive.write("folderEdit", str(house.prefix.parent / "mine"))
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)

    play(scenario())


RIGHTS = """
import os, sys
from pathlib import Path
from vsrt_gui.adapters.prefix import DiskPrefix
os.setuid(65534)
for folder in sys.argv[1:]:
    print(DiskPrefix(Path(folder)).volume().writable)
"""


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else"
)
def test_the_disk_tells_what_this_user_may_write() -> None:
    mine = "/usr/not-there-yet"
    # Not where TMPDIR points to: that may be a folder of somebody's own, which nobody else can even reach.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as free:
        Path(free).chmod(0o777)
        done = subprocess.run(
            [sys.executable, "-c", RIGHTS, mine, free],
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=60,
            env=os.environ | {"PYTHONPATH": str(Path(vsrt_gui.__file__).parents[1])},
        )
    assert done.stdout.split() == ["False", "True"]
