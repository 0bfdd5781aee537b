"""What the window says about the editor that the runtime brings: pure rules and their words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from vsrt_gui.model.faults import Fault
from vsrt_gui.model.launch_state import Crashed, LaunchState, Ready, Starting, Stopped, server_of
from vsrt_gui.model.survey import Generation
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.translation import translate


@dataclass(frozen=True)
class EditorView:
    """What stands in the editor's notice.

    Attributes:
        tone: how it looks.
        title: a few words.
        text: the rest, may be empty.
        password: what the browser asks for, None where nothing is asked.
        runs: whether it can be stopped.
        fault: what its button explains, None for no such button.
    """

    tone: Tone
    title: str
    text: str = ""
    password: str | None = field(default=None, repr=False)
    runs: bool = False
    fault: Fault | None = None


@dataclass(frozen=True)
class Moment:
    """What the editor's state alone does not tell.

    Attributes:
        version: of the editor that is in force, None while that is not known.
        shown: whether it was shown in the browser from here.
        asked: whether it was to be started from here, and has not answered since.
        names: module id to name.
    """

    version: str | None = None
    shown: bool = False
    asked: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


def version_in_force(generation: Generation | None) -> str | None:
    """Return the version of the editor that a generation brings, None when it brings none."""
    found = None if generation is None else server_of(generation)
    return None if found is None else found[0].module.version


def starting() -> EditorView:
    """Return what is said from the click until the editor answers."""
    return EditorView(
        Tone.ACCENT,
        translate("editor", "Starting the editor…"),
        translate("editor", "The first start takes longest."),
        runs=True,
    )


def view_of(state: LaunchState, moment: Moment, runbook: Runbook) -> EditorView | None:
    """Return what is said about a state, None for nothing."""
    match state:
        case Starting():
            return starting()
        case Ready():
            return _ready(state, moment)
        case Crashed():
            return _crashed(state, moment, runbook)
        case Stopped():
            return None
        case _:
            assert_never(state)


def _ready(state: Ready, moment: Moment) -> EditorView:
    title = (
        translate("editor", "The editor is open in your browser")
        if moment.shown
        else translate("editor", "The editor is running")
    )
    return EditorView(Tone.SUCCESS, title, _ready_text(state, moment), state.password, runs=True)


def _ready_text(state: Ready, moment: Moment) -> str:
    if moment.version is not None and moment.version != state.version:
        words = translate(
            "editor", "This is still version {old}. To use version {new}, stop it and open it again."
        )
        return words.format(old=state.version, new=moment.version)
    if state.password is None:  # the address alone is refused, and the whole one is a secret
        return translate("editor", "It goes on without this window.")
    words = translate("editor", "It goes on without this window, at {address}")
    return words.format(address=state.address)


def _crashed(state: Crashed, moment: Moment, runbook: Runbook) -> EditorView:
    page = runbook.page(state.fault, moment.names)
    title = translate("editor", "The editor could not be started") if moment.asked else page.title
    log = state.log
    text = page.cause
    if log is not None and log not in text:
        text += "\n" + translate("editor", "What it said is in {log}.").format(log=log)
    return EditorView(Tone.WARNING, title, text, fault=state.fault)
