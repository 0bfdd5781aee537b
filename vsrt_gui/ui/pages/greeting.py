"""What the welcome page says about what is there, and what it offers: pure rules and their words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from vsrt_gui.model import status as st
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.runbook import Page
from vsrt_gui.model.status import Overview
from vsrt_gui.model.versions import Newness
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.runbook.quantities import listed, size
from vsrt_gui.ui import text
from vsrt_gui.ui.pages.offers import Intent, Offer, change, launch, offer, updates, versions
from vsrt_gui.ui.selection import Selection
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.translation import translate


@dataclass(frozen=True)
class Remark:
    """Something worth knowing beside the status.

    Attributes:
        tone: how it looks.
        title: a few words, may be empty.
        text: the rest.
        offer: what its button does, None for no button.
        steps: what can be done, one after the other.
    """

    tone: Tone
    title: str
    text: str
    offer: Intent | None = None
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Greeting:
    """What the page shows for one situation.

    Attributes:
        heading: the status in a few words.
        lead: a sentence more.
        sign: the icon beside it.
        tone: of the icon.
        main: the one thing that most people want now.
        others: what else fits, in the order of what people want.
        waits: whether the main thing can't be done before the catalog has answered.
        remark: what is worth knowing.
        points: a few facts, each an icon's name and a text.
    """

    heading: str
    lead: str
    sign: str
    tone: Tone
    main: Intent | None = None
    others: tuple[Offer, ...] = ()
    remark: Remark | None = None
    points: tuple[tuple[str, str], ...] = ()
    waits: bool = False


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
    remark = Remark(Tone.NEUTRAL, page.meaning, "", steps=page.steps)
    others = [offer(Intent.CHANGE_FOLDER)]
    if page.code is FaultCode.PREFIX_DAMAGED:
        others.append(offer(Intent.UNINSTALL))  # what can't be read can still be removed
    return Greeting(page.title, page.cause, "error", Tone.DANGER, Intent.LOOK_AGAIN, tuple(others), remark)


def names_of(overview: Overview) -> dict[str, str]:
    """Return module id to its name, of all that is known."""
    known = {t.id: t.module.name for t in overview.available}
    installed = {f.target.id: f.target.module.name for f in overview.findings}
    return installed | known


def greet(overview: Overview, runbook: Runbook) -> Greeting:
    """Return what fits the runtime's status."""
    status = overview.status
    match status:
        case st.NotInstalled():
            return _not_installed(overview, runbook)
        case st.PartiallyInstalled() | st.Failed():
            return _unfinished(overview, runbook)
        case st.Damaged():
            return _damaged(status, overview)
        case st.UpdateAvailable() | st.Installed():
            return _installed(overview, runbook)
        case st.Installing():
            return _busy()
        case _:
            assert_never(status)


def _damaged(status: st.Damaged, overview: Overview) -> Greeting:
    heading = translate("welcome", "Some files need repair")
    words = translate(
        "welcome", "Files of {modules} are missing or were changed. Repair fetches only what is wrong."
    )
    if status.notes:
        heading = translate("welcome", "The runtime needs repair")
        words = translate(
            "welcome",
            "The notes that say what is installed are damaged. Your modules are most likely still there: "
            "Repair looks at every file, and fetches only what is missing.",
        )
    return Greeting(
        heading,
        words.format(modules=listed(status.modules, names_of(overview))),
        "warning",
        Tone.WARNING,
        Intent.REPAIR,
        (versions(overview), change(overview), offer(Intent.FROM_FOLDER), offer(Intent.UNINSTALL)),
    )


def _installed(overview: Overview, runbook: Runbook) -> Greeting:
    """Say what is there; what the catalog adds later stands in the choices, so that nothing moves when it comes."""
    current = overview.record.current
    newer = isinstance(overview.status, st.UpdateAvailable)
    words = translate("welcome", "Version {version}, {modules}, installed on {date}.")
    lead = (
        words.format(
            version=current.manifest_version,
            modules=text.modules(len(current.modules)),
            date=text.date(current.installed_at),
        )
        if current
        else ""
    )
    heading = translate("welcome", "The runtime is installed and ready")
    if isinstance(overview.status, st.UpdateAvailable):
        older = overview.status.newness is Newness.OLDER
        heading = (
            translate("welcome", "An older version is available")
            if older
            else translate("welcome", "An update is available")
        )
    return Greeting(
        heading,
        lead,
        "update" if newer else "success",
        Tone.ACCENT if newer else Tone.SUCCESS,
        others=(
            *launch(overview, leads=not newer),
            updates(overview, runbook),
            offer(Intent.REPAIR),
            change(overview),
            versions(overview),
            offer(Intent.FROM_FOLDER),
            offer(Intent.UNINSTALL),
        ),
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
    away = (offer(Intent.FROM_FOLDER),)
    if fault is not None:
        page = runbook.page(fault)
        remark = Remark(Tone.NEUTRAL, translate("welcome", "What you can do"), "", steps=page.steps)
        return Greeting(page.title, page.cause, "offline", Tone.WARNING, Intent.LOOK_AGAIN, away, remark)
    if not overview.available:
        return Greeting(
            translate("welcome", "Nothing to install here"),
            translate("welcome", "The list of modules holds nothing for this kind of computer."),
            "info",
            Tone.NEUTRAL,
            Intent.LOOK_AGAIN,
            away,
        )
    return Greeting(
        translate("welcome", "Install the VS Code Runtime"),
        translate("welcome", "Everything that your editor needs to run VS Code extensions."),
        "download",
        Tone.ACCENT,
        Intent.INSTALL,
        away,
        points=_promises(overview),
    )


def _promises(overview: Overview) -> tuple[tuple[str, str], ...]:
    selection = Selection.of(overview.available, overview.defaults)
    amount = text.modules(len(selection.chosen))
    if selection.sizes_known:
        words = (
            translate("welcome", "{modules}, at most {size} to download")
            if overview.record.kept
            else translate("welcome", "{modules}, {size} to download")
        )
        amount = words.format(modules=amount, size=size(selection.download_size))
    kept = translate("welcome", "{size} are kept from the last installation and used again")
    return (
        ("modules", amount),
        *((("disk", kept.format(size=size(overview.record.kept))),) if overview.record.kept else ()),
        ("clock", translate("welcome", "You can stop at any time; what was downloaded is kept")),
        ("lock", translate("welcome", "For you alone: no administrator's password is needed")),
    )


def _unfinished(overview: Overview, runbook: Runbook) -> Greeting:
    names = names_of(overview)
    reachable = bool(overview.available) or overview.pending
    mend = (offer(Intent.REPAIR),) if overview.record.current is not None else ()
    return Greeting(
        translate("welcome", "The installation isn't finished"),
        _unfinished_lead(overview, names),
        "warning",
        Tone.WARNING,
        Intent.FINISH if reachable else Intent.LOOK_AGAIN,
        (
            *launch(overview),
            change(overview),
            *mend,
            offer(Intent.FROM_FOLDER),
            offer(Intent.UNINSTALL),
        ),
        _last_failure(overview, runbook, names) or _offline(overview, runbook, names),
        waits=overview.pending,
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
