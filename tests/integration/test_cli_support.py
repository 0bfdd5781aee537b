"""The support file and the pages of the runbook, whatever state the prefix is in."""

import json
import signal
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cli_house import Catalog, Vsrt, until

from vsrt_gui.settings import LayeredSettings

MOST = 10_000_000
SECRET = "hunter2-not-to-be-seen"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog").write()


@pytest.fixture
def vsrt(catalog: Catalog, tmp_path: Path) -> Vsrt:
    return Vsrt(str(catalog.folder), tmp_path / "jane-doe" / "runtime")


def bundle(vsrt: Vsrt, out: Path, **env: str) -> dict[str, Any]:
    """Write a support file and read it: parsed where it is JSON."""
    home = {"HOME": str(out.parent / "jane-doe"), "USER": "jane-doe", "LOGNAME": "jane-doe"}
    done = vsrt.run("support", "--out", str(out), "--json", **{**home, **env})
    assert (done.code, done.err) == (0, "")
    said = done.events[0]
    path = Path(said["path"])
    assert 0 < path.stat().st_size == said["bytes"] <= MOST
    assert not [each.name for each in path.parent.iterdir() if each.name.startswith(".vsrt-")]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    contents = json.loads(texts["contents.json"])
    assert contents["files"] == {n: len(t.encode()) for n, t in texts.items() if n != "contents.json"}
    return {name: json.loads(text) if name.endswith(".json") else text for name, text in texts.items()}


def test_what_it_tells_of_a_healthy_runtime(vsrt: Vsrt, tmp_path: Path) -> None:
    assert vsrt.run("install", "--yes").code == 0
    told = bundle(vsrt, tmp_path / "help.zip")
    assert told["about.json"]["python"] == sys.version
    assert told["about.json"]["libraries"]["httpx"]
    assert told["status.json"]["status"]["status"] == "installed"
    assert [m["id"] for m in told["status.json"]["modules"]] == ["base", "core", "extra"]
    assert told["faults.json"] == []
    assert {disk["for"] for disk in told["disks.json"]} >= {"prefix", "temporary"}
    assert {"current", "store", "generations/1.json"} <= {entry["name"] for entry in told["prefix.json"]}
    assert told["settings.json"]["kept_generations"]["origin"] == "default"
    journal = [json.loads(line) for line in told["journal.jsonl"].splitlines()]
    assert journal[-1]["event"] == "run-finished"


def test_nothing_private_is_in_it(vsrt: Vsrt, tmp_path: Path) -> None:
    proxy = f"http://jane-doe:{SECRET}@127.0.0.1:9"
    assert vsrt.run("install", "--yes", HTTPS_PROXY=proxy).code == 0
    told = bundle(vsrt, tmp_path / "help.zip", HTTPS_PROXY=proxy, VSRT_PASSWORD=SECRET)
    everything = json.dumps(told)
    assert "jane-doe" not in everything
    assert SECRET not in everything
    assert told["about.json"]["variables"]["HTTPS_PROXY"].endswith("@127.0.0.1:9")


def test_it_names_what_went_wrong_last(vsrt: Vsrt, catalog: Catalog, tmp_path: Path) -> None:
    catalog.archive("core").write_bytes(b"not what was published")
    assert vsrt.run("install", "--yes").code != 0
    told = bundle(vsrt, tmp_path / "help.zip")
    assert told["faults.json"][0]["code"] == "size-mismatch"
    assert told["faults.json"][0]["title"] == "A file arrived with the wrong size"
    explained = vsrt.run("explain")
    assert "Core: " in explained.out or "A file arrived with the wrong size" in explained.out
    (page, *_) = vsrt.run("explain", "--json").events[0]["pages"]
    assert (page["code"], page["module"], page["exit_code"]) == ("size-mismatch", "core", 31)
    assert page["commands"] == ["To try again, run the same command once more."]


@pytest.mark.parametrize("harm", ["current", ".vsrt.json", "generations/1.json"])
def test_a_damaged_prefix(vsrt: Vsrt, tmp_path: Path, harm: str) -> None:
    vsrt.run("install", "--yes")
    (vsrt.prefix / harm).write_bytes(b"\0\1not ours")
    told = bundle(vsrt, tmp_path / "help.zip")
    assert [fault["code"] for fault in told["faults.json"]][:1] == ["prefix-damaged"]
    assert told["prefix.json"]
    assert "The folder's own notes can't be read" in vsrt.run("explain").out


def test_no_prefix_and_a_folder_as_the_place(vsrt: Vsrt, tmp_path: Path) -> None:
    told = bundle(vsrt, tmp_path)
    assert told["status.json"]["status"] == {"status": "notInstalled"}
    assert vsrt.run("explain").out == "Nothing went wrong the last time.\n"
    assert not vsrt.prefix.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process")
def test_while_another_program_works(vsrt: Vsrt, tmp_path: Path) -> None:
    process = vsrt.start("install", "--yes", "--json")
    until(process, lambda event: event["event"] == "step-started")
    process.send_signal(signal.SIGSTOP)
    told = bundle(vsrt, tmp_path / "help.zip")
    assert told["status.json"]["status"]["status"] == "installing"
    assert told["status.json"]["other_pid"] == process.pid
    process.kill()
    process.communicate()
    assert vsrt.run("explain", "--json").events[0]["pages"][0]["code"] == "interrupted"


def test_a_place_that_can_not_be_written(vsrt: Vsrt, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    done = vsrt.run("support", "--out", str(tmp_path / "file" / "help.zip"), "--json")
    assert done.end["outcome"] == "failed"
    assert done.end["faults"][0]["code"] in {"disk-error", "folder-not-writable"}


@pytest.mark.parametrize("asked", ["disk-full", "DISK-FULL", "41"])
def test_a_code_has_a_page(vsrt: Vsrt, asked: str) -> None:
    shown = vsrt.run("explain", asked)
    assert shown.out.splitlines()[0] == "The disk is full"
    assert shown.out.splitlines()[-1] == "Exit code 41, in JSON disk-full"
    assert "(unknown)" not in shown.out
    (page,) = vsrt.run("explain", asked, "--json").events[0]["pages"]
    assert (page["code"], page["title"]) == ("disk-full", "The disk is full")


def test_every_code_can_be_listed_and_explained(vsrt: Vsrt) -> None:
    codes = vsrt.run("explain", "--list", "--json").events[0]["codes"]
    listed = vsrt.run("explain", "--list").out
    assert len(codes) > 50
    assert all(each["code"] in listed for each in codes)


def test_the_versions_that_are_kept(vsrt: Vsrt, catalog: Catalog) -> None:
    assert "no version to go back to" in vsrt.run("rollback", "--list").out
    vsrt.run("install", "core", "--yes")
    vsrt.run("install", "--yes", "extra")
    rows = vsrt.run("rollback", "--list", "--json").events[0]["generations"]
    assert [(row["number"], row["current"], sorted(row["modules"])) for row in rows] == [
        (1, False, ["base", "core"]),
        (2, True, ["base", "core", "extra"]),
    ]
    assert "in use" in vsrt.run("rollback", "--list").out
    refused = vsrt.run("rollback", "--to", "7", "--yes")
    assert (refused.code, "These are there: 1, 2." in refused.err) == (91, True)
    assert catalog.version == "1.0.0"


@pytest.mark.parametrize(
    ("content", "code"),
    [("kept_generations = 'many'\n", "setting-invalid"), ("proxy = \n", "settings-unreadable")],
)
def test_settings_that_can_not_be_used_are_in_the_file(
    vsrt: Vsrt, tmp_path: Path, content: str, code: str
) -> None:
    written = LayeredSettings().user_file
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(content, encoding="utf-8")
    stopped = vsrt.run("status", "--json")
    assert [fault["code"] for fault in stopped.end["faults"]] == [code]
    done = vsrt.run("support", "--out", str(tmp_path / "help.zip"))
    assert done.code == 0
    assert "can't be" in done.err
    with zipfile.ZipFile(tmp_path / "help.zip") as archive:
        faults = json.loads(archive.read("faults.json"))
        settings = json.loads(archive.read("settings.json"))
    assert [fault["code"] for fault in faults] == [code]
    assert settings["kept_generations"]["value"] == 1
    explained = vsrt.run("explain", "--json")
    assert explained.code == 0
    assert [page["code"] for page in explained.events[0]["pages"]] == [code]
    assert vsrt.run("explain", "disk-full").code == 0


def test_a_log_file_that_can_not_be_written_keeps_nobody_from_support(vsrt: Vsrt, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere" / "all.log")
    done = vsrt.run("support", "--out", str(tmp_path / "help.zip"), VSRT_LOG_FILE=nowhere)
    assert (done.code, "VSRT_LOG_FILE" in done.err) == (0, True)
