"""Nothing is cut off, whatever is shown: light and dark, on a small screen, big, in long words; and all can be read."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication
from walking import Wrong, platform, walk

from vsrt_gui.app import open_runbook, open_session
from vsrt_gui.resources import resource
from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.tokens import DARK, DARK_CONTRAST, LIGHT, LIGHT_CONTRAST, Tokens, Tone, contrast
from vsrt_gui.ui.wizard import SMALLEST, Wizard

Play = Callable[[Any], Any]
LAPTOP = (1024, 560)
"""A screen of 1024x600 without its panel."""


@pytest.mark.parametrize(
    ("size", "tokens"), [(LAPTOP, LIGHT), (SMALLEST, DARK)], ids=["laptop-light", "smallest-dark"]
)
def test_nothing_is_cut_off(play: Play, tmp_path: Path, size: tuple[int, int], tokens: Tokens) -> None:
    found = play(walk(tmp_path, size, tokens))
    assert len(found) > 80
    assert amiss(found) == {}


def test_nothing_is_cut_off_with_big_letters(play: Play, tmp_path: Path, qapp: QApplication) -> None:
    before = qapp.font()
    big = qapp.font()
    big.setPointSizeF(14)
    qapp.setFont(big)
    try:
        found = play(walk(tmp_path, LAPTOP, LIGHT))
    finally:
        qapp.setFont(before)
    assert amiss(found) == {}


@pytest.mark.parametrize("scale", ["1", "1.5", "2", "3"])
def test_nothing_is_cut_off_at_any_scale_and_in_longer_words(tmp_path: Path, scale: str) -> None:
    """Qt reads its scale once, so each one has a process of its own; its words are as long as other languages'."""
    here = Path(__file__).parent
    environment = os.environ | {
        "QT_SCALE_FACTOR": scale,
        "QT_QPA_PLATFORM": platform(tmp_path, float(scale)),
        "PYTHONPATH": os.pathsep.join([str(here.parents[1]), str(here.parent)]),
    }
    environment |= {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    wanted = [str(tmp_path), *(str(side) for side in SMALLEST), "dark", "longer"]
    ran = subprocess.run(
        [sys.executable, str(here / "walking.py"), *wanted],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    found: Wrong = json.loads(ran.stdout.splitlines()[-1])
    assert len(found) > 80
    assert amiss(found) == {}


def amiss(found: Wrong) -> Wrong:
    """Return the scenes that something is wrong with."""
    return {name: wrong for name, wrong in found.items() if wrong}


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
