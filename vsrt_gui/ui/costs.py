"""What a run costs and what it needs, told before it begins: bytes, time, room, and what can't be had."""

from vsrt_gui.engine.pace import likely_seconds
from vsrt_gui.model.launch_state import Ready, Starting
from vsrt_gui.model.plan import ModulePlan, Plan
from vsrt_gui.runbook.quantities import size
from vsrt_gui.ui.quoting import Quote
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.translation import translate

FEW, MINUTE = 10, 60


def takes(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Say roughly how long a plan takes, where it is known how much there is to fetch."""
    return () if plan.unsized else (("clock", about(plan)),)


def about(plan: Plan) -> str:
    """Return roughly how long a plan takes, told from a slow line, so that nobody waits much longer."""
    seconds = likely_seconds(plan)
    if seconds <= FEW:
        return translate("review", "About 10 seconds")
    if seconds <= MINUTE:
        return translate("review", "Less than a minute")
    words = translate("review", "About {number} minutes, depending on your connection")
    return words.format(number=max(2, round(seconds / MINUTE)))


def amount(work: ModulePlan | None) -> str:
    """Return the bytes that a module needs, in words; empty for none."""
    return size(work.to_fetch) if work is not None and work.to_fetch else ""


def download(quote: Quote) -> tuple[str, str]:
    """Say how much is fetched, and how much it would be if nothing of it were there."""
    whole, fetch = quote.plan.whole, quote.plan.to_fetch
    if whole is None or not fetch or whole < fetch or size(whole) == size(fetch):
        return to_fetch(quote)
    words = translate("review", "{size} to download instead of {whole}")
    return ("download", words.format(size=size(fetch), whole=size(whole)))


def to_fetch(quote: Quote) -> tuple[str, str]:
    """Say how much is fetched, as far as that is known."""
    unknown = quote.plan.unsized
    if unknown and quote.plan.to_fetch:
        words = translate("review", "At least {size} to download")
    elif unknown:
        return ("download", translate("review", "How much is to be downloaded is not known yet"))
    elif quote.plan.to_fetch:
        words = translate("review", "{size} to download")
    else:
        return ("download", translate("review", "Nothing has to be downloaded"))
    return ("download", words.format(size=size(quote.plan.to_fetch)))


def room(quote: Quote) -> tuple[tuple[str, str], ...]:
    """Say how much room is needed, and how much there is."""
    volume = quote.overview.volume
    if volume is None or not quote.needed:
        return ()
    words = translate("review", "{needed} must be free on the disk; {free} are")
    return (("disk", words.format(needed=size(quote.needed), free=size(volume.free))),)


def editor(quote: Quote) -> tuple[tuple[str, str], ...]:
    """Say what becomes of an editor that is open."""
    if not isinstance(quote.overview.server, Ready | Starting):
        return ()
    words = translate(
        "review", "The editor that is open goes on. It is the other version when you open it the next time"
    )
    return (("launch", words),)


def roomy(quote: Quote) -> bool:
    """Tell whether there is enough room."""
    volume = quote.overview.volume
    return volume is None or quote.needed <= volume.free


def short_of_room(quote: Quote) -> tuple[Tone, str, str] | None:
    """Return the notice that there is not enough room; None where there is."""
    volume = quote.overview.volume
    if volume is None or roomy(quote):
        return None
    words = translate("review", "{missing} more are needed. Empty the bin, or remove what you don't need.")
    title = translate("review", "There is not enough room on the disk")
    return (Tone.DANGER, title, words.format(missing=size(quote.needed - volume.free)))


def lost(quote: Quote) -> tuple[Tone, str, str] | None:
    """Return the notice of wanted modules that can't be had; None where there are none."""
    if not quote.lost:
        return None
    return (Tone.WARNING, translate("review", "Not everything can be had"), "\n".join(quote.lost))
