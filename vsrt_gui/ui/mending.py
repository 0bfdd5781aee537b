"""What a repair would put right, told before anything happens: pure rules from a plan to words, without a widget."""

from pathlib import Path
from typing import assert_never

from vsrt_gui.model.plan import ModulePlan
from vsrt_gui.model.survey import Damage, FileState, Note
from vsrt_gui.runbook.quantities import listed
from vsrt_gui.ui import text
from vsrt_gui.ui.changes import ICONS
from vsrt_gui.ui.costs import amount, lost, roomy, short_of_room, takes, to_fetch
from vsrt_gui.ui.quoting import Line, Quote, Review
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.translation import translate


def repair_review(quote: Quote) -> Review:
    """Return what is shown before a repair."""
    work, notes = quote.plan.work, quote.plan.mends
    if not work and not notes:
        words = translate(
            "review", "{modules}, every file of them was checked: none is missing or was changed."
        )
        return Review(
            translate("review", "Everything is in order"),
            words.format(modules=text.modules(len(quote.before))),
            "success",
            Tone.SUCCESS,
            notice=lost(quote),
        )
    rest = listed(t.module.name for t in quote.plan.keep)
    words = translate("review", "In order: {modules}.")
    own = translate("review", "Your own settings and extensions are not touched")
    return Review(
        _damage(work) if work else translate("review", "The notes that say what is installed need repair"),
        translate("review", "Every file was checked. Only what is wrong is put right."),
        "warning",
        Tone.WARNING,
        lines=(*map(_renewed, notes), *(mended(one) for one in work)),
        rest=words.format(modules=rest) if rest else "",
        facts=(to_fetch(quote), *takes(quote.plan), ("lock", own)),
        notice=short_of_room(quote) or lost(quote),
        commit=translate("review", "&Repair"),
        ready=roomy(quote),
    )


def mended(work: ModulePlan) -> Line:
    """Say how much is wrong with a module, and what it costs."""
    module = work.target.module
    return Line(ICONS[module.type], module.name, _wrong(work), amount(work))


def _renewed(damage: Damage) -> Line:
    """Say what happens to one of the folder's own notes, or to what stands in the place of a folder."""
    if damage.note is Note.FOLDER:
        if damage.leads:
            words = translate("review", "A link to {place}: renamed to {name}, and made anew")
        else:
            words = translate("review", "Not a folder of the runtime: renamed to {name}, and made anew")
        return Line("folder", Path(damage.path).name, words.format(place=damage.leads, name=damage.aside))
    if damage.note is Note.EARLIER:
        what = translate(
            "review", "Can't be read and is removed: nothing can go back to that version any more"
        )
        return Line("info", translate("review", "What an earlier version holds"), what)
    name = {
        Note.MARK: translate("review", "The folder's mark"),
        Note.CURRENT: translate("review", "Which version is in use"),
        Note.GENERATION: translate("review", "What that version holds"),
    }[damage.note]
    return Line("info", name, translate("review", "Written anew"))


def _wrong(work: ModulePlan) -> str:
    """Say what is wrong with a module's files and launchers: `1 file missing, 1 command to be written anew`."""
    if work.files is None:
        return translate("review", "Has to be fetched anew")
    parts = [_files(state, count) for state, count in work.harm.states.items()]
    if work.harm.commands:
        number = len(work.harm.commands)
        parts.append(translate("review", "%n command(s) to be written anew", None, number))
    return ", ".join(parts)


def _files(state: FileState, count: int) -> str:
    match state:
        case FileState.MISSING:
            return translate("review", "%n file(s) missing", None, count)
        case FileState.CHANGED:
            return translate("review", "%n file(s) changed", None, count)
        case FileState.WRONG_MODE:
            return translate("review", "%n file(s) with wrong permissions", None, count)
        case FileState.LINK:
            return translate("review", "%n file(s) replaced by a link", None, count)
        case FileState.WRONG_KIND:
            return translate("review", "%n file(s) replaced by something else", None, count)
        case FileState.UNREADABLE:
            return translate("review", "%n file(s) can't be read", None, count)
        case _:
            assert_never(state)


def _damage(work: tuple[ModulePlan, ...]) -> str:
    """Say in one line what is wrong: `3 files in Node.js need repair`."""
    if any(one.files is None for one in work):
        return translate("review", "Some files need repair")
    files = sum(one.harm.files for one in work)
    commands = sum(len(one.harm.commands) for one in work)
    where = work[0].target.module.name if len(work) == 1 else text.modules(len(work))
    if not files:
        words = translate("review", "%n command(s) of {module} have to be written anew", None, commands)
    elif not commands:
        words = translate("review", "%n file(s) in {module} need repair", None, files)
    else:
        words = translate("review", "{files} and {commands} in {module} need repair")
    return words.format(
        module=where,
        files=translate("review", "%n file(s)", None, files),
        commands=translate("review", "%n command(s)", None, commands),
    )
