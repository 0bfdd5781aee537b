"""What can be done from the first page, what it is called, and why it can't be done just now: pure rules."""

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from vsrt_gui.model import status as st
from vsrt_gui.model.request import Verb
from vsrt_gui.model.status import Overview, derive_status
from vsrt_gui.model.survey import PrefixRecord
from vsrt_gui.model.versions import Newness
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui.editor import version_in_force
from vsrt_gui.ui.translation import translate


class Intent(Enum):
    """What the user wants from the welcome page; the value and `Button` make the object name."""

    INSTALL = "install"
    FINISH = "finishInstallation"
    UPDATE = "update"
    REPAIR = "repair"
    CHANGE = "changeModules"
    UNINSTALL = "uninstall"
    LOOK_AGAIN = "tryAgain"
    CHANGE_FOLDER = "changeFolder"
    EXPLAIN = "explain"
    LAUNCH = "launch"
    VERSIONS = "earlierVersions"
    FROM_FOLDER = "installFromFolder"


@dataclass(frozen=True)
class Offer:
    """One thing that can be done from here.

    Attributes:
        intent: what it is.
        title: what it is called, with its mnemonic.
        why: what it does, or why it can't be done just now.
        ready: whether it can be done now.
        leads: whether it is what most people want now.
    """

    intent: Intent
    title: str
    why: str
    ready: bool = True
    leads: bool = False


def offer(intent: Intent) -> Offer:
    """Return a thing that can always be done."""
    return Offer(intent, label_of(intent), explain(intent))


def launch(overview: Overview, *, leads: bool = False) -> tuple[Offer, ...]:
    """Return the way to the editor, where there is one."""
    if version_in_force(overview.record.current) is None:
        return ()
    return (Offer(Intent.LAUNCH, label_of(Intent.LAUNCH), explain(Intent.LAUNCH), leads=leads),)


def updates(overview: Overview, runbook: Runbook) -> Offer:
    """Return what is known about updates; each answer takes the place of the one before it."""
    status, fault = overview.status, overview.catalog_fault
    if overview.pending:
        title = translate("welcome", "Looking for updates…")
        why = translate("welcome", "What is installed can be used meanwhile.")
        return Offer(Intent.LOOK_AGAIN, title, why, ready=False)
    if isinstance(status, st.UpdateAvailable):
        title = _update_title(status.newness).format(version=status.available)
        why = translate("welcome", "Shows first what changes and how much is downloaded.")
        return Offer(Intent.UPDATE, title, why, leads=True)
    title = translate("welcome", "&Look for updates")
    if fault is not None:
        return Offer(Intent.LOOK_AGAIN, title, runbook.page(fault).title)
    return Offer(Intent.LOOK_AGAIN, title, translate("welcome", "You have the newest version."))


def _update_title(newness: Newness) -> str:
    match newness:
        case Newness.NEWER:
            return translate("welcome", "&Update to version {version}")
        case Newness.ANEW:
            return translate("welcome", "&Update to the new build of version {version}")
        case Newness.OLDER:
            return translate("welcome", "&Update to the older version {version}")
        case _:
            assert_never(newness)


def change(overview: Overview) -> Offer:
    """Return the way to other modules, which needs the list of them."""
    why = explain(Intent.CHANGE)
    if overview.pending:
        why = translate("welcome", "Looking for the list of modules…")
    elif not overview.available:
        why = translate("welcome", "The list of modules can't be reached.")
    return Offer(Intent.CHANGE, label_of(Intent.CHANGE), why, ready=bool(overview.available))


def versions(overview: Overview) -> Offer:
    """Return the way to the versions that are kept."""
    ready = len(overview.record.generations) > 1
    why = (
        translate("welcome", "Go back to one of them, or forward again.")
        if ready
        else translate("welcome", "None is kept yet. An update keeps one.")
    )
    return Offer(Intent.VERSIONS, label_of(Intent.VERSIONS), why, ready=ready)


def way_on(verb: Verb, record: PrefixRecord | None) -> Intent | None:
    """Return what to choose on the first page to go on with a run that was stopped; None where nothing is left of it.

    Args:
        verb: what was asked.
        record: what is there now, None where that can't be read.
    """
    left = derive_status(record, (), (), manifest_version=None, busy=False) if record else None
    if isinstance(left, st.PartiallyInstalled) and verb in {Verb.INSTALL, Verb.CHANGE, Verb.UPDATE}:
        return Intent.FINISH
    return {
        Verb.INSTALL: Intent.INSTALL,
        Verb.CHANGE: Intent.CHANGE,
        Verb.UPDATE: Intent.UPDATE,
        Verb.REPAIR: Intent.REPAIR,
        Verb.ROLLBACK: Intent.VERSIONS,
    }.get(verb)


def label_of(intent: Intent) -> str:
    """Return what a button for this is called, with its mnemonic."""
    return {
        Intent.INSTALL: translate("welcome", "&Install"),
        Intent.FINISH: translate("welcome", "&Finish the installation"),
        Intent.UPDATE: translate("welcome", "&Update"),
        Intent.REPAIR: translate("welcome", "Check and &repair"),
        Intent.CHANGE: translate("welcome", "Change &modules"),
        Intent.UNINSTALL: translate("welcome", "U&ninstall"),
        Intent.LOOK_AGAIN: translate("welcome", "&Try again"),
        Intent.CHANGE_FOLDER: translate("welcome", "Choose another f&older"),
        Intent.EXPLAIN: translate("welcome", "What to &do"),
        Intent.LAUNCH: translate("welcome", "Open the &editor"),
        Intent.VERSIONS: translate("welcome", "Earlier &versions"),
        Intent.FROM_FOLDER: translate("welcome", "From a folder or US&B stick…"),
    }[intent]


def explain(intent: Intent) -> str:
    """Return what a choice does, in one sentence; empty for what only ever is a plain button."""
    return {
        Intent.LAUNCH: translate("welcome", "Starts it on this computer and shows it in your browser."),
        Intent.REPAIR: translate("welcome", "Looks at every file and puts right what is wrong."),
        Intent.CHANGE: translate("welcome", "Add modules, or remove those that you don't need."),
        Intent.UNINSTALL: translate("welcome", "Your own settings and extensions stay."),
        Intent.FROM_FOLDER: translate("welcome", "Installs and updates without internet."),
        Intent.CHANGE_FOLDER: translate("welcome", "Use the runtime in another place, or install it there."),
    }.get(intent, "")
