"""Tells the run's story entry by entry, for the details that a user may open and for the log."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from vsrt_gui.model import events as ev
from vsrt_gui.model.events import Event, Step
from vsrt_gui.model.logbook import PlanOutline
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.run import Phase
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.runbook.quantities import duration, listed, size
from vsrt_gui.ui.entries import Entry, tone_of
from vsrt_gui.ui.text import date
from vsrt_gui.ui.translation import translate

Names = Mapping[str, str]


class Story:
    """A run's story, entry by entry; it goes on over a pause.

    Attributes:
        names: module id to name, of all modules that it has heard of.
    """

    def __init__(self, runbook: Runbook, names: Names) -> None:
        """Begin.

        Args:
            runbook: the words.
            names: module id to name, as far as they are known before the plan is.
        """
        self.names = names
        self._runbook = runbook
        self._proving: dict[str, None] = {}
        self._waiting: set[str | None] = set()
        self._goes_on = False

    @property
    def trying(self) -> str:
        """What is tried out just now, in words; empty while nothing is."""
        if not self._proving:
            return ""
        words = translate("narration", "Trying out {modules}")
        return words.format(modules=listed(self._proving, self.names))

    def tell(self, event: Event) -> Entry | None:
        """Return the entry for an event, with the time of now; None for what is seen in the bars anyway."""
        self._note(event)
        if isinstance(event, ev.Waiting) and event.module in self._waiting:
            return None  # it is told of each second
        self._hold(event)
        if isinstance(event, ev.RunStarted) and self._goes_on:
            self._goes_on = False
            return Entry(translate("narration", "Going on."), at=time.time())
        return entry_of(event, time.time(), self.names, self._runbook)

    def pause(self) -> Entry:
        """Return the entry that tells of a pause; the next run goes on with this story."""
        self._proving.clear()
        self._waiting.clear()
        self._goes_on = True
        return Entry(translate("narration", "Paused."), at=time.time())

    def _note(self, event: Event) -> None:
        match event:
            case ev.PlanReady(plan=plan):
                self.names = {**plan.names, **self.names}
            case ev.StepStarted(module=module, step=Step.PROVE):
                self._proving[module] = None
            case ev.StepFinished(module=module, step=Step.PROVE) | ev.ModuleFailed(module=module):
                self._proving.pop(module, None)
            case _:
                pass

    def _hold(self, event: Event) -> None:
        """Remember who waits for a server, until something else happens to him."""
        if isinstance(event, ev.Waiting):
            self._waiting.add(event.module)
        elif isinstance(event, ev.Retrying | ev.StepStarted):
            self._waiting.discard(event.module)


def entry_of(event: Event, at: float, names: Names, runbook: Runbook) -> Entry | None:
    """Return the entry for an event, whenever it happened; None for what is not worth a sentence.

    Args:
        event: what happened.
        at: when, in seconds since 1970.
        names: module id to name.
        runbook: the words.
    """
    words = _words(event, names, runbook)
    if words is None:
        return None
    module = getattr(event, "module", None) or ""
    return Entry(words, tone=tone_of(event), at=at, module=module, name=names.get(module, module))


def _words(event: Event, names: Names, runbook: Runbook) -> str | None:  # noqa: C901, PLR0911, PLR0912 -- one each
    match event:
        case ev.RunStarted(request=request):
            return runbook.word(f"running.{request.verb}")
        case ev.PlanReady(plan=plan):
            return planned(plan)
        case ev.StepStarted(module=module, step=step, done=done):
            return _begun(names.get(module, module), step, done)
        case ev.StepFinished(module=module, step=step):
            return _ended(names.get(module, module), step)
        case ev.Retrying() | ev.Waiting():
            return _held_up(event, names, runbook)
        case ev.ModuleFinished(module=module):
            return translate("narration", "{who}: done.").format(who=_who(module, names))
        case ev.ModuleFailed(module=module, fault=fault):
            return f"{_who(module, names)}: {runbook.page(fault, names).title}."
        case ev.DiskWarning(free=free):
            return translate("narration", "The disk is nearly full: {free} are free.").format(free=size(free))
        case ev.CommandTaken():
            return taken_words(event)
        case ev.CatalogMissed():
            return missed_words(event, runbook)
        case ev.Committed():
            return translate("narration", "The new set of modules is in use.")
        case ev.RunFinished(outcome=outcome):
            return runbook.word(f"outcome.{outcome}")
        case _:
            return None


def planned(plan: Plan | PlanOutline) -> str:
    """Say how much a run has to do."""
    if not plan.work:
        return translate("narration", "Nothing has to be fetched.")
    words = translate("narration", "To download: {fetch}. To write: {write}.")
    return words.format(fetch=size(plan.to_fetch), write=size(plan.to_write))


def _held_up(event: ev.Retrying | ev.Waiting, names: Names, runbook: Runbook) -> str:
    who = _who(event.module, names)
    if isinstance(event, ev.Waiting):
        words = translate("narration", "{who}: {host} needs a pause of {seconds}.")
        return words.format(who=who, host=event.host, seconds=duration(event.seconds))
    title = runbook.page(event.fault, names).title
    if event.delay <= 0:
        now = runbook.phase(Phase.RETRYING, 0.0, event.elsewhere)
        return f"{who}: {title}. {now}."
    words = translate(
        "narration", "{who}: {title}. Trying again in {delay} (attempt {attempt} of {attempts})."
    )
    return words.format(
        who=who,
        title=title,
        delay=duration(event.delay),
        attempt=event.attempt + 1,
        attempts=event.attempts,
    )


def taken_words(event: ev.CommandTaken) -> str:
    """Say that a file of the user's own stands where a command would."""
    words = translate(
        "narration", "{path} is a file of your own and stays: it does not start the runtime's {command}."
    )
    return words.format(path=event.path, command=event.command)


def missed_words(event: ev.CatalogMissed, runbook: Runbook) -> str:
    """Say that the run goes on without a new list of modules, and why."""
    title = runbook.page(event.fault).title
    if event.fetched_at is None:
        return f"{title}. {runbook.word('missed.none')}"
    day = date(datetime.fromtimestamp(event.fetched_at, UTC))
    return f"{title}. {runbook.word('missed.older', day=day)}"


def _who(module: str | None, names: Names) -> str:
    return translate("narration", "List of modules") if module is None else names.get(module, module)


def _begun(name: str, step: Step, done: int) -> str:
    match step:
        case Step.DOWNLOAD if done:
            return translate(
                "narration", "{name}: going on with the download, {done} are here already."
            ).format(name=name, done=size(done))
        case Step.DOWNLOAD:
            return translate("narration", "{name}: downloading.").format(name=name)
        case Step.UNPACK:
            return translate("narration", "{name}: unpacking.").format(name=name)
        case Step.PROVE:
            return translate("narration", "{name}: trying it out.").format(name=name)


def _ended(name: str, step: Step) -> str | None:
    return translate("narration", "{name}: downloaded.").format(name=name) if step is Step.DOWNLOAD else None
