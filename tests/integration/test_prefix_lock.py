"""One writer for a prefix, between real processes, however they end."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from simulators.prefix_samples import prefix_at

from vsrt_gui.adapters.prefix.lock import PrefixLock
from vsrt_gui.model.faults import FaultCode, InstallerError

HOLD = textwrap.dedent("""
    import sys
    from pathlib import Path
    from vsrt_gui.adapters.prefix import DiskPrefix
    with DiskPrefix(Path(sys.argv[1]), Path(sys.argv[2])).lock():
        print("held", flush=True)
        sys.stdin.read()
""")


@contextmanager
def holder(root: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD, str(root), str(root.parent / "state")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_installer_learns_who_is_first(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    with holder(tmp_path / "rt") as process:
        assert prefix.holder() == process.pid
        with pytest.raises(InstallerError) as caught, prefix.lock():
            pass
        assert caught.value.fault.code is FaultCode.ALREADY_RUNNING
        assert caught.value.fault.facts == {"path": str(tmp_path / "rt"), "pid": process.pid}
        process.communicate("")
        assert prefix.holder() is None
        with prefix.lock():
            assert prefix.holder() == os.getpid()


def test_a_killed_holder_lets_go_at_once(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    with holder(tmp_path / "rt") as process:
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert prefix.holder() is None, "a zombie holds nothing"
        process.wait()
        assert prefix.holder() is None
        with prefix.lock():
            pass


def test_two_names_of_one_folder_share_the_lock(tmp_path: Path) -> None:
    (tmp_path / "rt").mkdir()
    (tmp_path / "link").symlink_to("rt")
    with prefix_at(tmp_path / "rt").lock():
        with pytest.raises(InstallerError), prefix_at(tmp_path / "link").lock():
            pass
        with prefix_at(tmp_path / "other").lock():
            pass


def test_asking_who_holds_it_never_stands_in_the_way(tmp_path: Path) -> None:
    over = threading.Event()

    def ask() -> None:
        asker = prefix_at(tmp_path / "rt")
        while not over.is_set():
            asker.holder()

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for thread in askers:
        thread.start()
    try:
        for _ in range(50):
            with prefix_at(tmp_path / "rt").lock():
                pass
    finally:
        over.set()
        for thread in askers:
            thread.join()


def test_the_lock_may_be_let_go_in_another_thread(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    held = prefix.lock()
    entering = threading.Thread(target=held.__enter__)
    entering.start()
    entering.join()
    assert prefix.holder() == os.getpid()
    held.__exit__(None, None, None)
    assert prefix.holder() is None
    with prefix_at(tmp_path / "rt").lock():
        pass


def test_an_error_in_the_block_lets_go_and_passes(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    with pytest.raises(OSError, match="mine"), prefix.lock():
        raise OSError("mine")
    assert prefix.holder() is None


@pytest.mark.parametrize("note", ["", "{", "[]", "{}", '{"pid": "x"}', '{"pid": 1, "started": "long ago"}'])
def test_a_note_that_names_nobody_is_no_holder(tmp_path: Path, note: str) -> None:
    prefix = prefix_at(tmp_path / "rt")
    with prefix.lock():
        pass
    lock_file = next((tmp_path / "state/locks").glob("*.lock"))
    lock_file.with_suffix(".json").write_text(note)
    assert prefix.holder() is None
    with prefix.lock():
        assert prefix.holder() == os.getpid()
    assert lock_file.exists(), "the lock file must never be deleted"


def test_holding_needs_no_prefix_and_makes_none(tmp_path: Path) -> None:
    with prefix_at(tmp_path / "rt").lock():
        assert not (tmp_path / "rt").exists()


def test_a_holder_that_is_just_saying_who_it_is_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = prefix_at(tmp_path / "rt"), prefix_at(tmp_path / "rt")
    taken, asked = threading.Event(), threading.Event()
    write = PrefixLock._write_note

    def late(lock: PrefixLock) -> None:
        taken.set()
        asked.wait(0.5)  # longer than a lock is waited for
        write(lock)

    def hold() -> None:
        with first.lock():
            over.wait(30)

    over = threading.Event()
    monkeypatch.setattr(PrefixLock, "_write_note", late)
    holding = threading.Thread(target=hold)
    holding.start()
    try:
        assert taken.wait(30)
        with pytest.raises(InstallerError) as caught, second.lock():
            pass
    finally:
        asked.set()
        over.set()
        holding.join()
    assert caught.value.fault.facts["pid"] == os.getpid()
