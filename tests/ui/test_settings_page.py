"""The settings in the real window: what is saved, what is refused, who comes first, what the keyboard does."""

import tomllib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from house import House
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDoubleSpinBox, QLabel, QLineEdit, QListWidget, QTabBar
from simulators.memory_secrets import MemorySecrets
from simulators.window_driver import Driver

from vsrt_gui import app
from vsrt_gui.app import Workshop, open_settings
from vsrt_gui.engine.session import Session
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.network import ProxyChoice
from vsrt_gui.model.settings import Appearance, Settings
from vsrt_gui.resources import resource
from vsrt_gui.ui.dialogs import settings_groups as bounds
from vsrt_gui.ui.dialogs.settings import SettingsDialog
from vsrt_gui.ui.dialogs.settings_rules import MistakeError, catalog_address
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.preferences import LANGUAGES
from vsrt_gui.ui.tokens import DARK, LIGHT
from vsrt_gui.ui.wizard import Wizard

Play = Callable[[Any], Any]


def settings_file() -> Path:
    """The user's file of this test."""
    return open_settings({}).user_file


def stored() -> Mapping[str, Any]:
    """What stands in it."""
    return tomllib.loads(settings_file().read_text("utf-8")) if settings_file().exists() else {}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> MemorySecrets:
    """A keyring in memory, in place of this computer's."""
    made = MemorySecrets()
    monkeypatch.setattr(app, "KeyringSecrets", lambda: made)
    return made


@asynccontextmanager
async def opened(house: House, group: str = "General") -> AsyncIterator[tuple[Driver, SettingsDialog]]:
    """Open the settings by a click on the gear, at one group."""
    async with house.window() as drive:
        await drive.until(lambda: drive.sees("settingsButton"), "no gear")
        await drive.click("settingsButton")
        sheet = cast("SettingsDialog", await drive.dialog("settingsDialog"))
        tabs = sheet.findChild(QTabBar, "settingsTabs")
        assert isinstance(tabs, QTabBar)
        names = [tabs.tabText(place) for place in range(tabs.count())]
        tabs.setCurrentIndex(names.index(group))
        yield drive, sheet
        if drive.sees("settingsDialog"):
            sheet.reject()


async def by_hand(drive: Driver, sheet: SettingsDialog) -> None:
    """Choose a proxy that is set by hand, and wait for what the keyring says."""
    box = sheet.findChild(QComboBox, "proxyChoice")
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(2)
    said = sheet.findChild(QLabel, "proxyLoginHelp")
    assert isinstance(said, QLabel)
    await drive.until(lambda: "Looking" not in said.text(), "the keyring never answered")


@asynccontextmanager
async def window_on(session: Session) -> AsyncIterator[Driver]:
    """Open the window on a session."""
    wizard = Wizard(session, app.open_runbook(), resource("icons"))
    wizard.show()
    try:
        yield Driver(wizard)
    finally:
        wizard.dismiss()
        await wizard.closed()
        await session.close()
        wizard.deleteLater()


async def saved(drive: Driver) -> None:
    """Click Save and wait until the sheet is gone."""
    await drive.click("saveButton")
    await drive.until(lambda: not drive.sees("settingsDialog"), "the settings were not saved")


def test_what_is_saved_is_in_force_and_in_the_file(play: Play, house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(house) as (drive, _):
            assert not drive.button("saveButton").isEnabled()
            await drive.click("keep_downloadsSwitch")
            await drive.write("download_dirEdit", str(tmp_path / "elsewhere"))
            await saved(drive)
            now = drive.wizard.flow._desk.session.settings
            assert (now.keep_downloads, now.download_dir) == (True, tmp_path / "elsewhere")

    play(scenario())
    assert stored() == {"keep_downloads": True, "download_dir": str(tmp_path / "elsewhere")}


def test_cancel_and_esc_change_nothing(play: Play, house: House) -> None:
    async def scenario() -> None:
        for leave in ("cancelSettingsButton", ""):
            async with opened(house) as (drive, sheet):
                theme = drive.wizard.theme
                assert theme.tokens == LIGHT
                box = sheet.findChild(QComboBox, "appearanceChoice")
                assert isinstance(box, QComboBox)
                box.setCurrentIndex(2)
                assert theme.tokens == DARK, "the appearance is seen at once"
                if leave:
                    await drive.click(leave)
                else:
                    QTest.keyClick(sheet, Qt.Key.Key_Escape)
                await drive.until(lambda: not drive.sees("settingsDialog"), "it stays open")
                assert theme.tokens == LIGHT

    play(scenario())
    assert not settings_file().exists()


def test_a_list_to_choose_from_shows_all_it_has(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with opened(house) as (drive, sheet):
            box = sheet.findChild(QComboBox, "appearanceChoice")
            assert box is not None
            box.showPopup()
            view = box.view()
            await drive.until(view.isVisible, "the list never opens")
            last = view.model().index(box.count() - 1, 0)
            assert view.viewport().rect().contains(view.visualRect(last))
            assert view.sizeHintForRow(0) >= box.fontMetrics().height() * 1.6, "too low to be hit"
            box.hidePopup()

    play(scenario())


def test_the_chosen_appearance_is_there_at_the_next_start(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with opened(house) as (drive, sheet):
            box = sheet.findChild(QComboBox, "appearanceChoice")
            assert isinstance(box, QComboBox)
            box.setCurrentIndex(2)
            await saved(drive)
            assert drive.wizard.theme.tokens == DARK
        async with house.window() as again:
            assert again.wizard.theme.tokens == DARK
            again.wizard.theme.prefer(Appearance.SYSTEM)

    play(scenario())
    assert stored() == {"appearance": "dark"}


def test_put_back_takes_the_own_value_out_of_the_file(play: Play, house: House) -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text("# mine\nkept_generations = 5\nkeep_downloads = true\n")

    async def scenario() -> None:
        async with opened(house) as (drive, sheet):
            number = sheet.findChild(QDoubleSpinBox, "kept_generationsNumber")
            assert isinstance(number, QDoubleSpinBox)
            assert number.value() == 5
            assert not drive.sees("appearancePutBack")
            await drive.click("kept_generationsPutBack")
            assert number.value() == Settings().kept_generations
            await saved(drive)

    play(scenario())
    assert settings_file().read_text() == "# mine\nkeep_downloads = true\n"


@pytest.mark.parametrize(
    ("group", "name", "wrong", "says"),
    [
        ("General", "download_dir", "Downloads", "whole path"),
        ("Network", "ca_file", "/nowhere/company.pem", "no file here"),
    ],
)
def test_wrong_input_is_told_beside_its_field_and_not_saved(  # noqa: PLR0917 -- a table's columns
    play: Play, house: House, group: str, name: str, wrong: str, says: str
) -> None:
    async def scenario() -> None:
        async with opened(house, group) as (drive, _):
            await drive.write(f"{name}Edit", wrong)
            assert says in drive.text(f"{name}Mistake")
            await drive.click("saveButton")
            assert drive.sees("settingsDialog")
            assert drive.wizard.focusWidget() is not None
            await drive.write(f"{name}Edit", "")
            await drive.press(Qt.Key.Key_Backspace, f"{name}Edit")
            assert not drive.sees(f"{name}Mistake")

    play(scenario())
    assert not settings_file().exists()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("https://", "names no server"),
        ("ftp://example.com/", "begins with https://"),
        ("https://example.com:99999/", "can't be read"),
        ("https://exa mple.com/", "names no server"),
        ("https://example.com:0/", "1 to 65535"),
        ("somewhere", "neither an address"),
    ],
)
def test_a_wrong_address_is_told_in_plain_words(wrong: str, says: str) -> None:
    with pytest.raises(MistakeError, match=says):
        catalog_address(wrong)


def test_save_goes_to_the_mistake_on_another_tab(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with opened(house, "Network") as (drive, sheet):
            await drive.write("ca_fileEdit", "nowhere")
            sheet.open_at("mirrors")
            assert not drive.sees("ca_fileEdit")
            await drive.click("saveButton")
            assert drive.sees("ca_fileMistake")
            assert drive.find("ca_fileEdit") is QApplication.focusWidget()

    play(scenario())


def test_a_proxy_by_hand_needs_an_address_and_keeps_its_password_in_the_keyring(
    play: Play, house: House, secrets: MemorySecrets
) -> None:
    async def scenario() -> None:
        async with opened(house, "Network") as (drive, sheet):
            assert not drive.sees("proxy_urlEdit")
            await by_hand(drive, sheet)
            await drive.click("saveButton")
            assert drive.text("proxy_urlMistake") == "Write the proxy's address."
            await drive.write("proxy_urlEdit", "http://sam:pass@proxy.example.com:3128")
            assert "Leave out the user name" in drive.text("proxy_urlMistake")
            await drive.write("proxy_urlEdit", "proxy.example.com:3128")
            await drive.write("proxyUserEdit", "sam")
            await drive.click("saveButton")
            assert "password" in drive.text("proxyLoginMistake")
            await drive.write("proxyPasswordEdit", "a secret")
            await saved(drive)
        async with opened(house, "Network") as (drive, sheet):
            await drive.until(lambda: drive.text("proxyUserEdit") == "sam", "the keyring never answered")
            assert drive.text("proxyPasswordEdit") == "", "a password is never shown"
            line = sheet.findChild(QLineEdit, "proxyUserEdit")
            assert isinstance(line, QLineEdit)
            line.clear()
            await drive.press(Qt.Key.Key_Backspace, "proxyUserEdit")
            line.textEdited.emit("")
            await saved(drive)

    play(scenario())
    assert secrets.history == [("proxy.example.com", "sam", "a secret"), ("proxy.example.com", "", "")]
    assert stored() == {"proxy": ProxyChoice.MANUAL.value, "proxy_url": "http://proxy.example.com:3128"}
    assert "secret" not in settings_file().read_text()


def test_without_a_keyring_no_password_is_asked_for(play: Play, house: House, secrets: MemorySecrets) -> None:
    secrets.available = False

    async def scenario() -> None:
        async with opened(house, "Network") as (drive, sheet):
            await by_hand(drive, sheet)
            assert "no keyring" in drive.text("proxyLoginHelp")
            assert not drive.sees("proxyUserEdit")
            assert not drive.sees("proxyPasswordEdit")

    play(scenario())


def test_a_keyring_that_refuses_is_told_and_nothing_is_saved(
    play: Play, house: House, secrets: MemorySecrets
) -> None:
    secrets.refusal = InstallerError(FaultCode.SECRETS_UNAVAILABLE, reason="it is locked")

    async def scenario() -> None:
        async with opened(house, "Network") as (drive, sheet):
            await by_hand(drive, sheet)
            await drive.write("proxy_urlEdit", "http://proxy.example.com:3128")
            await drive.write("proxyUserEdit", "sam")
            await drive.write("proxyPasswordEdit", "a secret")
            await drive.click("saveButton")
            await drive.until(lambda: drive.sees("proxyLoginMistake"), "it says nothing")

    play(scenario())
    assert not settings_file().exists()


def test_mirrors_are_added_moved_and_removed_by_keyboard(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with opened(house, "Mirrors") as (drive, sheet):
            for address in ("https://a.example/", "https://b.example/", "https://c.example/"):
                await drive.write("mirrorsEdit", address)
                await drive.press(Qt.Key.Key_Return, "mirrorsEdit")
            assert drive.sees("settingsDialog"), "Return adds, and does not save"
            await drive.write("mirrorsEdit", "b.example")
            await drive.press(Qt.Key.Key_Return, "mirrorsEdit")
            assert "https://" in drive.text("mirrorsEntryMistake")
            await drive.click("saveButton")
            assert "Add this address" in drive.text("mirrorsMistake")
            await drive.write("mirrorsEdit", "https://a.example/")
            await drive.press(Qt.Key.Key_Return, "mirrorsEdit")
            assert "already" in drive.text("mirrorsEntryMistake")
            line = sheet.findChild(QLineEdit, "mirrorsEdit")
            rows = sheet.findChild(QListWidget, "mirrorsList")
            assert isinstance(line, QLineEdit)
            assert isinstance(rows, QListWidget)
            line.clear()
            rows.setCurrentRow(2)
            await drive.press(Qt.Key.Key_Space, "mirrorsUp")
            await drive.press(Qt.Key.Key_Space, "mirrorsUp")
            rows.setCurrentRow(1)
            await drive.press(Qt.Key.Key_Space, "mirrorsRemove")
            await saved(drive)

    play(scenario())
    assert stored() == {"mirrors": ["https://c.example/", "https://b.example/"]}


def test_a_speed_limit_has_a_unit(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with opened(house, "Network") as (drive, sheet):
            unit = sheet.findChild(QComboBox, "bandwidth_limitUnit")
            number = sheet.findChild(QDoubleSpinBox, "bandwidth_limitNumber")
            assert isinstance(unit, QComboBox)
            assert isinstance(number, QDoubleSpinBox)
            assert not number.isVisible()
            unit.setCurrentIndex(1)
            number.setValue(1)
            assert "too slow" in drive.text("bandwidth_limitMistake")
            unit.setCurrentIndex(2)
            number.setValue(2.5)
            assert not drive.sees("bandwidth_limitMistake")
            await saved(drive)

    play(scenario())
    assert stored() == {"bandwidth_limit": 2_500_000}


def test_a_variable_comes_first_and_its_field_says_so(
    play: Play, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VSRT_KEEP_DOWNLOADS", "1")

    async def scenario() -> None:
        async with opened(house) as (drive, _):
            assert "Set by VSRT_KEEP_DOWNLOADS" in drive.text("keep_downloadsSource")
            assert not drive.button("keep_downloadsSwitch").isEnabled()
            assert not drive.sees("keep_downloadsPutBack")

    play(scenario())


def test_what_the_organisation_has_locked_can_not_be_changed(
    play: Play, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = tmp_path / "admin.toml"
    admin.write_text('locked = ["mirrors"]\nmirrors = ["https://intranet.example/"]\nkept_generations = 4\n')
    monkeypatch.setattr(app, "open_settings", lambda given: app.LayeredSettings(given, admin_file=admin))

    async def scenario() -> None:
        async with opened(house, "Mirrors") as (drive, sheet):
            said = drive.text("mirrorsSource")
            assert said.startswith("Set by your organisation")
            assert str(admin) in said
            for name in ("mirrorsAdd", "mirrorsUp", "mirrorsRemove"):
                assert not drive.button(name).isEnabled()
            sheet.open_at("general")
            assert drive.text("kept_generationsSource") == "Suggested by your organisation"
            number = drive.find("kept_generationsNumber")
            assert isinstance(number, QDoubleSpinBox)
            assert number.isEnabled()
            assert number.value() == 4

    play(scenario())


def test_a_file_that_can_not_be_read_is_told_and_makes_room_only_when_asked(play: Play, house: House) -> None:
    settings_file().parent.mkdir(parents=True)
    broken = "kept_generations = 5\nkeep_downloads true\n"
    settings_file().write_text(broken)

    async def scenario() -> None:
        async with opened(house) as (drive, _):
            assert "line 2" in drive.text("faultCause"), "it is told at the start"
            await drive.click("remedy-close")
            assert "line 2" in drive.text("settingsNotice")
            assert drive.wizard.flow._desk.session.settings == Settings().but(
                manifest_url=f"{house.server.url}/manifest.json", prefix=house.prefix
            )
            await drive.click("keep_downloadsSwitch")
            await drive.click("saveButton")
            await drive.dialog("newSettingsDialog")
            await drive.click("noButton")
            await drive.until(lambda: not drive.sees("newSettingsDialog"), "the question stays")
            assert settings_file().read_text() == broken
            await drive.click("saveButton")
            await drive.dialog("newSettingsDialog")
            await drive.click("yesButton")
            await drive.until(lambda: not drive.sees("settingsDialog"), "it was not saved")

    play(scenario())
    assert stored() == {"keep_downloads": True}
    assert settings_file().with_name("settings.toml.1").read_text() == broken


def test_a_wrong_value_in_the_file_is_told_by_its_name(play: Play, house: House) -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('kept_generations = "many"\n')

    async def scenario() -> None:
        async with opened(house) as (drive, _):
            assert "kept_generations" in drive.text("faultCause")
            assert "kept_generations" in drive.text("settingsNotice")

    play(scenario())


def test_the_keyboard_alone_opens_fills_in_and_saves(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await drive.until(lambda: drive.sees("settingsButton"), "no gear")
            drive.wizard.activateWindow()
            QTest.keyClick(drive.wizard, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
            sheet = await drive.dialog("settingsDialog")
            tabs = sheet.findChild(QTabBar, "settingsTabs")
            assert QApplication.focusWidget() is tabs
            reached = []
            for _ in range(30):
                QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
                reached.append(QApplication.focusWidget().objectName())
                if reached[-1] == "keep_downloadsSwitch":
                    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
                if reached[-1] == "saveButton":
                    break
            assert reached == [
                "appearanceChoice",
                "languageChoice",
                "keep_downloadsSwitch",
                "keep_downloadsPutBack",
                "kept_generationsNumber",
                "download_dirEdit",
                "download_dirBrowse",
                "cancelSettingsButton",
                "saveButton",
            ]
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
            await drive.until(lambda: not drive.sees("settingsDialog"), "Return did not save")

    play(scenario())
    assert stored() == {"keep_downloads": True}


def test_no_settings_during_a_run(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            wizard = drive.wizard
            await drive.until(lambda: drive.button("settingsButton").isEnabled(), "no gear")
            wizard.go(PageId.PROGRESS)
            assert not drive.button("settingsButton").isEnabled()
            wizard.flow.preferences.show_settings()
            assert not drive.sees("settingsDialog")
            wizard.go(PageId.WELCOME)
            assert drive.button("settingsButton").isEnabled()

    play(scenario())


def test_another_catalog_is_looked_at_at_once(play: Play, house: House) -> None:
    async def scenario() -> None:
        settings_file().parent.mkdir(parents=True)
        settings_file().write_text('manifest_url = "/nowhere"\n')
        session = app.session_for({"prefix": house.prefix}, Workshop(house.policies))
        async with window_on(session) as drive:
            await drive.until(lambda: drive.sees("tryAgainButton"), "there is a catalog after all")
            await drive.click("settingsButton")
            sheet = cast("SettingsDialog", await drive.dialog("settingsDialog"))
            sheet.open_at("advanced")
            await drive.write("manifest_urlEdit", f"{house.server.url}/manifest.json")
            await saved(drive)
            await drive.until(lambda: drive.sees("installButton"), "nothing was looked at")

    play(scenario())


def test_the_bounds_of_the_fields_are_those_of_the_settings() -> None:
    schema = Settings.model_json_schema()["properties"]
    assert schema["kept_generations"]["maximum"] == bounds.MOST_GENERATIONS
    assert schema["retry_max_attempts"]["maximum"] == bounds.MOST_ATTEMPTS
    assert schema["rate_limit_max_concurrent"]["maximum"] == bounds.MOST_AT_ONCE
    assert schema["cache_ttl_hours"]["maximum"] == bounds.MOST_HOURS
    for name in ("manifest_connect_timeout", "download_connect_timeout", "stall_timeout"):
        assert schema[name]["maximum"] == bounds.MOST_SECONDS


def test_a_language_is_offered_for_each_file_of_words() -> None:
    assert {path.stem for path in resource("runbook").glob("*.toml")} == set(LANGUAGES)
