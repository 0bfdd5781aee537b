"""What the progress page says where there are no rows: before the plan is known, and where nothing is to be brought."""

from dataclasses import dataclass

from vsrt_gui.model.request import Verb
from vsrt_gui.model.run import Phase, RunState
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.translation import translate


@dataclass(frozen=True)
class Blank:
    """An icon with its tone, and a sentence."""

    icon: str
    tone: Tone
    text: str


def blank(state: RunState, verb: Verb, *, paused: bool) -> Blank | None:
    """Return what to say instead of rows; None where there are some, or where the page is about to change.

    Args:
        state: of the run.
        verb: what it is to bring about.
        paused: whether it rests.
    """
    if state.modules or (state.phase is Phase.FINISHED and not paused):
        return None
    if state.plan is not None and verb is not Verb.UNINSTALL:
        words = translate("blank", "All parts are here. Each shows that it works before it is put to use.")
        return Blank("shield", Tone.NEUTRAL if paused else Tone.ACCENT, words)
    if paused:
        return Blank("stopped", Tone.NEUTRAL, translate("blank", "Nothing has been changed yet."))
    if verb is Verb.UNINSTALL:
        words = translate("blank", "Only what was installed goes. Your own settings and extensions stay.")
        return Blank("remove", Tone.NEUTRAL, words)
    if state.holdup is not None:
        words = translate(
            "blank", "Nothing has to be done: it goes on by itself as soon as there is an answer."
        )
        return Blank("clock", Tone.WARNING, words)
    return Blank("search", Tone.ACCENT, _looking(verb))


def _looking(verb: Verb) -> str:
    match verb:
        case Verb.REPAIR:
            return translate(
                "blank",
                "Every file is compared with what it should be. Only what is missing or damaged is fetched.",
            )
        case Verb.VERIFY:
            return translate("blank", "Every file is compared with what it should be. Nothing is changed.")
        case _:
            return translate("blank", "What is on the disk already is not fetched again.")
