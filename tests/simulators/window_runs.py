"""Shows the progress page in every state of a run that does not simply go on: paused, stopping, nearly done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from simulators import window_states as states
from vsrt_gui.model.events import CatalogMissed, PlanReady, StepStarted, Waiting
from vsrt_gui.model.events import Step as RunStep
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.request import Verb
from vsrt_gui.model.run import Phase, RunState
from vsrt_gui.ui import journey
from vsrt_gui.ui.going_on import joined
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.pause import Pause
from vsrt_gui.ui.wizard import Wizard

LOOKING = RunState(phase=Phase.SURVEYING)
WAITING = states.run(
    Verb.REPAIR,
    Phase.SURVEYING,
    holdup=Waiting(module=None, host="downloads.example.com", seconds=27.0),
)
KEPT = states.run(Verb.INSTALL, Phase.WORKING).but(plan=Plan(keep=states.CATALOG))
NEARLY = states.run(Verb.INSTALL, Phase.WORKING, *states.DONE)
ALONE = states.run(
    Verb.REPAIR, Phase.WORKING, states.row(states.NODE, Phase.DOWNLOADING, 0.3, speed=9 * states.MB)
)
NAME = "Extension Server for Editors with Very Long Names of Their Modules and Languages"
LONG = states.run(
    Verb.UPDATE,
    Phase.WORKING,
    states.row(states.NODE, Phase.RETRYING, 0.4, name=NAME, fault=states.STALLED, pause=0.0),
    states.row(states.SERVER, Phase.DOWNLOADING, 0.99, speed=123 * states.MB),
)


@dataclass(frozen=True)
class Runs:
    """A window to show runs on."""

    wizard: Wizard

    def states(self) -> Iterator[tuple[str, Callable[[], QWidget]]]:
        """Yield each state's name and what brings it about."""
        yield "progress-offered", self._on(states.WORKING, lambda: self.wizard.show_pause(Pause.OFFERED))
        yield "progress-pausing", self._on(states.WORKING, self.wizard.show_pausing)
        yield "progress-paused", self._on(states.WORKING, self.wizard.show_paused)
        yield "progress-paused-looking", self._on(LOOKING, self.wizard.show_paused)
        yield "progress-paused-rough", self._on(states.ROUGH, self.wizard.show_paused)
        yield "progress-going-on", self._on(states.WORKING, self._go_on)
        yield "progress-server-waits", self._on(WAITING, lambda: None)
        yield "progress-proving", self._on(KEPT, self._prove)
        yield "progress-nearly-done", self._on(NEARLY, lambda: self.wizard.show_pause(Pause.TOO_LATE))
        yield "progress-one-module", self._on(ALONE, lambda: self.wizard.show_pause(Pause.OFFERED))
        yield "progress-long-name", self._on(LONG, lambda: self.wizard.show_pause(Pause.OFFERED))
        missed = CatalogMissed(fault=states.OFFLINE, fetched_at=1_793_700_000.0)
        yield "progress-without-catalog", self._on(ALONE.but(missed=missed), lambda: None)

    def _on(self, state: RunState, then: Callable[[], object]) -> Callable[[], QWidget]:
        verb = state.request.verb if state.request else Verb.INSTALL
        way = {Verb.REPAIR: journey.REPAIR, Verb.UPDATE: journey.UPDATE}.get(verb, journey.FINISH)

        def show() -> QWidget:
            self.wizard.travel(way)
            if self.wizard.currentId() != PageId.PROGRESS:
                self.wizard.go(PageId.PROGRESS)
            self.wizard.progress.begin(verb, states.NAMES)
            self.wizard.show_pause(Pause.OFFERED)
            self.wizard.progress.show_state(state)
            then()
            self.wizard._pause._deaf.stop()  # a picture is of what can be clicked
            self.wizard._pause._wake()
            return self.wizard

        return show

    def _go_on(self) -> None:
        self.wizard.show_paused()
        self.wizard.progress.go_on()
        self.wizard.show_pause(Pause.OFFERED)
        self.wizard.progress.show_state(joined(states.WORKING, LOOKING))

    def _prove(self) -> None:
        page = self.wizard.progress
        page.see(PlanReady(plan=Plan(keep=states.CATALOG)), KEPT)
        page.see(StepStarted(module="nodejs", step=RunStep.PROVE, done=0, total=None), KEPT)
        page.render_now()
