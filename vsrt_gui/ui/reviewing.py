"""The part of the flow that tells what an update, a repair or another version would change, before it begins."""

import asyncio

from PySide6.QtCore import QObject

from vsrt_gui.model.events import Event, SurveyProgress
from vsrt_gui.model.faults import Fault, FaultsError, InstallerError
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.request import Request, Trigger, Verb
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import Generation
from vsrt_gui.ui.desk import Desk, ask
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.quoting import Quote
from vsrt_gui.ui.review import review_of


class Reviewing(QObject):
    """Fills the page with what changes, and the page with the versions."""

    def __init__(self, desk: Desk) -> None:
        """Connect the two pages.

        Args:
            desk: the flow's tools.
        """
        super().__init__(desk.window)
        self._desk = desk
        self._verb = Verb.UPDATE
        self._quoting: asyncio.Task[None] | None = None
        desk.window.review.again.connect(self._again)
        desk.window.versions.chosen.connect(self._chosen)

    @property
    def request(self) -> Request:
        """What the page that is shown asks for."""
        if self._desk.window.currentId() == PageId.VERSIONS:
            return _rollback(self._desk.window.versions.number)
        return ask(self._verb)

    def begin(self, verb: Verb) -> None:
        """Show what an update or a repair would change."""
        self._verb = verb
        page = self._desk.window.review
        page.show_loading(verb)
        self._desk.window.go(PageId.REVIEW)
        self._quoting = self._desk.instead(self._quoting, self._review(verb))

    def begin_versions(self, overview: Overview) -> None:
        """Show the versions that are kept."""
        record = overview.record
        current = record.current.number if record.current else -1
        self._desk.window.versions.offer(record.generations, current)
        self._desk.window.go(PageId.VERSIONS)

    def rest(self) -> None:
        """Drop the look-up: a run begins, or the user went elsewhere."""
        if self._quoting is not None:
            self._quoting.cancel()

    def _again(self) -> None:
        self._desk.session.reset_breakers()
        self.begin(self._verb)

    async def _review(self, verb: Verb) -> None:
        desk = self._desk
        try:
            plan = await desk.session.quote(ask(verb), self._checked)
            overview = await self._overview(verb)
        except InstallerError as error:
            self._say_trouble(error.fault)
            return
        except FaultsError as error:
            self._say_trouble(error.faults[0])
            return
        desk.window.review.show_review(review_of(self._quote(verb, plan, overview)), verb)

    async def _overview(self, verb: Verb) -> Overview:
        """Return what is there now: an editor may have been opened since the first page was shown, a run have ended.

        Only an update needs to know what the catalog has; a repair must not wait for one that is out of reach.
        """
        desk, known = self._desk, self._desk.overview
        if known is None or verb is Verb.UPDATE:
            desk.overview = await desk.session.look()
        else:
            desk.overview = known.but(record=await desk.session.record(), server=await desk.session.server())
        return desk.overview

    def _say_trouble(self, fault: Fault) -> None:
        self._desk.window.review.show_trouble(self._desk.runbook.page(fault, self._desk.names()))

    def _checked(self, event: Event) -> None:
        if isinstance(event, SurveyProgress) and event.total and self._verb is Verb.REPAIR:
            self._desk.window.review.show_checked(min(1.0, event.done / event.total))

    def _chosen(self, number: int) -> None:
        self._quoting = self._desk.instead(self._quoting, self._version(number))

    async def _version(self, number: int) -> None:
        desk, overview = self._desk, self._desk.overview
        if overview is None:
            return
        page = desk.window.versions
        try:
            plan = await desk.session.quote(_rollback(number))
        except InstallerError as error:
            page.show_trouble(*desk.trouble(error.fault))
            return
        except FaultsError as error:
            page.show_trouble(*desk.trouble(error.faults[0]))
            return
        chosen = next((g for g in overview.record.generations if g.number == number), None)
        page.show_review(review_of(self._quote(Verb.ROLLBACK, plan, overview, chosen)))

    def _quote(self, verb: Verb, plan: Plan, overview: Overview, chosen: Generation | None = None) -> Quote:
        names = self._desk.names()
        lost = []
        for fault in plan.faults:
            title = self._desk.runbook.page(fault, names).title
            lost.append(f"{names.get(fault.module, fault.module)}: {title}" if fault.module else title)
        return Quote(
            verb=verb,
            plan=plan,
            overview=overview,
            needed=self._desk.session.room(plan),
            chosen=chosen,
            lost=tuple(lost),
            keeps=self._desk.session.settings.kept_generations > 0,
        )


def _rollback(number: int) -> Request:
    return Request(verb=Verb.ROLLBACK, generation=number, trigger=Trigger.MANUAL)
