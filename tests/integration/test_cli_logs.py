"""The logs of real runs of the real program: who is in them, what is never in them, and where they go."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cli_house import Catalog, Vsrt
from simulators.http_server import Behaviour, HttpServer


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog").write()


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def folder() -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "vscode-runtime" / "log"


def test_a_run_is_told_in_three_logs_under_one_id(catalog: Catalog, tmp_path: Path) -> None:
    with HttpServer(catalog.folder) as server:
        server.behave("/core-1.0.0.zip", Behaviour(cut_after=1000), times=1)
        vsrt = Vsrt(server.url, tmp_path / "runtime")
        run_id = vsrt.run("install", "--yes", "--json").events[0]["run_id"]
    application = lines(folder() / "application.log")
    downloads = lines(folder() / "downloads.log")
    events = [line["event"] for line in application]
    assert events[0] == "run-started"
    assert events[-1] == "run-finished"
    assert {line["run_id"] for line in application} == {run_id}
    retried = next(line for line in downloads if line["event"] == "retrying")
    assert (retried["module"], retried["level"], retried["run_id"]) == ("core", "warning", run_id)
    assert any("HTTP Request: GET" in line.get("text", "") for line in downloads)
    assert (folder() / "infrastructure.log").is_file()


def test_the_home_folder_and_passwords_are_in_no_log(catalog: Catalog, tmp_path: Path) -> None:
    home = tmp_path / "home" / "adelheid"
    home.mkdir(parents=True)
    with HttpServer(catalog.folder) as server:
        url = server.url.replace("http://", "http://me:hunter2@")
        vsrt = Vsrt(url, home / "runtime")
        assert vsrt.run("install", "--yes", HOME=str(home), USER="adelheid", LOGNAME="adelheid").code == 0
    content = "".join(path.read_text("utf-8") for path in folder().glob("*.log"))
    assert "run-finished" in content
    assert "adelheid" not in content
    assert "hunter2" not in content


def test_a_further_file_is_named_on_the_command_line_or_in_the_environment(
    catalog: Catalog, tmp_path: Path
) -> None:
    vsrt = Vsrt(str(catalog.folder), tmp_path / "runtime")
    by_option, by_variable = tmp_path / "option.log", tmp_path / "variable.log"
    assert vsrt.run("install", "--yes", "--log-file", str(by_option)).code == 0
    assert vsrt.run("verify", VSRT_LOG_FILE=str(by_variable)).code == 0
    assert {"run-started", "step-started", "run-finished"} <= {line["event"] for line in lines(by_option)}
    assert "module-found" in {line["event"] for line in lines(by_variable)}


def test_a_log_file_that_can_not_be_written_ends_in_its_own_fault(catalog: Catalog, tmp_path: Path) -> None:
    vsrt = Vsrt(str(catalog.folder), tmp_path / "runtime")
    done = vsrt.run("install", "--yes", "--json", "--log-file", str(tmp_path / "none" / "x.log"))
    assert done.code == 85
    (fault,) = done.end["faults"]
    assert (fault["code"], fault["facts"]["setting"]) == ("setting-invalid", "log_file (command line)")
    assert "can't be written" in fault["facts"]["reason"]
    assert not (tmp_path / "runtime").exists()


def test_less_is_told_where_less_is_wanted(catalog: Catalog, tmp_path: Path) -> None:
    vsrt = Vsrt(str(catalog.folder), tmp_path / "runtime")
    log = tmp_path / "some.log"
    assert vsrt.run("install", "--yes", "--log-file", str(log), VSRT_LOG_LEVEL="error").code == 0
    assert log.read_text() == ""
