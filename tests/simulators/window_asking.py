"""Shows the pages that say what would happen, in every state that they know."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from simulators import window_reviews as reviews
from simulators import window_states as states
from vsrt_gui.model.request import Verb
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import OwnData
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui import journey
from vsrt_gui.ui.journey import Journey
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.pages.removal import removal_of
from vsrt_gui.ui.quoting import Quote
from vsrt_gui.ui.review import review_of
from vsrt_gui.ui.wizard import Wizard

DATA = "/home/sam/.local/share/vscode-runtime/data"
WAYS = {Verb.UPDATE: journey.UPDATE, Verb.REPAIR: journey.REPAIR}


@dataclass(frozen=True)
class Scene:
    """One state: `show` brings it about and returns the widget to look at."""

    name: str
    show: Callable[[], QWidget]


@dataclass(frozen=True)
class AskingStage:
    """A window, and a way to show one of its pages filled."""

    wizard: Wizard
    runbook: Runbook
    on: Callable[[PageId, Journey, Callable[[], object]], Callable[[], QWidget]]

    def scenes(self) -> Iterator[Scene]:
        """Yield the pages."""
        yield from self._review()
        yield from self._versions()
        yield from self._removal()

    def _review(self) -> Iterator[Scene]:
        page = self.wizard.review
        for verb, way in WAYS.items():

            def load(verb: Verb = verb) -> None:
                page.show_loading(verb)
                if verb is Verb.REPAIR:
                    page.show_checked(0.4)

            yield Scene(f"review-{verb}-loading", self.on(PageId.REVIEW, way, load))
        for name, quote in reviews.QUOTES.items():

            def fill(quote: Quote = quote) -> None:
                page.show_review(review_of(quote), quote.verb)

            yield Scene(f"review-{name}", self.on(PageId.REVIEW, WAYS[quote.verb], fill))

        def trouble() -> None:
            page.show_trouble(self.runbook.page(states.OFFLINE))

        yield Scene("review-offline", self.on(PageId.REVIEW, journey.UPDATE, trouble))

    def _versions(self) -> Iterator[Scene]:
        page = self.wizard.versions

        def offer() -> None:
            page.blockSignals(True)  # the flow would ask the real session
            page.offer(reviews.KEPT, 3)
            page.blockSignals(False)
            page.dressed.emit()  # a blocked page could not ask for its buttons

        def loaded() -> None:
            offer()
            page.show_review(review_of(reviews.BACK_QUOTE))

        def trouble() -> None:
            offer()
            words = self.runbook.page(states.OFFLINE)
            page.show_trouble(words.title, words.cause)

        yield Scene("versions-looking", self.on(PageId.VERSIONS, journey.ROLLBACK, offer))
        yield Scene("versions-chosen", self.on(PageId.VERSIONS, journey.ROLLBACK, loaded))
        yield Scene("versions-trouble", self.on(PageId.VERSIONS, journey.ROLLBACK, trouble))

    def _removal(self) -> Iterator[Scene]:
        page = self.wizard.removal
        overviews: dict[str, Overview | None] = {
            "plain": states.OVERVIEWS["installed"],
            "open": reviews.kept(3).but(server=states.READY),
            "unread": None,
        }
        for name, overview in overviews.items():
            removal = removal_of(overview, states.FOLDER, DATA)
            shown = self.on(PageId.REMOVAL, journey.UNINSTALL, lambda r=removal: page.show_removal(r))
            yield Scene(f"removal-{name}", shown)

        def everything() -> None:
            page.show_removal(removal_of(overviews["plain"], states.FOLDER, DATA))
            page.show_own_data(OwnData(paths=(f"{DATA}/extensions", f"{DATA}/server"), size=38 * states.MB))
            page.forget.setChecked(True)

        yield Scene("removal-data", self.on(PageId.REMOVAL, journey.UNINSTALL, everything))
