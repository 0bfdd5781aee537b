"""Real servers of real prefixes: started, found again, stopped with their children, and seen to crash."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest
from simulators.served_runtime import TOKEN, Published, Runtime, ask

from vsrt_gui.adapters.host.processes import process_start
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.launch import Launcher
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Outcome
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.launch_state import Crashed, LaunchState, Ready, Starting, Stopped
from vsrt_gui.model.request import Verb

PATIENCE = 20.0


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("BROWSER", "true")


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    Published(tmp_path / "catalog").write()
    there = Runtime(tmp_path / "catalog", tmp_path / "prefix").install()
    yield there
    there.stop()


def state_folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "vscode-runtime" / "servers"


def launched(runtime: Runtime) -> tuple[Ready, list[LaunchState]]:
    told: list[LaunchState] = []

    async def work(session: Session) -> Ready:
        end_telling = session.launcher.subscribe(told.append)
        try:
            return await session.launch(browser=False)
        finally:
            end_telling()
            end_telling()  # a front may tidy up twice

    return runtime.within(work), told


def pids(ready: Ready) -> tuple[int, int]:
    _, server, child = ask(ready.page, ready.password).split()
    return int(server), int(child)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def gone(pid: int) -> bool:
    return process_start(pid) is None


def test_it_starts_tells_and_outlives_the_session(runtime: Runtime) -> None:
    ready, told = launched(runtime)
    assert [type(state) for state in told] == [Starting, Ready]
    assert not ready.found
    assert (ready.module, ready.version, ready.generation) == ("server", "1.0.0", 1)
    assert ask(ready.page, ready.password).startswith("1.0.0 ")
    with pytest.raises(HTTPError, match="403"):
        ask(ready.address)
    assert ready.password is not None
    assert ready.password not in repr(ready)
    assert "begins" in Path(ready.log).read_text()


def test_it_does_not_take_itself_for_the_child_of_an_editor(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VSCODE_IPC_HOOK_CLI", "/tmp/socket")
    assert "an editor's own: []" in Path(launched(runtime)[0].log).read_text()


def test_the_second_launch_finds_the_first(runtime: Runtime) -> None:
    first, _ = launched(runtime)
    second, told = launched(runtime)
    assert second.found
    assert second == first.but(found=True)
    assert isinstance(told[-1], Ready)


def test_two_launches_at_once_start_one(runtime: Runtime) -> None:
    async def both(session: Session) -> tuple[Ready, Ready]:
        return await asyncio.gather(session.launch(browser=False), session.launch(browser=False))

    one, other = runtime.within(both)
    assert one.address == other.address
    assert {one.found, other.found} == {True, False}


def test_stopping_takes_the_children_along(runtime: Runtime) -> None:
    ready, _ = launched(runtime)
    server, child = pids(ready)
    assert runtime.stop()
    assert gone(server)
    assert gone(child)
    assert not runtime.stop()
    assert isinstance(runtime.within(lambda session: session.server()), Stopped)
    with pytest.raises(URLError):
        ask(ready.address)


def test_who_will_not_hear_is_killed(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVED", "stubborn")
    monkeypatch.setattr("vsrt_gui.engine.serve.STOP_SECONDS", 0.3)
    server, child = pids(launched(runtime)[0])
    assert runtime.stop()
    assert gone(server)
    assert gone(child)


def test_a_server_that_ends_at_once_is_a_fault(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVED", "crash")
    told: list[LaunchState] = []

    async def work(session: Session) -> None:
        session.launcher.subscribe(told.append)
        await session.launch(browser=False)

    with pytest.raises(InstallerError) as caught:
        runtime.within(work)
    fault = caught.value.fault
    assert fault.code is FaultCode.SERVER_CRASHED
    assert (fault.facts["module"], fault.facts["exit"]) == ("server", 7)
    assert "no bed for the night" in Path(str(fault.facts["log"])).read_text()
    assert told[-1] == Crashed(fault=fault, log=str(fault.facts["log"]))
    assert isinstance(runtime.within(lambda session: session.server()), Stopped)


@pytest.mark.parametrize("how", ["hang", "unwell"])
def test_a_server_that_never_is_ready_is_ended(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    monkeypatch.setenv("SERVED", how)

    async def work(session: Session) -> None:
        session.launcher = Launcher(session._tools, session._workers, ready_seconds=0.7)
        await session.launch(browser=False)

    with pytest.raises(InstallerError) as caught:
        runtime.within(work)
    assert caught.value.fault.code is FaultCode.SERVER_NOT_READY
    assert caught.value.fault.facts["seconds"] == 0.7
    assert not list(state_folder(tmp_path).glob("*.json"))


def test_a_cancelled_launch_leaves_nothing_within_a_second(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SERVED", "hang")
    told: list[LaunchState] = []

    async def work(session: Session) -> float:
        session.launcher.subscribe(told.append)
        task = asyncio.ensure_future(session.launch(browser=False))
        while not told:  # noqa: ASYNC110 -- the launcher's own event
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        began = time.monotonic()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return time.monotonic() - began

    assert runtime.within(work) < 1.0
    assert isinstance(told[-1], Stopped)
    assert not list(state_folder(tmp_path).glob("*.json"))


def test_a_cancelled_second_launch_leaves_the_first_running(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, _ = launched(runtime)

    async def work(session: Session) -> LaunchState:
        await session.launch(browser=False)
        asking = asyncio.Event()
        loop = asyncio.get_running_loop()

        def answers(_record: object, stop: Stop) -> bool:
            loop.call_soon_threadsafe(asking.set)
            stop.wait(60)
            return False

        monkeypatch.setattr(session._tools.servers, "answers", answers)
        task = asyncio.ensure_future(session.launch(browser=False))
        await asking.wait()
        task.cancel()
        await asyncio.wait([task])
        return session.launcher.state

    assert isinstance(runtime.within(work), Ready)
    assert ask(ready.page, ready.password).startswith("1.0.0 ")


def test_a_later_crash_is_told_with_its_log(runtime: Runtime) -> None:
    told: list[LaunchState] = []

    async def work(session: Session) -> None:
        session.launcher.subscribe(told.append)
        ready = await session.launch(browser=False)
        with pytest.raises(OSError, match=r"(?i)remote|closed|reset"):
            await asyncio.to_thread(ask, ready.address + "die")
        async with asyncio.timeout(PATIENCE):
            while not isinstance(told[-1], Crashed):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    runtime.within(work)
    crashed = told[-1]
    assert isinstance(crashed, Crashed)
    assert crashed.fault.facts["exit"] == 3
    assert crashed.log == crashed.fault.facts["log"]


def test_a_server_that_leaves_by_itself_has_not_crashed(runtime: Runtime) -> None:
    told: list[LaunchState] = []

    async def work(session: Session) -> None:
        session.launcher.subscribe(told.append)
        ready = await session.launch(browser=False)
        with pytest.raises(OSError, match=r"(?i)remote|closed|reset"):
            await asyncio.to_thread(ask, ready.address + "leave")
        async with asyncio.timeout(PATIENCE):
            while isinstance(told[-1], Ready):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    runtime.within(work)
    assert isinstance(told[-1], Stopped)


def test_stopped_by_another_program_is_stopped(runtime: Runtime) -> None:
    told: list[LaunchState] = []

    async def work(session: Session) -> None:
        session.launcher.subscribe(told.append)
        await session.launch(browser=False)
        await asyncio.to_thread(runtime.stop)
        async with asyncio.timeout(PATIENCE):
            while isinstance(told[-1], Ready):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    runtime.within(work)
    assert isinstance(told[-1], Stopped)


def test_a_crash_while_nobody_looked_is_seen_and_cleared_by_the_next_launch(runtime: Runtime) -> None:
    ready, _ = launched(runtime)
    server, child = pids(ready)
    os.kill(server, signal.SIGKILL)
    until(lambda: gone(server))
    seen = runtime.within(lambda session: session.server())
    assert isinstance(seen, Crashed)
    assert seen.fault.facts["exit"] == "unknown"
    again, _ = launched(runtime)
    assert not again.found
    assert gone(child)  # what the dead one had left running


def test_a_record_whose_number_has_a_new_owner_harms_nobody(runtime: Runtime, tmp_path: Path) -> None:
    ready, _ = launched(runtime)
    server, _ = pids(ready)
    (record,) = state_folder(tmp_path).glob("*.json")
    with subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    ) as other:
        text = record.read_text()
        runtime.stop()
        record.write_text(text.replace(f'"pid":{server},', f'"pid":{other.pid},'))
        assert not runtime.stop()
        assert other.poll() is None
        other.kill()


def test_the_launcher_may_be_killed(runtime: Runtime) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from vsrt_gui.app import open_session\n"
        "async def main():\n"
        "    session = open_session(sys.argv[1], Path(sys.argv[2]))\n"
        "    session.launcher.subscribe(lambda state: print(state.state, flush=True))\n"
        "    await session.launch(browser=False)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program, str(runtime.catalog), str(runtime.prefix)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout
        assert launcher.stdout.readline() == "starting\n"
        launcher.kill()
    found, _ = launched(runtime)
    assert found.found
    assert gone(launcher.pid)


def test_secret_and_log_are_the_users_own(runtime: Runtime, tmp_path: Path) -> None:
    ready, _ = launched(runtime)
    folder = state_folder(tmp_path)
    (secret,) = folder.glob("*.secret")
    assert secret.read_text() == ready.password
    for path in (secret, Path(ready.log), *folder.glob("*.json")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (record,) = folder.glob("*.json")
    assert ready.password is not None
    assert ready.password not in record.read_text()
    assert ready.password not in Path(ready.log).read_text()


def test_logs_are_rotated(runtime: Runtime, tmp_path: Path) -> None:
    for _ in range(5):
        launched(runtime)
        runtime.stop()
    names = sorted(path.name.partition(".")[2] for path in state_folder(tmp_path).glob("*.log*"))
    assert names == ["log", "log.1", "log.2", "log.3"]


def test_a_connection_token_goes_along_in_the_page(tmp_path: Path) -> None:
    Published(tmp_path / "catalog", server=TOKEN).write()
    runtime = Runtime(tmp_path / "catalog", tmp_path / "prefix").install()
    ready, _ = launched(runtime)
    assert ready.page.startswith(f"{ready.address}?tkn=")
    assert ready.password is None
    assert ask(ready.page).startswith("1.0.0 ")
    with pytest.raises(HTTPError, match="403"):
        ask(ready.address)
    assert runtime.stop()


def test_an_update_leaves_the_running_one_alone_and_starts_the_new_one_next(tmp_path: Path) -> None:
    runtime = Runtime(tmp_path / "catalog", tmp_path / "prefix")
    for version in ("1.0.0", "2.0.0", "3.0.0", "4.0.0"):
        Published(tmp_path / "catalog", version=version).write()
        if version == "1.0.0":
            runtime.install()
            ready, _ = launched(runtime)
        else:
            assert runtime.run(Verb.UPDATE).outcome is Outcome.COMPLETED
    assert runtime.within(lambda session: session.free_space()) == 0
    assert ask(ready.page, ready.password).startswith("1.0.0 ")
    store = {path.name.rpartition("-")[0] for path in (runtime.prefix / "store").iterdir()}
    assert "server-1.0.0" in store
    assert "server-2.0.0" not in store  # only what runs is spared
    assert launched(runtime)[0].version == "1.0.0"
    assert runtime.stop()
    assert runtime.within(lambda session: session.free_space()) > 0
    assert launched(runtime)[0].version == "4.0.0"
    assert runtime.run(Verb.ROLLBACK).outcome is Outcome.COMPLETED
    assert launched(runtime)[0].version == "4.0.0"
    assert runtime.stop()
    assert launched(runtime)[0].version == "3.0.0"
    assert runtime.stop()


def test_extensions_reach_the_server_and_leave_with_their_module(tmp_path: Path) -> None:
    Published(tmp_path / "catalog", extensions={"yaml": "redhat.vscode-yaml", "odd": "../odd"}).write()
    runtime = Runtime(tmp_path / "catalog", tmp_path / "prefix").install()
    folder = tmp_path / "data" / "vscode-runtime" / "extensions"
    own = folder / "me.own-1.0.0"
    own.mkdir(parents=True)
    launched(runtime)
    assert sorted(path.name for path in folder.iterdir()) == ["me.own-1.0.0", "odd", "redhat.vscode-yaml"]
    assert (folder / "redhat.vscode-yaml" / "VERSION").read_text() == "yaml 1.0.0\n"
    runtime.stop()
    assert runtime.run(Verb.UNINSTALL, "yaml").outcome is Outcome.COMPLETED
    launched(runtime)
    assert sorted(path.name for path in folder.iterdir()) == ["me.own-1.0.0", "odd"]
    runtime.stop()
    assert runtime.run(Verb.UNINSTALL).outcome is Outcome.COMPLETED
    assert own.is_dir()


def test_uninstalling_everything_stops_it_first(runtime: Runtime) -> None:
    ready, _ = launched(runtime)
    server, child = pids(ready)
    assert runtime.run(Verb.UNINSTALL).outcome is Outcome.COMPLETED
    assert gone(server)
    assert gone(child)
    assert not (runtime.prefix / "store").exists()


def test_what_cannot_be_launched(tmp_path: Path) -> None:
    Published(tmp_path / "catalog", server=None).write()
    runtime = Runtime(tmp_path / "catalog", tmp_path / "prefix")
    with pytest.raises(InstallerError) as caught:
        launched(runtime)
    assert caught.value.fault.code is FaultCode.NOT_INSTALLED
    runtime.install()
    with pytest.raises(InstallerError) as caught:
        launched(runtime)
    assert caught.value.fault.code is FaultCode.NO_SERVER


def test_a_program_that_is_not_there_is_told_in_the_log(tmp_path: Path) -> None:
    server = {"argv": ["{module}/missing", "{port}"], "ready": "/"}
    Published(tmp_path / "catalog", server=server).write()
    runtime = Runtime(tmp_path / "catalog", tmp_path / "prefix").install()
    with pytest.raises(InstallerError) as caught:
        launched(runtime)
    fault = caught.value.fault
    assert (fault.code, fault.facts["exit"]) == (FaultCode.SERVER_CRASHED, 127)
    assert "missing: No such file" in Path(str(fault.facts["log"])).read_text()


def test_the_browser_gets_the_page(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/opened"\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    program = (
        "import asyncio, sys; from pathlib import Path; from vsrt_gui.app import open_session\n"
        "async def main():\n"
        "    session = open_session(sys.argv[1], Path(sys.argv[2]))\n"
        "    print((await session.launch()).page)\n"
        "    await session.close()\n"
        "asyncio.run(main())\n"
    )
    # A process of its own: `webbrowser` looks for browsers once, when it is first used.
    command = [sys.executable, "-c", program, str(runtime.catalog), str(runtime.prefix)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert (tmp_path / "opened").read_text() == said.strip()
