"""Two users on one prefix: exactly one works, and nothing of the lock stays behind."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from cli_house import ROOT, Catalog, Vsrt, until
from simulators.prefix_samples import prefix_at

from vsrt_gui.adapters.prefix import DiskPrefix
from vsrt_gui.adapters.prefix.parting import Parting
from vsrt_gui.model.faults import FaultCode, InstallerError

HOLD = textwrap.dedent("""
    import sys
    from pathlib import Path
    from vsrt_gui.adapters.prefix import DiskPrefix
    prefix = DiskPrefix(Path(sys.argv[1]), Path(sys.argv[2]))
    with prefix.lock():
        if sys.argv[3] == "claim":
            prefix.claim()
        print("held", flush=True)
        sys.stdin.read()
""")
NOBODY = "65534"


@contextmanager
def another_user(root: Path, *before: str, claim: bool = False) -> Iterator[subprocess.Popen[str]]:
    """Hold a prefix's lock as a process whose state folder is another one."""
    state = root.parent / "theirs"
    state.mkdir(exist_ok=True)
    state.chmod(0o777)
    command = [*before, sys.executable, "-c", HOLD, str(root), str(state), "claim" if claim else "hold"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def refused(prefix: DiskPrefix) -> InstallerError:
    with pytest.raises(InstallerError) as caught, prefix.lock():
        prefix.claim()
    assert caught.value.fault.code is FaultCode.ALREADY_RUNNING
    return caught.value


def test_two_users_exclude_each_other(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    prefix.claim()
    before = sorted(path.name for path in prefix.root.iterdir())
    with another_user(prefix.root) as process:
        assert prefix.holder() == 0, "busy, and nobody whom this user knows"
        assert refused(prefix).fault.facts == {"path": str(prefix.root), "pid": 0}
        process.communicate("")
        assert prefix.holder() is None
        with prefix.lock():
            assert prefix.holder() == os.getpid()
    assert sorted(path.name for path in prefix.root.iterdir()) == before


def test_a_killed_user_lets_go_at_once(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    prefix.claim()
    with another_user(prefix.root) as process:
        process.kill()
        process.wait()
        with prefix.lock():
            pass


def test_of_two_users_who_want_a_new_folder_one_gets_it(tmp_path: Path) -> None:
    ours = prefix_at(tmp_path / "rt")
    with ours.lock():
        assert not ours.root.exists()
        with another_user(ours.root, claim=True):
            with pytest.raises(InstallerError) as caught:
                ours.claim()
            assert caught.value.fault.code is FaultCode.ALREADY_RUNNING
        with pytest.raises(InstallerError) as late:
            ours.claim()  # theirs is there by now, and our plan knows nothing of it
        assert late.value.fault.code is FaultCode.ALREADY_RUNNING


def test_a_folder_that_was_removed_meanwhile_is_another_one(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    prefix.claim()
    with prefix.lock():
        prefix.remove()
        assert not prefix.root.exists()
        again = prefix_at(tmp_path / "rt")
        again.claim()
    with again.lock():
        pass


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="becomes another user")
def test_another_uid_on_a_shared_folder(tmp_path: Path) -> None:
    setpriv = shutil.which("setpriv")
    assert setpriv is not None
    for folder in (tmp_path, *tmp_path.parents):
        if str(folder).count("/") > 1 and folder.stat().st_uid == os.getuid():
            folder.chmod(folder.stat().st_mode | 0o005)
    prefix = prefix_at(tmp_path / "rt")
    prefix.claim()
    become = (setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    with another_user(prefix.root, *become):
        refused(prefix)


def test_another_home_on_the_command_line(tmp_path: Path) -> None:
    """A run that goes on is seen, and not disturbed, by a program with another home."""
    catalog = Catalog(tmp_path / "catalog", sizes={"base": 80_000_000}).write()
    ours = Vsrt(str(catalog.folder), tmp_path / "rt")
    process = ours.start("install", "--yes", "--json")
    until(process, lambda event: event["event"] == "step-started")
    process.send_signal(signal.SIGSTOP)  # in the midst of it
    theirs = Vsrt(str(catalog.folder), tmp_path / "rt")
    home = {"HOME": str(tmp_path / "home"), "XDG_STATE_HOME": str(tmp_path / "home" / "state")}
    second = theirs.run("install", "--yes", "--json", **home)
    process.send_signal(signal.SIGCONT)
    process.communicate()
    assert process.returncode == 0
    assert (second.code, second.end["faults"][0]["code"]) == (80, "already-running")
    assert ours.run("verify").code == 0
    assert ours.run("uninstall", "--yes").code == 0
    assert not (tmp_path / "rt").exists()


@pytest.mark.skipif(
    sys.platform == "win32", reason="a folder with a locked file in it can't be deleted there"
)
def test_the_lock_of_a_folder_that_was_taken_away_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who locked it just before an uninstallation deleted it must lock the new one, too, before writing there."""
    leaving, waiting, third = (DiskPrefix(tmp_path / "rt", tmp_path / name) for name in ("a", "b", "c"))
    with leaving.lock():
        leaving.claim()
    finish = Parting.finish
    with ExitStack() as stack:

        def late(parting: Parting) -> None:
            stack.enter_context(waiting.lock())
            finish(parting)

        with leaving.lock():
            monkeypatch.setattr(Parting, "finish", late)
            leaving.remove()
        assert not (tmp_path / "rt").exists()
        waiting.claim()
        with pytest.raises(InstallerError) as caught, third.lock():
            pass
        assert caught.value.fault.code is FaultCode.ALREADY_RUNNING
