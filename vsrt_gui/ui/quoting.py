"""What is known before a run, and what is shown of that: plain values, without a widget."""

from dataclasses import dataclass

from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.request import Verb
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import Generation
from vsrt_gui.ui.tokens import Tone


@dataclass(frozen=True)
class Quote:
    """What is known before a run.

    Attributes:
        verb: what is asked.
        plan: what that means.
        overview: what is there now.
        needed: bytes that must be free.
        chosen: the set that one goes back to, None for other verbs.
        lost: why wanted modules can't be had, a sentence for each.
        keeps: whether the version that is left stays, to go back to.
    """

    verb: Verb
    plan: Plan
    overview: Overview
    needed: int = 0
    chosen: Generation | None = None
    lost: tuple[str, ...] = ()
    keeps: bool = True

    @property
    def before(self) -> tuple[Target, ...]:
        """The modules in force."""
        current = self.overview.record.current
        return current.modules if current else ()

    @property
    def after(self) -> tuple[Target, ...]:
        """The modules that will be in force, in the order of what is there now and then of what comes."""
        coming = {t.id: t for t in (*self.plan.keep, *(work.target for work in self.plan.work))}
        order = {target.id: number for number, target in enumerate(self.before)}
        return tuple(sorted(coming.values(), key=lambda t: order.get(t.id, len(order))))


@dataclass(frozen=True)
class Line:
    """One module.

    Attributes:
        icon: of its kind.
        name: of it.
        what: happens to it.
        amount: bytes to fetch, empty for none.
    """

    icon: str
    name: str
    what: str
    amount: str = ""


@dataclass(frozen=True)
class Review:
    """What is shown of a quote.

    Attributes:
        heading: in a few words.
        lead: a sentence more.
        sign: the icon beside it.
        tone: of the icon.
        lines: each module that changes.
        rest: what stays as it is, empty for nothing worth saying.
        facts: what it costs and what it leaves alone, each an icon's name and a text.
        notice: tone, title and text of what stands in the way or is worth a thought; None for nothing.
        commit: what the button is called that begins it; empty when there is nothing to do.
        ready: whether it can be begun.
    """

    heading: str
    lead: str
    sign: str
    tone: Tone
    lines: tuple[Line, ...] = ()
    rest: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    notice: tuple[Tone, str, str] | None = None
    commit: str = ""
    ready: bool = False
