"""Which pages a request leads over, and what its steps are called in the side panel."""

from dataclasses import dataclass

from vsrt_gui.model.request import Verb
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.translation import translate


@dataclass(frozen=True)
class Journey:
    """A way through the pages.

    Attributes:
        verb: what it brings about.
        pages: that it leads over.
    """

    verb: Verb
    pages: tuple[PageId, ...]

    def names(self) -> tuple[str, ...]:
        """Return what its steps are called."""
        return tuple(_name(page, self.verb) for page in self.pages)

    def place(self, page: PageId) -> int:
        """Return where a page is on the way, counted from 0."""
        return self.pages.index(page) if page in self.pages else 0

    def after(self, page: PageId) -> PageId | None:
        """Return the page that follows, None at the end."""
        place = self.place(page) + 1
        return self.pages[place] if place < len(self.pages) else None


_W, _C, _F, _P, _E, _R, _V, _U = PageId
INSTALL = Journey(Verb.INSTALL, (_W, _C, _F, _P, _E))
FINISH = Journey(Verb.INSTALL, (_W, _P, _E))
CHANGE = Journey(Verb.CHANGE, (_W, _C, _P, _E))
REPAIR = Journey(Verb.REPAIR, (_W, _R, _P, _E))
UPDATE = Journey(Verb.UPDATE, (_W, _R, _P, _E))
ROLLBACK = Journey(Verb.ROLLBACK, (_W, _V, _P, _E))
UNINSTALL = Journey(Verb.UNINSTALL, (_W, _U, _P, _E))
NOWHERE = Journey(Verb.VERIFY, ())


def _name(page: PageId, verb: Verb) -> str:
    if page is PageId.REVIEW and verb is Verb.REPAIR:
        return translate("journey", "Check")
    if page is not PageId.PROGRESS:
        return {
            PageId.WELCOME: translate("journey", "Start"),
            PageId.COMPONENTS: translate("journey", "Modules"),
            PageId.FOLDER: translate("journey", "Folder"),
            PageId.FINISH: translate("journey", "Done"),
            PageId.REVIEW: translate("journey", "What changes"),
            PageId.VERSIONS: translate("journey", "Versions"),
            PageId.REMOVAL: translate("journey", "What goes"),
        }[page]
    return {
        Verb.INSTALL: translate("journey", "Installation"),
        Verb.CHANGE: translate("journey", "Changes"),
        Verb.REPAIR: translate("journey", "Repair"),
        Verb.UPDATE: translate("journey", "Update"),
        Verb.UNINSTALL: translate("journey", "Removal"),
        Verb.ROLLBACK: translate("journey", "Change of version"),
        Verb.VERIFY: translate("journey", "Check"),
    }[verb]
