"""What the welcome page says about what is there, and what it offers: pure rules and their words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from vsrt_gui.model import status as st
from vsrt_gui.model.runbook import Page
from vsrt_gui.model.status import Overview
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.runbook.quantities import listed, size
from vsrt_gui.ui import text
from vsrt_gui.ui.editor import version_in_force
from vsrt_gui.ui.selection import Selection
from vsrt_gui.ui.tokens import Tone
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


@dataclass(frozen=True)
class Remark:
    """Something worth knowing beside the status.

    Attributes:
        tone: how it looks.
        title: a few words, may be empty.
        text: the rest.
        offer: what its button does, None for no button.
    """

    tone: Tone
    title: str
    text: str
    offer: Intent | None = None


@dataclass(frozen=True)
class Greeting:
    """What the page shows for one situation.

    Attributes:
        heading: the status in a few words.
        lead: a sentence more.
        sign: the icon beside it.
        tone: of the icon.
        main: the one thing that most people want now.
        others: what else fits.
        remark: what is worth knowing.
        points: a few facts, each an icon's name and a text.
    """

    heading: str
    lead: str
    sign: str
    tone: Tone
    main: Intent | None = None
    others: tuple[Intent, ...] = ()
    remark: Remark | None = None
    points: tuple[tuple[str, str], ...] = ()


def looking() -> Greeting:
    """Return what is shown until disk and catalog were looked at."""
    return Greeting(
        translate("welcome", "One moment"),
        translate("welcome", "Looking at what is installed and what is available."),
        "search",
        Tone.ACCENT,
    )


def still_looking() -> str:
    """Return what is said when the look takes its time."""
    return translate("welcome", "Still waiting for the list of modules. The connection may be slow.")


def trouble(page: Page) -> Greeting:
    """Return what is shown when the folder itself can't be read."""
    remark = Remark(Tone.NEUTRAL, page.meaning, "\n".join(page.steps))
    others = (Intent.CHANGE_FOLDER,)
    return Greeting(page.title, page.cause, "error", Tone.DANGER, Intent.LOOK_AGAIN, others, remark)


def names_of(overview: Overview) -> dict[str, str]:
    """Return module id to its name, of all that is known."""
    known = {t.id: t.module.name for t in overview.available}
    installed = {f.target.id: f.target.module.name for f in overview.findings}
    return installed | known


def greet(overview: Overview, runbook: Runbook) -> Greeting:
    """Return what fits the runtime's status."""
    names = names_of(overview)
    status = overview.status
    change = (Intent.CHANGE,) if overview.available else ()
    has_editor = version_in_force(overview.record.current) is not None
    launch = (Intent.LAUNCH,) if has_editor else ()
    match status:
        case st.NotInstalled():
            return _not_installed(overview, runbook)
        case st.PartiallyInstalled() | st.Failed():
            return _unfinished(overview, runbook, (*launch, *change))
        case st.Damaged():
            return _damaged(status, names, change, _offline(overview, runbook, names))
        case st.UpdateAvailable():
            return _outdated(status, (*launch, *change))
        case st.Installed():
            return _installed(status, (*launch, *change), _offline(overview, runbook, names))
        case st.Installing():
            return _busy()
        case _:
            assert_never(status)


def _damaged(
    status: st.Damaged, names: Mapping[str, str], change: tuple[Intent, ...], remark: Remark | None
) -> Greeting:
    words = translate(
        "welcome", "Files of {modules} are missing or were changed. Repair fetches only what is wrong."
    )
    return Greeting(
        translate("welcome", "Some files need repair"),
        words.format(modules=listed(status.modules, names)),
        "warning",
        Tone.WARNING,
        Intent.REPAIR,
        (*change, Intent.UNINSTALL),
        remark,
    )


def _outdated(status: st.UpdateAvailable, change: tuple[Intent, ...]) -> Greeting:
    words = translate(
        "welcome", "Version {available} is ready. You have {current}, which works until the update is done."
    )
    return Greeting(
        translate("welcome", "An update is available"),
        words.format(available=status.available, current=status.current),
        "update",
        Tone.ACCENT,
        Intent.UPDATE,
        (*change, Intent.REPAIR, Intent.UNINSTALL),
    )


def _installed(status: st.Installed, change: tuple[Intent, ...], remark: Remark | None) -> Greeting:
    words = translate("welcome", "Version {version}, {modules}, installed on {date}.")
    return Greeting(
        translate("welcome", "The runtime is installed and ready"),
        words.format(
            version=status.version,
            modules=text.modules(len(status.modules)),
            date=text.date(status.installed_at),
        ),
        "success",
        Tone.SUCCESS,
        None,
        (*change, Intent.REPAIR, Intent.UNINSTALL),
        remark,
    )


def _busy() -> Greeting:
    words = translate(
        "welcome",
        "Another window or program is working on this folder. Wait until it is done, then try again.",
    )
    heading = translate("welcome", "Another installation is running")
    return Greeting(heading, words, "clock", Tone.WARNING, Intent.LOOK_AGAIN)


def _not_installed(overview: Overview, runbook: Runbook) -> Greeting:
    fault = overview.catalog_fault
    if fault is not None:
        page = runbook.page(fault)
        remark = Remark(
            Tone.NEUTRAL,
            translate("welcome", "What you can do"),
            "\n".join(f"•  {step}" for step in page.steps),
        )
        return Greeting(page.title, page.cause, "offline", Tone.WARNING, Intent.LOOK_AGAIN, (), remark)
    if not overview.available:
        return Greeting(
            translate("welcome", "Nothing to install here"),
            translate("welcome", "The list of modules holds nothing for this kind of computer."),
            "info",
            Tone.NEUTRAL,
            Intent.LOOK_AGAIN,
        )
    return Greeting(
        translate("welcome", "Install the VS Code Runtime"),
        translate("welcome", "Everything that your editor needs to run VS Code extensions."),
        "download",
        Tone.ACCENT,
        Intent.INSTALL,
        points=_promises(overview),
    )


def _promises(overview: Overview) -> tuple[tuple[str, str], ...]:
    selection = Selection.of(overview.available, overview.defaults)
    amount = text.modules(len(selection.chosen))
    if selection.sizes_known:
        words = translate("welcome", "{modules}, {size} to download")
        amount = words.format(modules=amount, size=size(selection.download_size))
    return (
        ("modules", amount),
        ("clock", translate("welcome", "You can stop at any time; what was downloaded is kept")),
        ("lock", translate("welcome", "For you alone: no administrator's password is needed")),
    )


def _unfinished(overview: Overview, runbook: Runbook, change: tuple[Intent, ...]) -> Greeting:
    names = names_of(overview)
    reachable = bool(overview.available)
    has_any = overview.record.current is not None
    others = (*change, Intent.REPAIR, Intent.UNINSTALL) if has_any else (*change, Intent.UNINSTALL)
    return Greeting(
        translate("welcome", "The installation isn't finished"),
        _unfinished_lead(overview, names),
        "warning",
        Tone.WARNING,
        Intent.FINISH if reachable else Intent.LOOK_AGAIN,
        others,
        _last_failure(overview, runbook, names) or _offline(overview, runbook, names),
    )


def _unfinished_lead(overview: Overview, names: Mapping[str, str]) -> str:
    kept = sum(overview.record.staged.values())
    safe = (
        translate("welcome", " {size} of it is on this computer already.").format(size=size(kept))
        if kept
        else ""
    )
    if isinstance(overview.status, st.PartiallyInstalled) and overview.status.installed:
        words = translate("welcome", "What is here works. Still missing: {modules}.")
        return words.format(modules=listed(overview.status.missing, names)) + safe
    return translate("welcome", "It goes on where it stopped.") + safe


def _last_failure(overview: Overview, runbook: Runbook, names: Mapping[str, str]) -> Remark | None:
    if overview.catalog_fault is not None:
        return None
    last = overview.record.last_run
    fault = overview.status.fault if isinstance(overview.status, st.Failed) else None
    if fault is None and last is not None and last.finished and not last.cancelled and last.faults:
        fault = last.faults[0]
    if fault is None:
        return None
    page = runbook.page(fault, names)
    return Remark(
        Tone.WARNING,
        translate("welcome", "Last time: {title}").format(title=page.title),
        page.cause,
        Intent.EXPLAIN,
    )


def _offline(overview: Overview, runbook: Runbook, names: Mapping[str, str]) -> Remark | None:
    """Say that the catalog is out of reach, and what works all the same."""
    if overview.catalog_fault is None:
        return None
    page = runbook.page(overview.catalog_fault, names)
    words = (
        translate(
            "welcome",
            "What is installed keeps working. Updates and other modules can be had once it is reachable again.",
        )
        if overview.record.current
        else page.cause
    )
    return Remark(Tone.WARNING, page.title, words, Intent.LOOK_AGAIN)


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
    }[intent]


def explain(intent: Intent) -> str:
    """Return what a choice does, in one sentence; empty for what only ever is a plain button."""
    return {
        Intent.LAUNCH: translate("welcome", "Starts it on this computer and shows it in your browser."),
        Intent.REPAIR: translate("welcome", "Looks at every file and puts right what is wrong."),
        Intent.CHANGE: translate("welcome", "Add modules, or remove those that you don't need."),
        Intent.UNINSTALL: translate("welcome", "Removes the runtime. Your own settings and extensions stay."),
        Intent.CHANGE_FOLDER: translate("welcome", "Use the runtime in another place, or install it there."),
    }.get(intent, "")
