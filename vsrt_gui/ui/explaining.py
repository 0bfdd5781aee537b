"""The part of the flow that explains: shows what went wrong, one dialog at a time, and does what its buttons say."""

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from vsrt_gui.engine.support import SupportDesk
from vsrt_gui.model.events import Severity
from vsrt_gui.model.faults import Fault, InstallerError
from vsrt_gui.model.runbook import Remedy
from vsrt_gui.runbook.quantities import size
from vsrt_gui.ui.desk import Desk
from vsrt_gui.ui.dialogs.confirm import ConfirmDialog, Question
from vsrt_gui.ui.dialogs.fault import FaultDialog, Trouble
from vsrt_gui.ui.saving import Saving


class Explaining(QObject):
    """Owns the dialog about faults."""

    def __init__(
        self, desk: Desk, remedy: Callable[[Remedy], Awaitable[None]], show_log: Callable[[QWidget], None]
    ) -> None:
        """Begin with nothing to explain.

        Args:
            desk: the flow's tools.
            remedy: does what a button of a fault's page says.
            show_log: opens the log over a dialog.
        """
        super().__init__(desk.window)
        self._desk = desk
        self._remedy = remedy
        self._show_log = show_log
        self._dialog: FaultDialog | None = None

    def offer_support(self, support: SupportDesk) -> None:
        """Let each dialog offer a support file from now on."""
        self._desk.saving = Saving(self._desk, support)

    def explain(
        self,
        faults: tuple[Fault, ...],
        severity: Severity | None = None,
        again: Callable[[], None] | None = None,
    ) -> None:
        """Show what went wrong; nothing happens while that is shown already.

        Args:
            faults: what went wrong, worst first.
            severity: of the state that results, None where nothing was run.
            again: done instead of the last run when the user wants to try again.
        """
        if faults and self._dialog is None:
            self._desk.jobs.start(self._show(faults, severity, again))

    async def free_space(self) -> bool:
        """Remove what nobody needs, say how much that was, and tell whether the user wants to try again."""
        try:
            gained = await self._desk.session.free_space()
        except InstallerError as error:
            self._desk.jobs.start(self._show((error.fault,), None, None))
            return False
        words = self.tr("{size} were freed.") if gained else self.tr("There was nothing left over to remove.")
        question = Question(
            name="freedDialog",
            title=words.format(size=size(gained)),
            text=self.tr("If that is not enough, empty the bin or remove programs that you don't need."),
            yes=self.tr("&Try again"),
            no=self.tr("&Close"),
            leads=True,
        )
        return await ConfirmDialog(self._desk.window, self._desk.window.theme, question).confirmed()

    async def _show(
        self, faults: tuple[Fault, ...], severity: Severity | None, again: Callable[[], None] | None
    ) -> None:
        desk = self._desk
        saving = desk.saving
        waits = bool(desk.session.transport.now().waiting)
        trouble = Trouble(faults, severity, desk.names(), support=saving is not None, waits=waits)
        dialog = self._dialog = FaultDialog(desk.window, desk.window.theme, desk.runbook, trouble)
        if saving is not None:
            dialog.saving.connect(lambda: saving.ask(dialog, dialog.note_support))
        dialog.log_wanted.connect(lambda: self._show_log(dialog))
        try:
            remedy = await self._dialog.remedy()
        finally:
            self._dialog = None
        if remedy is Remedy.RETRY and again is not None:
            again()
        else:
            await self._remedy(remedy)
