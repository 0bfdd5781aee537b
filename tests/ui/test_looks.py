"""Nothing is cut off, whatever is shown: light and dark, on a small screen, with big letters; and all can be read."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cutting import faults_of, nameless
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication
from simulators.window_scenes import Stage

from vsrt_gui.app import open_runbook, open_session
from vsrt_gui.resources import resource
from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.tokens import DARK, DARK_CONTRAST, LIGHT, LIGHT_CONTRAST, Tokens, Tone, contrast
from vsrt_gui.ui.wizard import SMALLEST, Wizard

Play = Callable[[Any], Any]
LAPTOP = (1024, 560)
"""A screen of 1024x600 without its panel."""


async def walk(tmp_path: Path, size: tuple[int, int], tokens: Tokens) -> dict[str, list[str]]:
    """Show every scene and return what is wrong with each."""
    session = open_session(str(tmp_path), tmp_path / "prefix")
    runbook = open_runbook()
    wizard = Wizard(session, runbook, resource("icons"))
    wizard.resize(*size)
    wizard.show()
    wizard.theme.wear(tokens)
    await asyncio.sleep(0.2)
    found: dict[str, list[str]] = {}
    for scene in Stage(wizard, runbook).scenes():
        shown = scene.show()
        await asyncio.sleep(0.02)
        assert wizard.size().toTuple() == size, scene.name
        found[scene.name] = faults_of(shown) + nameless(shown)
        if shown is not wizard:
            shown.close()
    wizard.dismiss()
    await wizard.closed()
    await session.close()
    wizard.deleteLater()
    return found


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("size", [LAPTOP, SMALLEST], ids=["laptop", "smallest"])
def test_nothing_is_cut_off(play: Play, tmp_path: Path, size: tuple[int, int], tokens: Tokens) -> None:
    found = play(walk(tmp_path, size, tokens))
    assert len(found) > 30
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_nothing_is_cut_off_with_big_letters(play: Play, tmp_path: Path, qapp: QApplication) -> None:
    before = qapp.font()
    big = qapp.font()
    big.setPointSizeF(14)
    qapp.setFont(big)
    try:
        found = play(walk(tmp_path, LAPTOP, LIGHT))
    finally:
        qapp.setFont(before)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


TEXTS = ("text", "muted", "accent", "success", "warning", "danger")
GROUNDS = ("window", "panel", "surface", "raised")
SOFT = tuple(f"{tone}_soft" for tone in Tone)


@pytest.mark.parametrize("tokens", [LIGHT, DARK, LIGHT_CONTRAST, DARK_CONTRAST])
def test_colours_meet_wcag_aa(tokens: Tokens) -> None:
    low = {
        (ink, ground): round(contrast(getattr(tokens, ink), getattr(tokens, ground)), 2)
        for ink in TEXTS
        for ground in (*GROUNDS, *SOFT)
        if contrast(getattr(tokens, ink), getattr(tokens, ground)) < 4.5
    }
    assert low == {}
    assert contrast(tokens.fill, tokens.on_fill) >= 4.5
    assert contrast(tokens.fill_hover, tokens.on_fill) >= 4.5
    assert all(contrast(tokens.edge, getattr(tokens, ground)) >= 3 for ground in GROUNDS)
    assert all(contrast(tokens.fill, getattr(tokens, ground)) >= 3 for ground in GROUNDS[:3])


def test_windows_that_are_still_there_survive_the_next_ones(play: Play, tmp_path: Path) -> None:
    """A style that was set twice left the widgets of the first window with a dead one, and crashed."""

    async def scenario() -> None:
        kept: list[Wizard] = []
        for tokens in (LIGHT, DARK, LIGHT):
            session = open_session(str(tmp_path), tmp_path / "prefix")
            wizard = Wizard(session, open_runbook(), resource("icons"))
            kept.append(wizard)
            wizard.show()
            wizard.theme.wear(tokens)
            await asyncio.sleep(0.1)
            wizard.dismiss()
            await wizard.closed()
            await session.close()
        assert all(wizard.welcome.heading.text() for wizard in kept)
        for wizard in kept:
            wizard.deleteLater()

    play(scenario())


def test_the_system_changes_its_scheme_while_the_window_is_open(
    play: Play, tmp_path: Path, qapp: QApplication
) -> None:
    async def scenario() -> None:
        session = open_session(str(tmp_path), tmp_path / "prefix")
        wizard = Wizard(session, open_runbook(), resource("icons"))
        wizard.show()
        theme: Theme = wizard.theme
        assert theme.tokens == LIGHT
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
        assert theme.tokens == DARK
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.window
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
        assert theme.tokens == LIGHT
        wizard.dismiss()
        await wizard.closed()
        await session.close()
        wizard.deleteLater()

    play(scenario())
