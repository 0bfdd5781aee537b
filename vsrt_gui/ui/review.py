"""What a request would change, told before anything happens: pure rules from a plan to words, without a widget."""

from typing import assert_never

from vsrt_gui.model.request import Verb
from vsrt_gui.model.versions import Newness, newness
from vsrt_gui.runbook.quantities import listed
from vsrt_gui.ui import text
from vsrt_gui.ui.changes import ICONS, Change, changes
from vsrt_gui.ui.costs import amount, download, editor, lost, room, roomy, short_of_room
from vsrt_gui.ui.mending import mended, repair_review
from vsrt_gui.ui.quoting import Line, Quote, Review
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.translation import translate


def review_of(quote: Quote) -> Review:
    """Return what is shown before an update, a repair or a way back to an earlier version."""
    match quote.verb:
        case Verb.UPDATE:
            return _update(quote)
        case Verb.REPAIR:
            return repair_review(quote)
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
            notice=lost(quote),
        )
    new = quote.overview.manifest_version
    kind = newness(version, new or version)
    lead = translate("review", "What you have keeps working until the update is complete.")
    if quote.keeps:
        lead += " " + (
            translate("review", "Afterwards you can go back to what you have.")
            if kind is Newness.ANEW
            else translate("review", "Afterwards you can go back to version {version}.")
        )
    return Review(
        _update_heading(kind).format(version=new),
        lead.format(version=version),
        "update",
        Tone.ACCENT,
        lines=_lines(quote, differing),
        rest=_rest(quote, differing),
        facts=(download(quote), *room(quote), *editor(quote)),
        notice=short_of_room(quote) or lost(quote),
        commit=translate("review", "&Update"),
        ready=roomy(quote),
    )


def _update_heading(kind: Newness) -> str:
    match kind:
        case Newness.NEWER:
            return translate("review", "Update to version {version}")
        case Newness.ANEW:
            return translate("review", "Update the modules")
        case Newness.OLDER:
            return translate("review", "Update to the older version {version}")
        case _:
            assert_never(kind)


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
            download(quote),
            *((("update", undo.format(version=version)),) if quote.keeps else ()),
            *editor(quote),
        ),
        notice=short_of_room(quote) or lost(quote),
        commit=_go(back=back),
        ready=roomy(quote),
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
            amount(fetched.get(each.target.id)),
        )
        for each in differing
    )
    return (*lines, *(mended(work) for key, work in fetched.items() if key not in changed))


def _rest(quote: Quote, differing: tuple[Change, ...]) -> str:
    changed = {each.target.id for each in differing} | {work.target.id for work in quote.plan.work}
    names = [t.module.name for t in quote.after if t.id not in changed]
    return translate("review", "Stays as it is: {modules}.").format(modules=listed(names)) if names else ""
