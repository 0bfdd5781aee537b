"""What a run does is written down, once the folder is ours, and never at the run's expense."""

import asyncio
from collections.abc import Awaitable, Callable

from simulators.memory import MemoryPrefix

from vsrt_gui.engine.cancel import Workers
from vsrt_gui.engine.journal import INTERVAL, Journal
from vsrt_gui.model.events import (
    Committed,
    Event,
    ModuleFinished,
    Step,
    StepProgress,
    SurveyProgress,
    Waiting,
)
from vsrt_gui.model.faults import FaultCode, InstallerError

FINISHED = ModuleFinished(module="nodejs")


def journalled(work: Callable[[Journal], Awaitable[None]]) -> MemoryPrefix:
    prefix = MemoryPrefix()

    async def all_of_it() -> None:
        workers = Workers(2)
        try:
            await work(Journal(prefix, workers, "run-1"))
        finally:
            workers.close()

    asyncio.run(all_of_it())
    return prefix


def test_nothing_is_written_before_the_folder_is_ours() -> None:
    async def work(journal: Journal) -> None:
        journal.note(FINISHED)
        await journal.flush()

    assert journalled(work).journal == []


def test_then_all_that_was_noted_in_order() -> None:
    async def work(journal: Journal) -> None:
        journal.note(FINISHED)
        await journal.open()
        journal.note(Committed(generation=1, complete=True))
        await journal.flush()
        await journal.flush()

    lines = journalled(work).journal
    assert [line["event"] for line in lines] == ["module-finished", "committed"]
    assert {line["run_id"] for line in lines} == {"run-1"}
    assert all(isinstance(line["at"], float) for line in lines)


def test_progress_is_not_worth_a_line() -> None:
    passing: tuple[Event, ...] = (
        StepProgress(module="nodejs", step=Step.DOWNLOAD, done=1, total=2, at=0.0),
        SurveyProgress(done=1, total=2),
        Waiting(module=None, host="files.test", seconds=3.0),
    )

    async def work(journal: Journal) -> None:
        await journal.open()
        for event in passing:
            journal.note(event)
        await journal.flush()

    assert journalled(work).journal == []


def test_a_journal_that_cannot_be_written_hides_nothing() -> None:
    async def work(journal: Journal) -> None:
        journal._prefix.troubles["record"] = InstallerError(FaultCode.DISK_FULL, path="/")  # type: ignore[attr-defined]
        await journal.open()
        journal.note(FINISHED)
        await journal.flush()

    assert journalled(work).journal == []


def test_what_could_not_be_written_is_written_later_and_in_order() -> None:
    async def work(journal: Journal) -> None:
        troubles = journal._prefix.troubles  # type: ignore[attr-defined]
        troubles["record"] = InstallerError(FaultCode.DISK_FULL, path="/")
        await journal.open()
        journal.note(FINISHED)
        await journal.flush()
        troubles.clear()
        journal.note(Committed(generation=1, complete=True))
        await journal.flush()

    assert [line["event"] for line in journalled(work).journal] == ["module-finished", "committed"]


def test_nothing_is_written_where_all_is_being_removed() -> None:
    async def work(journal: Journal) -> None:
        await journal.open()
        journal.note(FINISHED)
        journal.close()
        await journal.flush()

    assert journalled(work).journal == []


def test_it_is_flushed_by_itself_and_keeps_its_lines_when_that_is_cancelled() -> None:
    async def work(journal: Journal) -> None:
        await journal.open()
        flushing = asyncio.create_task(journal.keep_flushing())
        journal.note(FINISHED)
        while not journal._prefix.journal:  # type: ignore[attr-defined]  # noqa: ASYNC110 -- a thread writes it
            await asyncio.sleep(INTERVAL / 5)
        journal.note(FINISHED)
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
        await journal.flush()

    assert len(journalled(work).journal) == 2
