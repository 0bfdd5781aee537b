"""Shows what a request will do, and asks once."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

from rich.table import Table

from vsrt_gui.cli import prose
from vsrt_gui.cli.options import Call
from vsrt_gui.cli.outlet import Line, drawing, printable
from vsrt_gui.cli.screens import console
from vsrt_gui.cli.stage import Stage
from vsrt_gui.cli.usage import UsageError
from vsrt_gui.model.plan import ModulePlan, Plan
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.survey import Generation
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.runbook.quantities import size

_LONGEST_ANSWER = 1024


def check_askable(call: Call) -> None:
    """Make sure that somebody is there to be asked.

    Raises:
        UsageError: nobody is.
    """
    out, _ = console()
    if call.as_json or not out.is_terminal or sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("This changes what is installed. Add --yes to go on without being asked.")


def given(stage: Stage, wish: Request) -> bool:
    """Show what the request would do and ask whether to go on; there is no question where nothing is to be done.

    Raises:
        InstallerError, FaultsError: what would stop the request before its first step.
        CancelledError: Ctrl-C while it was found out.
    """
    plan = stage.wait(lambda session: session.quote(wish))
    if not (plan.work or plan.drop or plan.switch or plan.faults or plan.mends):
        return True
    _show(stage, wish, plan)
    return _yes(stage, "Go on?") and (not wish.with_data or _parts_with_data(stage))


def _parts_with_data(stage: Stage) -> bool:
    """Ask once more before the user's own things go; nothing is asked where there are none.

    Raises:
        InstallerError: what is there can't be looked at.
        CancelledError: Ctrl-C.
    """
    own = stage.wait(lambda session: session.own_data())
    if not own.paths:
        return True
    stage.out.say([Line(f"  {path}") for path in own.paths])
    question = f"This removes your own settings and extensions, {size(own.size)}, for good. Remove them?"
    return _yes(stage, question)


def _show(stage: Stage, wish: Request, plan: Plan) -> None:
    words = stage.doors.runbook
    stage.out.say([Line(f"{words.word(f'running.{wish.verb}')}: {stage.session.prefix}", "bold")])
    if wish.verb in {Verb.UPDATE, Verb.ROLLBACK}:
        table = _versions(plan, stage.wait(lambda session: session.look()).record.current)
    else:
        table = _work(plan, words)
    if table.row_count:
        drawing(stage.out.stream).print(table)
    if wish.verb is Verb.UNINSTALL and not wish.modules:
        stage.out.say(prose.in_use(stage.wait(lambda session: session.in_use())))
    stage.out.say(_remarks(wish, plan, words))


def _work(plan: Plan, words: Runbook) -> Table:
    """Lay out what is to be fetched and written."""
    table = Table("Module", "Version", "Now", box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("Download", justify="right")
    table.add_column("On disk", justify="right")
    for each in plan.work:
        module = each.target.module
        now, written = prose.state(each.drift, each.harm, words), size(each.unpack_bytes)
        table.add_row(printable(module.name), module.version, now, _fetched(each), written)
    return table


def _fetched(work: ModulePlan) -> str:
    return "unknown" if work.unsized else size(work.to_fetch)


def _versions(plan: Plan, current: Generation | None) -> Table:
    """Lay out which versions are replaced by which."""
    table = Table("Module", "Now", "Then", box=None, header_style="dim", padding=(0, 2, 0, 0))
    now = {target.id: target for target in current.modules} if current else {}
    for target in (*(each.target for each in plan.work), *plan.keep):
        before = now.get(target.id)
        if before is None or before.folder != target.folder:
            earlier = before.module.version if before else ""
            table.add_row(printable(target.module.name), earlier, target.module.version)
    return table


def _remarks(wish: Request, plan: Plan, words: Runbook) -> Iterator[Line]:
    names = prose.names(plan)
    yield Line(prose.todo(plan))
    if plan.work and not plan.unsized:
        yield Line(prose.about(plan))
    yield from prose.changes(wish, plan)
    for fault in plan.faults:
        yield Line(words.page(fault, names).cause, "yellow")


def _yes(stage: Stage, question: str) -> bool:
    """Ask; only a clear yes counts, and the end of the input is a no.

    Raises:
        CancelledError: Ctrl-C.
    """
    stage.out.part(f"{question} [y/N] ")
    try:
        answer = stage.wait(lambda _: _typed())
    except asyncio.CancelledError:
        stage.out.line()
        raise
    if not answer.endswith(b"\n"):
        stage.out.line()
    return answer.strip().lower() in {b"y", b"yes"}


async def _typed() -> bytes:
    """Wait for a line on the terminal.

    A thread of its own reads: Ctrl-C then ends the waiting at once on every system, also when it comes just before
    the reading begins. It reads the bare descriptor, since a thread that is left behind within `sys.stdin`
    would keep the interpreter from ending.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    def hand_over(line: bytes) -> None:
        if not answer.done():
            answer.set_result(line)

    def read() -> None:
        try:
            line = os.read(sys.stdin.fileno(), _LONGEST_ANSWER)
        except OSError:  # the terminal is gone
            line = b""
        with suppress(RuntimeError):  # the loop was left meanwhile
            loop.call_soon_threadsafe(hand_over, line)

    threading.Thread(target=read, daemon=True).start()
    return await answer
