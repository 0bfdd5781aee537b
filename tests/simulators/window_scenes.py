"""Shows a window in every state that it knows, one after another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from simulators import window_logs
from simulators import window_reviews as reviews
from simulators import window_states as states
from simulators.window_asking import AskingStage, Scene
from simulators.window_preferences import Showing
from simulators.window_runs import Runs
from vsrt_gui.model.request import Verb
from vsrt_gui.model.run import RunState
from vsrt_gui.model.status import Overview
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui import journey
from vsrt_gui.ui.dialogs.confirm import ConfirmDialog, Question
from vsrt_gui.ui.dialogs.fault import FaultDialog, Trouble
from vsrt_gui.ui.editor import EditorView, view_of
from vsrt_gui.ui.journey import Journey
from vsrt_gui.ui.pages.finish import Ending
from vsrt_gui.ui.pages.folder import Place
from vsrt_gui.ui.pages.offers import Intent
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.pause import Pause
from vsrt_gui.ui.selection import Selection
from vsrt_gui.ui.wizard import Wizard

WAYS = {
    w.verb: w for w in (journey.FINISH, journey.REPAIR, journey.UPDATE, journey.ROLLBACK, journey.UNINSTALL)
}
STOP = Question(
    name="stopDialog",
    title="Stop the installation?",
    text="What is downloaded is kept. You can go on any time.",
    yes="&Stop",
    no="&Keep going",
)


@dataclass(frozen=True)
class Stage:
    """A window to show things on."""

    wizard: Wizard
    runbook: Runbook

    def scenes(self) -> Iterator[Scene]:
        """Yield every page in every state, then every dialog."""
        yield from self._welcome()
        yield from self._welcome_editor()
        yield from self._components()
        yield from self._folder()
        yield from AskingStage(self.wizard, self.runbook, self._on).scenes()
        yield from self._progress()
        yield from (Scene(name, show) for name, show in Runs(self.wizard).states())
        yield from self._finish()
        yield from self._finish_editor()
        yield from self._dialogs()
        yield from (Scene(name, show) for name, show in Showing(self.wizard).states())
        yield from (Scene(name, show) for name, show in window_logs.Logs(self.wizard).states())

    def _on(self, page: PageId, way: Journey, fill: Callable[[], object]) -> Callable[[], QWidget]:
        def show() -> QWidget:
            self.wizard.travel(way)
            if self.wizard.currentId() != page:
                self.wizard.go(page)
            fill()
            return self.wizard

        return show

    def _welcome(self) -> Iterator[Scene]:
        page = self.wizard.welcome
        yield Scene("welcome-looking", self._on(PageId.WELCOME, journey.NOWHERE, page.show_loading))
        for name, overview in states.OVERVIEWS.items():
            way = journey.INSTALL if name == "fresh" else journey.NOWHERE

            def fill(overview: Overview = overview) -> None:
                page.editor.show_view(None)
                page.show_overview(overview)

            yield Scene(f"welcome-{name}", self._on(PageId.WELCOME, way, fill))
        words = self.runbook.page(states.DENIED)

        def trouble() -> None:
            page.editor.show_view(None)
            page.show_trouble(words, "/opt/runtime")

        yield Scene("welcome-trouble", self._on(PageId.WELCOME, journey.NOWHERE, trouble))

    def _components(self) -> Iterator[Scene]:
        page = self.wizard.components
        everything = Selection.of(states.CATALOG, states.NAMES)

        def first() -> None:
            page.offer(everything, {"java-debug": self.runbook.page(states.UNFIT).title})
            page.show_quote(states.plan())

        def change() -> None:
            page.offer(everything.untick("debugpy").untick("pyright"), {}, frozenset(states.NAMES))
            page.show_quote(states.plan().but(drop=(states.PYRIGHT, states.DEBUGPY)))
            page.tree.setFocus()
            page.tree.toggle("nodejs")

        yield Scene("components-install", self._on(PageId.COMPONENTS, journey.INSTALL, first))
        yield Scene("components-change", self._on(PageId.COMPONENTS, journey.CHANGE, change))

    def _folder(self) -> Iterator[Scene]:
        page = self.wizard.folder
        volume = states.OVERVIEWS["fresh"].volume
        assert volume is not None
        denied = self.runbook.page(states.DENIED)
        here, big = states.FOLDER, states.GB
        places = {
            "plain": Place(here, here, volume, big),
            "subfolder": Place(here, f"{here}/vscode-runtime", volume, big),
            "installed": Place(here, here, volume, 300 * states.MB, installed=True),
            "tight": Place(here, here, volume.but(free=600 * states.MB), big),
            "denied": Place(here, here, volume, None, (denied.title, denied.cause)),
        }
        for name, place in places.items():

            def fill(place: Place = place) -> None:
                page.blockSignals(True)  # the flow would look at the real disk
                page.begin(here)
                page.blockSignals(False)
                page.show_place(place)

            yield Scene(f"folder-{name}", self._on(PageId.FOLDER, journey.INSTALL, fill))

    def _progress(self) -> Iterator[Scene]:
        page = self.wizard.progress
        for name, state in states.RUNS.items():
            assert state.request is not None

            def fill(
                state: RunState = state, verb: Verb = state.request.verb, opened: bool = name == "rough"
            ) -> None:
                page.begin(verb, states.NAMES)
                page.show_state(state)
                self.wizard.show_pause(Pause.NOT_OFFERED if verb is Verb.UNINSTALL else Pause.OFFERED)
                if opened:
                    for entry in window_logs.STORY:
                        page.details.add(entry)
                    page.details.toggle.setChecked(True)

            yield Scene(f"progress-{name}", self._on(PageId.PROGRESS, WAYS[state.request.verb], fill))

        def stopping() -> None:
            page.begin(Verb.INSTALL, states.NAMES)
            page.show_state(states.WORKING)
            self.wizard.show_stopping()

        yield Scene("progress-stopping", self._on(PageId.PROGRESS, journey.FINISH, stopping))

    def _finish(self) -> Iterator[Scene]:
        page = self.wizard.finish
        for name, (verb, state) in states.ENDINGS.items():
            ending = Ending(
                verb, state, states.FOLDER, states.NAMES, editor=name == "completed", way=Intent.FINISH
            )

            def fill(ending: Ending = ending) -> None:
                page.editor.show_view(None)
                page.show_ending(ending)
                page.focus_first()

            yield Scene(f"finish-{name}", self._on(PageId.FINISH, WAYS[verb], fill))
        for name, verb, ways in (
            ("updated", Verb.UPDATE, (reviews.KEPT[1], reviews.KEPT[2])),
            ("rolled-back", Verb.ROLLBACK, (reviews.KEPT[2], reviews.KEPT[1])),
        ):
            _, state = states.ENDINGS["completed"]
            ending = Ending(
                verb, state, states.FOLDER, states.NAMES, editor=True, before=ways[0], after=ways[1]
            )

            def turned(ending: Ending = ending) -> None:
                page.editor.show_view(None)
                page.show_ending(ending)
                page.focus_first()

            yield Scene(f"finish-{name}", self._on(PageId.FINISH, WAYS[verb], turned))

    def _welcome_editor(self) -> Iterator[Scene]:
        """Yield what the first page says of the editor."""
        page = self.wizard.welcome
        for name, (editor, moment) in states.EDITORS.items():
            view = view_of(editor, moment, self.runbook)

            def fill(view: EditorView | None = view) -> None:
                page.show_overview(states.OVERVIEWS["installed"])
                page.editor.show_view(view)

            yield Scene(f"welcome-editor-{name}", self._on(PageId.WELCOME, journey.NOWHERE, fill))

    def _finish_editor(self) -> Iterator[Scene]:
        """Yield what the last page says of the editor."""
        page = self.wizard.finish
        verb, state = states.ENDINGS["completed"]
        ending = Ending(verb, state, states.FOLDER, states.NAMES, editor=True)
        for name, (editor, moment) in states.EDITORS.items():
            view = view_of(editor, moment, self.runbook)

            def fill(view: EditorView | None = view) -> None:
                page.show_ending(ending)
                page.editor.show_view(view)
                page.focus_first()

            yield Scene(f"finish-editor-{name}", self._on(PageId.FINISH, journey.FINISH, fill))

    def _dialogs(self) -> Iterator[Scene]:

        def ask() -> QWidget:
            return _opened(ConfirmDialog(self.wizard, self.wizard.theme, STOP))

        yield Scene("dialog-stop", ask)
        for name, (faults, severity) in states.FAULTS.items():
            trouble = Trouble(faults, severity, states.NAMES, support=True)

            def explain(trouble: Trouble = trouble) -> QWidget:
                return _opened(FaultDialog(self.wizard, self.wizard.theme, self.runbook, trouble))

            yield Scene(f"dialog-{name}", explain)


def _opened(dialog: ConfirmDialog | FaultDialog) -> QWidget:
    dialog.open()
    return dialog
