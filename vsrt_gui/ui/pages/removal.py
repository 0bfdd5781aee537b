"""The page before an uninstallation: what goes, what stays, and what can be kept."""

from dataclasses import dataclass

from PySide6.QtWidgets import QWizard

from vsrt_gui.model.launch_state import Ready, Starting
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import OwnData
from vsrt_gui.runbook.quantities import listed, size
from vsrt_gui.ui.changes import ICONS
from vsrt_gui.ui.dialogs.confirm import Question
from vsrt_gui.ui.pages.page import Footer, Page
from vsrt_gui.ui.quoting import Line
from vsrt_gui.ui.text import breakable
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.translation import translate
from vsrt_gui.ui.widgets.labels import label
from vsrt_gui.ui.widgets.marks import Tick
from vsrt_gui.ui.widgets.notice import Notice
from vsrt_gui.ui.widgets.points import Points
from vsrt_gui.ui.widgets.review_view import Lines


@dataclass(frozen=True)
class Removal:
    """What an uninstallation means.

    Attributes:
        folder: that goes.
        data: the folder with the user's own settings and extensions, which stays.
        lines: the modules, each with its size on the disk.
        others: what goes beside them, in words.
        size: bytes of modules and downloads, 0 where nothing is known.
        editor: whether the editor runs and is closed first.
    """

    folder: str
    data: str
    lines: tuple[Line, ...] = ()
    others: str = ""
    size: int = 0
    editor: bool = False


def removal_of(overview: Overview | None, folder: str, data: str) -> Removal:
    """Tell what an uninstallation means.

    Args:
        overview: what is there; None where that can't be read, which keeps nobody from removing it.
        folder: the prefix.
        data: the user's own folder.
    """
    if overview is None:
        return Removal(folder, data)
    lines = tuple(
        Line(
            ICONS[finding.target.module.type],
            finding.target.module.name,
            finding.target.module.version,
            size(finding.survey.good_bytes) if finding.survey.good_bytes else "",
        )
        for finding in overview.findings
    )
    editor = isinstance(overview.server, Ready | Starting)
    known = sum(finding.survey.good_bytes for finding in overview.findings)
    return Removal(
        folder=folder,
        data=data,
        lines=lines,
        others=_others(overview),
        size=0 if len(overview.record.generations) > 1 else known + sum(overview.record.staged.values()),
        editor=editor,
    )


def _others(overview: Overview) -> str:
    record = overview.record
    current = record.current.number if record.current else None
    earlier = sum(generation.number != current for generation in record.generations)
    staged = sum(record.staged.values())
    parts = []
    if earlier:
        parts.append(translate("text", "%n earlier version(s)", None, earlier))
    if staged:
        parts.append(translate("removal", "downloads, {size}").format(size=size(staged)))
    return listed(parts) if parts else ""


class RemovalPage(Page):
    """A list, a promise, and one choice."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._editor = Notice(theme, "removalNotice")
        self._goes = label(theme, Size.HEADING, self.tr("What goes"))
        self._lines = Lines(theme, "goes")
        self._folder = label(theme, Size.SMALL, muted=True)
        self._folder.setObjectName("removalFolder")
        self._stays = label(theme, Size.HEADING, self.tr("What stays"))
        self._own = Points(theme)
        words = self.tr("&Keep the downloads for a later installation")
        self.keep = Tick(theme, "keepDownloadsBox", words)
        self.forget = Tick(theme, "removeDataBox", self.tr("Also &remove my own settings and extensions"))
        self.forget.toggled.connect(self._show_own)
        self._data, self._given = "", OwnData()
        for part in (self._editor, self._goes, self._lines, self._folder):
            self.body.addWidget(part)
        self.body.addSpacing(6)
        for last in (self._stays, self._own, self.keep, self.forget):
            self.body.addWidget(last)
        self.body.addStretch(1)

    def show_removal(self, removal: Removal) -> None:
        """Show what it means."""
        self.say(
            self.tr("Uninstall the VS Code Runtime"),
            self.tr("Nothing is removed until you choose Uninstall."),
        )
        self.show_sign("remove", Tone.DANGER)
        self._lines.show_lines(removal.lines)
        self._folder.setText(breakable(self._where(removal)))
        self._data = removal.data
        self.show_own_data(OwnData())
        self.keep.setChecked(False)
        if removal.editor:
            self._editor.say(
                Tone.WARNING,
                self.tr("It is closed first. Save what you are working on in it."),
                self.tr("The editor is running"),
            )
        else:
            self._editor.clear()
        self.show_footer(Footer(self.tr("&Uninstall"), danger=True))

    def show_own_data(self, given: OwnData) -> None:
        """Offer to remove what there is of the user's own; where there is none, nothing is offered."""
        self._given = given
        self.forget.setChecked(False)
        self.forget.setVisible(bool(given.paths))
        self._show_own()

    def show_in_use(self, names: tuple[str, ...]) -> None:
        """Say that programs run from these modules; of an editor that runs more is said already."""
        if names and self._editor.isHidden():
            words = self.tr("Close them first. Without their files they stop working.")
            title = self.tr("Programs run from {modules} just now")
            self._editor.say(Tone.WARNING, words, title.format(modules=listed(names)))

    def _show_own(self) -> None:
        goes = self.forget.isChecked()
        words = self.tr("Your own settings, and extensions that you added, in {folder}")
        if goes:
            words = self.tr(
                "Nothing: your own settings and the extensions that you added go, too, {size} in {folder}. "
                "They can't be brought back."
            )
        said = words.format(size=size(self._given.size), folder=self._data)
        self._own.show_points((("warning" if goes else "lock", breakable(said)),))

    @property
    def question(self) -> Question:
        """What is asked once more before the user's own things go."""
        words = self.tr(
            "{size} of your own settings and extensions are deleted for good, for every editor of yours that "
            "uses them. To keep them, leave the box empty."
        )
        return Question(
            name="removeDataDialog",
            title=self.tr("Remove your own settings and extensions?"),
            text=words.format(size=size(self._given.size)),
            yes=self.tr("&Remove everything"),
            no=self.tr("&Go back"),
            danger=True,
        )

    def _where(self, removal: Removal) -> str:
        if not removal.size:
            words = self.tr("And all else that was installed in {folder}")
            if removal.others:
                words = self.tr("And {others}, in {folder}")
            return words.format(folder=removal.folder, others=removal.others)
        words = self.tr("{size} in all, in {folder}")
        return words.format(size=size(removal.size), folder=removal.folder)

    def focus_first(self) -> None:
        """Put the focus where nothing happens."""
        cancel = self.wizard().button(QWizard.WizardButton.CancelButton)
        cancel.setFocus()
