"""What the parts of the flow share: the session, the words, the window, its tasks, and the last look."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vsrt_gui.engine.session import Session
from vsrt_gui.model.faults import Fault
from vsrt_gui.model.request import Request, Trigger, Verb
from vsrt_gui.model.status import Overview
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui.jobs import Jobs
from vsrt_gui.ui.pages.greeting import names_of

if TYPE_CHECKING:
    from vsrt_gui.ui.saving import Saving
    from vsrt_gui.ui.wizard import Wizard


@dataclass
class Desk:
    """The flow's tools.

    Attributes:
        session: that every front shares.
        runbook: the words.
        window: the wizard with its pages.
        jobs: owns every task of the window.
        overview: what the last look found; None before it, and when the folder can't be read.
        saving: writes support files; None where none can be made.
        medium: the folder or stick that the modules come from, empty for the usual place.
    """

    session: Session
    runbook: Runbook
    window: "Wizard"
    jobs: Jobs = field(default_factory=Jobs)
    overview: Overview | None = None
    medium: str = ""
    saving: "Saving | None" = None

    def names(self) -> dict[str, str]:
        """Return module id to name, of all that is known."""
        return names_of(self.overview) if self.overview else {}

    def trouble(self, fault: Fault) -> tuple[str, str]:
        """Return a fault's title and cause."""
        page = self.runbook.page(fault, self.names())
        return page.title, page.cause

    def instead(
        self, before: asyncio.Task[None] | None, job: Coroutine[Any, Any, None]
    ) -> asyncio.Task[None] | None:
        """Start a look-up in place of an earlier one, whose answer nobody waits for any more."""
        if before is not None:
            before.cancel()
        return self.jobs.start(job)


def ask(verb: Verb, modules: frozenset[str] = frozenset()) -> Request:
    """Return a request that was made by hand."""
    return Request(verb=verb, modules=modules, trigger=Trigger.MANUAL)
