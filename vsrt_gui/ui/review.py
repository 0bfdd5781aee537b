"""What a request would change, told before anything happens: pure rules from a plan to words, without a widget."""

from dataclasses import dataclass
from pathlib import Path

from vsrt_gui.model.launch_state import Ready, Starting
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import ModulePlan, Plan
from vsrt_gui.model.request import Verb
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import Damage, Generation, Note
from vsrt_gui.runbook.quantities import listed, size
from vsrt_gui.ui import text
from vsrt_gui.ui.changes import ICONS, Change, changes
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.translation import translate

LINE = 2_500_000
"""Bytes a second of a line that is slow today (20 Mbit/s): most people wait less than what is told from it."""
DISK = 40_000_000
"""Bytes a second that even an old laptop unpacks, checks and writes."""
START = 2.0
"""Seconds that a run takes for itself."""
FEW, MINUTE = 10, 60


@dataclass(frozen=True)
class Quote:
    """What is known before a run.

    Attributes:
        verb: what is asked.
        plan: what that means.
        overview: what is there now.
        needed: bytes that must be free.
        chosen: the set that one goes back to, None for other verbs.
        lost: why wanted modules can't be had, a sentence for each.
        keeps: whether the version that is left stays, to go back to.
    """

    verb: Verb
    plan: Plan
    overview: Overview
    needed: int = 0
    chosen: Generation | None = None
    lost: tuple[str, ...] = ()
    keeps: bool = True

    @property
    def before(self) -> tuple[Target, ...]:
        """The modules in force."""
        current = self.overview.record.current
        return current.modules if current else ()

    @property
    def after(self) -> tuple[Target, ...]:
        """The modules that will be in force, in the order of what is there now and then of what comes."""
        coming = {t.id: t for t in (*self.plan.keep, *(work.target for work in self.plan.work))}
        order = {target.id: number for number, target in enumerate(self.before)}
        return tuple(sorted(coming.values(), key=lambda t: order.get(t.id, len(order))))


@dataclass(frozen=True)
class Line:
    """One module.

    Attributes:
        icon: of its kind.
        name: of it.
        what: happens to it.
        amount: bytes to fetch, empty for none.
    """

    icon: str
    name: str
    what: str
    amount: str = ""


@dataclass(frozen=True)
class Review:
    """What is shown of a quote.

    Attributes:
        heading: in a few words.
        lead: a sentence more.
        sign: the icon beside it.
        tone: of the icon.
        lines: each module that changes.
        rest: what stays as it is, empty for nothing worth saying.
        facts: what it costs and what it leaves alone, each an icon's name and a text.
        notice: tone, title and text of what stands in the way or is worth a thought; None for nothing.
        commit: what the button is called that begins it; empty when there is nothing to do.
        ready: whether it can be begun.
    """

    heading: str
    lead: str
    sign: str
    tone: Tone
    lines: tuple[Line, ...] = ()
    rest: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    notice: tuple[Tone, str, str] | None = None
    commit: str = ""
    ready: bool = False


def review_of(quote: Quote) -> Review:
    """Return what is shown before an update, a repair or a way back to an earlier version."""
    match quote.verb:
        case Verb.UPDATE:
            return _update(quote)
        case Verb.REPAIR:
            return _repair(quote)
        case Verb.ROLLBACK:
            return _rollback(quote)
        case _:
            msg = f"{quote.verb} is not reviewed"
            raise ValueError(msg)


def _update(quote: Quote) -> Review:
    differing = changes(quote.before, quote.after)
    current = quote.overview.record.current
    version = current.manifest_version if current else ""
    if not differing and not quote.plan.work:
        return Review(
            translate("review", "You have the newest version"),
            translate("review", "Version {version}, {modules}. There is nothing to fetch.").format(
                version=version, modules=text.modules(len(quote.before))
            ),
            "success",
            Tone.SUCCESS,
            notice=_lost(quote),
        )
    new = quote.overview.manifest_version
    heading = translate("review", "Update to version {version}").format(version=new)
    lead = translate("review", "What you have keeps working until the update is complete.")
    if quote.keeps:
        lead += " " + translate("review", "Afterwards you can go back to version {version}.")
    return Review(
        heading if new and new != version else translate("review", "Update the modules"),
        lead.format(version=version),
        "update",
        Tone.ACCENT,
        lines=_lines(quote, differing),
        rest=_rest(quote, differing),
        facts=(_download(quote), *_room(quote), *_editor(quote)),
        notice=_short_of_room(quote) or _lost(quote),
        commit=translate("review", "&Update"),
        ready=_roomy(quote),
    )


def _repair(quote: Quote) -> Review:
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
            notice=_lost(quote),
        )
    rest = listed(t.module.name for t in quote.plan.keep)
    words = translate("review", "In order: {modules}.")
    own = translate("review", "Your own settings and extensions are not touched")
    return Review(
        translate("review", "The notes that say what is installed need repair") if notes else _damage(work),
        translate("review", "Every file was checked. Only what is wrong is put right."),
        "warning",
        Tone.WARNING,
        lines=(*map(_renewed, notes), *(_mended(one) for one in work)),
        rest=words.format(modules=rest) if rest else "",
        facts=(_to_fetch(quote), ("clock", about(quote.plan)), ("lock", own)),
        notice=_short_of_room(quote) or _lost(quote),
        commit=translate("review", "&Repair"),
        ready=_roomy(quote),
    )


def _rollback(quote: Quote) -> Review:
    differing = changes(quote.before, quote.after)
    current, chosen = quote.overview.record.current, quote.chosen
    version = current.manifest_version if current else ""
    back = current is None or chosen is None or chosen.number < current.number
    undo = translate("review", "You can come back to version {version} in the same way")
    same = translate("review", "The modules are the same as now.")
    return Review(
        translate("review", "What changes"),
        "" if differing else same,
        "update",
        Tone.ACCENT,
        lines=_lines(quote, differing),
        rest=_rest(quote, differing),
        facts=(
            _download(quote),
            *((("update", undo.format(version=version)),) if quote.keeps else ()),
            *_editor(quote),
        ),
        notice=_short_of_room(quote) or _lost(quote),
        commit=_go(back=back),
        ready=_roomy(quote),
    )


def _go(*, back: bool) -> str:
    return (
        translate("review", "&Go back to this version")
        if back
        else translate("review", "&Go to this version")
    )


def _lines(quote: Quote, differing: tuple[Change, ...]) -> tuple[Line, ...]:
    fetched = {work.target.id: work for work in quote.plan.work}
    changed = {each.target.id for each in differing}
    lines = tuple(
        Line(
            "remove" if each.new is None else ICONS[each.target.module.type],
            each.target.module.name,
            each.words,
            _amount(fetched.get(each.target.id)),
        )
        for each in differing
    )
    return (*lines, *(_mended(work) for key, work in fetched.items() if key not in changed))


def _amount(work: ModulePlan | None) -> str:
    return size(work.to_fetch) if work is not None and work.to_fetch else ""


def _mended(work: ModulePlan) -> Line:
    module = work.target.module
    return Line(ICONS[module.type], module.name, _wrong(work), _amount(work))


def _renewed(damage: Damage) -> Line:
    """Say what happens to one of the folder's own notes, or to what stands in the place of a folder."""
    if damage.note is Note.FOLDER:
        aside = translate("review", "Not a folder of the runtime: moved aside, and made anew")
        return Line("folder", Path(damage.path).name, aside)
    name = {
        Note.MARK: translate("review", "The folder's mark"),
        Note.CURRENT: translate("review", "Which version is in use"),
        Note.GENERATION: translate("review", "What that version holds"),
    }[damage.note]
    return Line("info", name, translate("review", "Written anew"))


def _wrong(work: ModulePlan) -> str:
    if work.files is None:
        return translate("review", "Has to be fetched anew")
    files = work.files
    return translate("review", "%n file(s) damaged or missing", None, files)


def _damage(work: tuple[ModulePlan, ...]) -> str:
    """Say in one line what is wrong: `3 files in Node.js are damaged`."""
    if any(one.files is None for one in work):
        return translate("review", "Some files need repair")
    files = sum(one.files or 0 for one in work)
    if len(work) == 1:
        words = translate("review", "%n file(s) in {module} need repair", None, files)
        return words.format(module=work[0].target.module.name)
    words = translate("review", "%n file(s) in {modules} need repair", None, files)
    return words.format(modules=text.modules(len(work)))


def _rest(quote: Quote, differing: tuple[Change, ...]) -> str:
    changed = {each.target.id for each in differing} | {work.target.id for work in quote.plan.work}
    names = [t.module.name for t in quote.after if t.id not in changed]
    return translate("review", "Stays as it is: {modules}.").format(modules=listed(names)) if names else ""


def _download(quote: Quote) -> tuple[str, str]:
    """Say how much is fetched, and how much it would be if nothing of it were there."""
    whole, fetch = quote.plan.whole, quote.plan.to_fetch
    if whole is None or not fetch or whole < fetch or size(whole) == size(fetch):
        return _to_fetch(quote)
    words = translate("review", "{size} to download instead of {whole}")
    return ("download", words.format(size=size(fetch), whole=size(whole)))


def _to_fetch(quote: Quote) -> tuple[str, str]:
    unknown = any(work.fetch is not None and not work.to_fetch for work in quote.plan.work)
    if unknown and quote.plan.to_fetch:
        words = translate("review", "At least {size} to download")
    elif unknown:
        return ("download", translate("review", "How much is to be downloaded is not known yet"))
    elif quote.plan.to_fetch:
        words = translate("review", "{size} to download")
    else:
        return ("download", translate("review", "Nothing has to be downloaded"))
    return ("download", words.format(size=size(quote.plan.to_fetch)))


def _room(quote: Quote) -> tuple[tuple[str, str], ...]:
    volume = quote.overview.volume
    if volume is None or not quote.needed:
        return ()
    words = translate("review", "{needed} must be free on the disk; {free} are")
    return (("disk", words.format(needed=size(quote.needed), free=size(volume.free))),)


def _editor(quote: Quote) -> tuple[tuple[str, str], ...]:
    if not isinstance(quote.overview.server, Ready | Starting):
        return ()
    words = translate(
        "review", "The editor that is open goes on. It is the other version when you open it the next time"
    )
    return (("launch", words),)


def _roomy(quote: Quote) -> bool:
    volume = quote.overview.volume
    return volume is None or quote.needed <= volume.free


def _short_of_room(quote: Quote) -> tuple[Tone, str, str] | None:
    volume = quote.overview.volume
    if volume is None or _roomy(quote):
        return None
    words = translate("review", "{missing} more are needed. Empty the bin, or remove what you don't need.")
    title = translate("review", "There is not enough room on the disk")
    return (Tone.DANGER, title, words.format(missing=size(quote.needed - volume.free)))


def _lost(quote: Quote) -> tuple[Tone, str, str] | None:
    if not quote.lost:
        return None
    return (Tone.WARNING, translate("review", "Not everything can be had"), "\n".join(quote.lost))


def about(plan: Plan) -> str:
    """Return roughly how long a plan takes, told from a slow line, so that nobody waits much longer."""
    seconds = START + plan.to_fetch / LINE + plan.to_write / DISK
    if seconds <= FEW:
        return translate("review", "About 10 seconds")
    if seconds <= MINUTE:
        return translate("review", "Less than a minute")
    words = translate("review", "About {number} minutes, depending on your connection")
    return words.format(number=max(2, round(seconds / MINUTE)))
