"""The logs on the disk: what a line holds and what it never holds, how files are turned over and read back."""

import json
import logging
import multiprocessing
import os
import sys
from pathlib import Path

import pytest

from vsrt_gui.adapters.log_files import ELDERS, MOST_BYTES, LogFiles
from vsrt_gui.engine.chronicle import Chronicle
from vsrt_gui.logs import Logs
from vsrt_gui.model.events import Outcome, Retrying, RunFinished, RunStarted, Severity, Step, StepProgress
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.logbook import LogLine, LogName
from vsrt_gui.model.redaction import Private, Redaction
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.settings import LogLevel, Settings

PRIVATE = Private(
    names=frozenset({"gertrude"}), homes=frozenset({"/home/gertrude"}), secrets=frozenset({"hunter2"})
)


@pytest.fixture
def files(tmp_path: Path) -> LogFiles:
    return LogFiles(tmp_path / "logs", Redaction(PRIVATE))


def line(text: str = "hello", log: LogName = LogName.APPLICATION, at: float = 1.5, **more: object) -> LogLine:
    return LogLine(at=at, level=LogLevel.INFO, log=log, text=text).but(**more)


def test_a_line_is_one_json_object(files: LogFiles) -> None:
    files.append(line(run_id="r1", module="nodejs"))
    (content,) = (files.folder / "application.log").read_text().splitlines()
    assert json.loads(content) == {
        "time": "1970-01-01T00:00:01.500000Z",
        "level": "info",
        "run_id": "r1",
        "module": "nodejs",
        "event": "message",
        "text": "hello",
    }


def test_nothing_private_is_written(files: LogFiles) -> None:
    files.append(
        line(
            "opened /home/gertrude/x as gertrude with hunter2",
            facts={"path": "/home/gertrude/y", "more": [{"token": "abc"}], "url": "http://u:pw@h/x"},
        )
    )
    content = (files.folder / "application.log").read_text()
    for secret in ("gertrude", "hunter2", "abc", "pw@"):
        assert secret not in content
    assert "~/x" in content


def test_lines_come_back_in_the_order_of_time_whatever_their_log(files: LogFiles) -> None:
    for at, log in ((3.0, LogName.DOWNLOADS), (5.0, LogName.APPLICATION), (4.0, LogName.INFRASTRUCTURE)):
        files.append(line(str(at), log, at))
    assert [found.text for found in files.read()] == ["3.0", "4.0", "5.0"]
    assert [found.log for found in files.read()] == [
        LogName.DOWNLOADS,
        LogName.INFRASTRUCTURE,
        LogName.APPLICATION,
    ]


def test_only_what_matters_enough_is_read(files: LogFiles) -> None:
    for level in LogLevel:
        files.append(line(level, level=level))
    assert [found.text for found in files.read(LogLevel.WARNING)] == ["warning", "error"]


def test_rubbish_in_a_log_is_passed_over(files: LogFiles) -> None:
    files.append(line())
    path = files.folder / "application.log"
    path.write_bytes(
        path.read_bytes() + b'\xff\n[]\n{"time":"x"}\n{"time":1e99}\n{"time":"1970-01-01T00:00:02Z","le'
    )
    assert [found.text for found in files.read()] == ["hello"]


def test_a_full_file_becomes_an_elder_and_the_eldest_goes(files: LogFiles) -> None:
    large = "x" * 10_000
    for number in range((ELDERS + 3) * MOST_BYTES // 10_000):
        files.append(line(f"{number} {large}", at=float(number)))
    names = sorted(path.name for path in files.files())
    assert names == ["application.log", *(f"application.log.{n}" for n in range(1, ELDERS + 1))]
    assert all(path.stat().st_size <= MOST_BYTES + 11_000 for path in files.files())
    newest = files.read()[-1]
    assert newest.at == (ELDERS + 3) * MOST_BYTES // 10_000 - 1


def test_an_endless_text_is_cut(files: LogFiles) -> None:
    files.append(line("y" * 1_000_000, facts={"body": ["z" * 1_000_000]}))
    assert (files.folder / "application.log").stat().st_size < 40_000


def test_logs_are_for_the_user_alone(files: LogFiles) -> None:
    files.append(line())
    if os.name == "posix":
        assert (files.folder / "application.log").stat().st_mode & 0o077 == 0


def test_a_folder_that_can_not_be_made_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    files = LogFiles(tmp_path / "logs", Redaction(Private()))
    files.append(line())
    assert files.read() == ()
    assert files.files() == ()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of that kind there")
def test_a_line_that_found_no_room_takes_no_other_with_it(files: LogFiles) -> None:
    import resource  # noqa: PLC0415 -- POSIX only

    files.append(line("before"))
    size = files.files()[0].stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, hard))
    try:
        files.append(line("lost"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files.files()[0].stat().st_size == size
    files.append(line("after"))
    assert [each.text for each in files.read()] == ["before", "after"]


def test_a_further_file_gets_every_line(tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "logs", Redaction(Private()))
    files.also(tmp_path / "all.log")
    for log in LogName:
        files.append(line(log.value, log))
    said = [json.loads(each)["text"] for each in (tmp_path / "all.log").read_text().splitlines()]
    assert said == ["application", "infrastructure", "downloads"]


def test_a_further_file_that_can_not_be_written_is_told_of(tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "logs", Redaction(Private()))
    with pytest.raises(InstallerError):
        files.also(tmp_path / "nowhere" / "all.log")


def _write_many(folder: Path, name: str) -> None:
    files = LogFiles(folder, Redaction(Private()))
    for number in range(400):
        files.append(line(f"{name} {number} " + "x" * 4000))


def test_several_programs_share_the_files(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(tmp_path, name)) for name in ("one", "two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    content = b"".join(path.read_bytes() for path in LogFiles(tmp_path, Redaction(Private())).files())
    said = {json.loads(each)["text"][:8].strip() for each in content.splitlines()}
    assert len(content.splitlines()) == 800
    assert len(said) == 800


def test_what_any_room_logs_arrives_with_its_traceback(files: LogFiles) -> None:
    with Logs(files) as logs:
        logs.heed(Settings(log_level=LogLevel.INFO))
        logging.getLogger("vsrt_gui.ui.window").error("not caught")
        logging.getLogger("vsrt_gui.engine.lane").debug("too small")
        logging.getLogger("httpx").info("HTTP Request: GET https://h/x")
        try:
            int("hunter2")
        except ValueError:
            logging.getLogger("vsrt_gui.engine.lane").exception("it broke")
    first, second, third = files.read()
    assert (first.log, first.text, first.level) == (LogName.APPLICATION, "not caught", LogLevel.ERROR)
    assert second.log is LogName.DOWNLOADS
    assert third.log is LogName.INFRASTRUCTURE
    assert "ValueError: invalid literal for int() with base 10: '***'" in third.text


def test_a_runs_events_carry_its_id() -> None:
    chronicle = Chronicle()
    fault = InstallerError(FaultCode.STALLED, host="h", seconds=30).at("nodejs", "download")
    events = (
        RunStarted(run_id="r7", request=Request(verb=Verb.UPDATE), at=1.0),
        StepProgress(module="nodejs", step=Step.DOWNLOAD, done=1, total=2, at=1.0),
        Retrying(module="nodejs", step=Step.DOWNLOAD, fault=fault, attempt=1, attempts=3, delay=2.0),
        RunFinished(outcome=Outcome.FAILED, severity=Severity.P4, faults=(fault,)),
    )
    told = [chronicle.told(event, 9.0) for event in events]
    assert told[1] is None
    assert [each.run_id for each in told if each] == ["r7"] * 3
    retrying = told[2]
    assert retrying is not None
    assert (retrying.log, retrying.level, retrying.module) == (LogName.DOWNLOADS, LogLevel.WARNING, "nodejs")
    ended = told[3]
    assert ended is not None
    assert ended.level is LogLevel.ERROR
    assert ended.facts["outcome"] == "failed"
