"""The real machine is asked what it has, and real commands show that a module lives or are ended."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from vsrt_gui.adapters.host import SystemHost, current_platform, user_data
from vsrt_gui.adapters.host.machine import kind_of
from vsrt_gui.adapters.host.probe import NONE, at_least, best_python, clean_environment
from vsrt_gui.adapters.host.processes import OUTPUT_BYTES, process_start
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.model.manifest import Platform, Requirements

PYTHON = sys.executable


def test_this_machine_has_a_platform() -> None:
    machine = os.uname().machine
    expected = {"x86_64": Platform.LINUX_X64, "aarch64": Platform.LINUX_ARM64}.get(machine)
    assert sys.platform != "linux" or current_platform() is expected


@pytest.mark.parametrize(
    ("system", "machine", "wide", "expected"),
    [
        ("linux", "x86_64", True, Platform.LINUX_X64),
        ("linux", "aarch64", True, Platform.LINUX_ARM64),
        ("linux", "x86_64", False, None),
        ("linux", "riscv64", True, None),
        ("darwin", "x86_64", True, Platform.MACOS_X64),
        ("darwin", "arm64", True, Platform.MACOS_ARM64),
        ("win32", "amd64", True, Platform.WINDOWS_X64),
        ("win32", "amd64", False, Platform.WINDOWS_X64),
        ("win32", "arm64", True, Platform.WINDOWS_X64),
        ("win32", "x86", False, None),
        ("freebsd14", "amd64", True, None),
    ],
)
def test_each_kind_of_machine(system: str, machine: str, wide: bool, expected: Platform | None) -> None:
    assert kind_of(system, machine, wide=wide) is expected


@pytest.mark.parametrize(
    ("have", "needed", "enough"),
    [
        ("2.36", "2.28", True),
        ("2.9", "2.28", False),
        ("2.28", "2.28", True),
        ("3", "2.28.1", True),
        ("11", "11.0", True),
        ("11.0", "11", True),
        ("10.0.22631", "10.0.17763", True),
        ("2.36-debian1", "2.36", True),
        (NONE, "2.0", False),
        ("", "1", False),
    ],
)
def test_versions_are_numbers_not_text(have: str, needed: str, enough: bool) -> None:
    assert at_least(have, needed) is enough


@pytest.mark.skipif(sys.platform != "linux", reason="asks for a Linux C library")
def test_what_this_system_lacks_is_named_with_what_it_has() -> None:
    host = SystemHost()
    libc = os.confstr("CS_GNU_LIBC_VERSION")
    assert libc is not None
    have = libc.removeprefix("glibc ")
    assert host.unmet(Requirements(glibc=have, python="3.0")) is None
    assert host.unmet(Requirements(glibc="99.1")) == ("glibc", "99.1", have)
    assert host.unmet(Requirements(macos="99", windows="99")) is None


def test_a_python_is_looked_for_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = SystemHost()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert host.unmet(Requirements(python="3.0")) == ("python", "3.0", NONE)
    for name, version in (("python3", "3.7.2"), ("python3.9", "3.9.1"), ("python3.12", "3.12.4")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "python").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    assert best_python("3.8") == "3.12.4"
    assert host.unmet(Requirements(python="3.14")) == ("python", "3.14", "3.12.4")


def test_the_interpreters_own_variables_reach_no_other_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/users")
    env = clean_environment()
    assert "PYTHONHOME" not in env
    assert env["LD_LIBRARY_PATH"] == "/users"
    assert "LD_LIBRARY_PATH_ORIG" not in env
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG")
    assert clean_environment()["LD_LIBRARY_PATH"] == "/bundle"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert "LD_LIBRARY_PATH" not in clean_environment()


def test_a_command_proves_itself_by_code_and_output() -> None:
    program = "import os, sys; print(os.environ['X'], os.listdir(), sys.stdin.read()); sys.exit('e')"
    code, output = SystemHost().prove((PYTHON, "-c", program), {"X": "value"}, Stop())
    assert (code, output) == (1, "value [] \ne\n")


def test_a_long_output_is_cut_but_never_blocks_the_command() -> None:
    code, output = SystemHost().prove((PYTHON, "-c", "print('x' * 5_000_000)"), {}, Stop())
    assert (code, output) == (0, "x" * OUTPUT_BYTES)


def test_what_cannot_be_started_has_a_shells_exit_code(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("no program")
    (tmp_path / "locked").write_text("#!/bin/sh\n")
    (tmp_path / "plain").chmod(0o755)
    assert SystemHost().prove((str(tmp_path / "missing"),), {}, Stop())[0] == 127
    assert SystemHost().prove((str(tmp_path / "locked"),), {}, Stop()) == (126, "Permission denied")
    assert SystemHost().prove((str(tmp_path / "plain"),), {}, Stop()) == (126, "Exec format error")


FAMILY = "import subprocess, time; c = subprocess.Popen(['sleep', '600']); print(c.pid, flush=True); time.sleep(600)"


def is_alive(pid: int) -> bool:
    return process_start(pid) is not None


def wait_until_gone(pid: int) -> bool:
    until = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_alive(pid)


def test_a_command_that_takes_too_long_ends_with_its_children() -> None:
    started = time.monotonic()
    code, output = SystemHost(proof_seconds=1.0).prove((PYTHON, "-u", "-c", FAMILY), {}, Stop())
    assert code == 124
    assert time.monotonic() - started < 5
    assert wait_until_gone(int(output))


def test_a_stopped_command_ends_at_once_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = FAMILY.replace("print(c.pid, flush=True)", f"open({str(note)!r}, 'w').write(str(c.pid))")
    stop = Stop()
    stopped_at = []

    def stop_soon() -> None:
        while not (note.exists() and note.read_text()):
            time.sleep(0.01)
        stopped_at.append(time.monotonic())
        stop.set()

    thread = threading.Thread(target=stop_soon)
    thread.start()
    with pytest.raises(StoppedError):
        SystemHost().prove((PYTHON, "-c", program), {}, stop)
    thread.join()
    assert time.monotonic() - stopped_at[0] < 1
    assert wait_until_gone(int(note.read_text()))


def test_a_child_that_stays_does_not_hold_up_the_answer() -> None:
    program = "import subprocess; c = subprocess.Popen(['sleep', '600']); print(c.pid)"
    started = time.monotonic()
    code, output = SystemHost().prove((PYTHON, "-c", program), {}, Stop())
    assert code == 0
    assert time.monotonic() - started < 5
    assert wait_until_gone(int(output))


def test_nothing_starts_once_it_was_stopped(tmp_path: Path) -> None:
    stop = Stop()
    stop.set()
    with pytest.raises(StoppedError):
        SystemHost().prove(("/bin/sh", "-c", f"touch '{tmp_path}/started'"), {}, stop)
    assert list(tmp_path.iterdir()) == []


def test_a_process_is_told_from_another_of_its_number() -> None:
    assert process_start(os.getpid()) == process_start(os.getpid()) is not None
    assert process_start(2**22 + 1) is None
    with subprocess.Popen(["sleep", "600"]) as process:
        assert process_start(process.pid) not in {None, process_start(os.getpid())}
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert process_start(process.pid) is None, "a zombie is no process"


def test_the_users_data_lies_in_the_users_own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert user_data() == tmp_path / "vscode-runtime"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says that a program is busy")
def test_a_program_that_was_written_just_now_is_waited_for(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho ready\n")
    program.chmod(0o755)
    writing = program.open("ab")
    threading.Timer(0.2, writing.close).start()
    assert SystemHost().prove((str(program),), {}, Stop()) == (0, "ready\n")


def test_there_is_no_browser_where_there_is_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    assert sys.platform != "linux" or not SystemHost().browse("http://127.0.0.1:1/")
