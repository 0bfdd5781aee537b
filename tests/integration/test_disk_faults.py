"""Full disks, folders that may not be written, too many files, processes killed at every step: for real."""

import json
import os
import resource
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from simulators.prefix_samples import install, no_tick, prefix_at, sample, snapshot

from vsrt_gui.adapters.prefix import DiskPrefix
from vsrt_gui.engine.ports import Keep
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.request import Wanted
from vsrt_gui.model.survey import Depth

ONE = sample("node", "1.0.0", command="node")
BIG = sample("big", tree={"blob": bytes(4 << 20)})
TINY_DISK = 2 << 20
NOBODY = 65534


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={TINY_DISK}", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"mounting is not permitted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill_up(folder: Path) -> None:
    """Leave no byte on a disk."""
    with (folder / "ballast").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_full_disk_is_named_and_costs_nothing_that_works(tiny_disk: Path) -> None:
    prefix = prefix_at(tiny_disk / "rt")
    install(prefix, 1, ONE)
    before = snapshot(prefix.root)
    with pytest.raises(InstallerError) as caught:
        BIG.fill(prefix)
    assert caught.value.fault.code is FaultCode.DISK_FULL
    assert caught.value.fault.facts == {"path": str(BIG.folder(prefix) / "blob")}
    assert list(BIG.folder(prefix).iterdir()) == []
    BIG.folder(prefix).rmdir()
    assert snapshot(prefix.root) == before
    assert prefix.volume().total == TINY_DISK


def test_what_was_staged_on_a_full_disk_stays(tiny_disk: Path) -> None:
    prefix = prefix_at(tiny_disk / "rt")
    prefix.claim()
    part = prefix.part(BIG.target.artifact)
    part.begin("v")
    ticks: list[int] = []
    with pytest.raises(InstallerError) as caught:
        part.append((bytes(65536) for _ in range(64)), ticks.append)
    assert caught.value.fault.code is FaultCode.DISK_FULL
    assert sum(ticks) <= part.staged() <= TINY_DISK
    assert sum(ticks) > TINY_DISK // 2
    assert prefix.collect(Keep(generations=1)) >= sum(ticks)
    ONE.fill(prefix)


def test_a_commit_on_a_full_disk_leaves_the_old_generation_in_force(tiny_disk: Path) -> None:
    prefix = prefix_at(tiny_disk / "rt")
    first = install(prefix, 1, ONE)
    two = sample("node", "2.0.0", command="node")
    two.fill(prefix)
    fill_up(tiny_disk)
    new = first.model_copy(update={"number": 2, "modules": (two.target,)})
    for act in (
        lambda: prefix.commit(new, {"node": two.index}),
        lambda: prefix.write_wanted(Wanted(modules=frozenset({"x"}))),
        lambda: prefix.keep_index(two.target, two.index),
    ):
        with pytest.raises(InstallerError) as caught:
            act()
        assert caught.value.fault.code is FaultCode.DISK_FULL
    assert prefix.read().current == first
    assert list(prefix.root.rglob(".vsrt-*")) == []
    assert subprocess.run([prefix.root / "bin/node"], capture_output=True, check=False).returncode == 0
    (tiny_disk / "ballast").unlink()
    prefix.commit(new, {"node": two.index})
    assert prefix.read().current == new


def test_a_disk_that_became_read_only_still_tells_and_verifies(tiny_disk: Path) -> None:
    prefix = prefix_at(tiny_disk / "rt")
    current = install(prefix, 1, ONE)
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    assert prefix.read().current == current
    assert dict(ONE.survey(prefix, Depth.DEEP).wrong) == {}
    assert prefix.index(ONE.target) == ONE.index
    for act in (
        lambda: ONE.fill(prefix),
        lambda: prefix.commit(current, {"node": ONE.index}),
        lambda: prefix.record({"event": "x", "run_id": "a"}),
        prefix.remove,
    ):
        with pytest.raises(InstallerError) as caught:
            act()
        assert caught.value.fault.code is FaultCode.FOLDER_NOT_WRITABLE


UNPRIVILEGED = textwrap.dedent("""
    import json, os, sys
    from pathlib import Path
    from simulators.prefix_samples import sample, no_tick
    from vsrt_gui.adapters.prefix import DiskPrefix, choose_prefix
    from vsrt_gui.model.faults import InstallerError
    os.setgid(65534); os.setuid(65534)
    prefix = DiskPrefix(Path(sys.argv[1]), Path(sys.argv[2]))
    one = sample("node", "1.0.0", command="node")
    acts = {
        "claim": prefix.claim,
        "fill": lambda: one.fill(prefix),
        "read": lambda: prefix.read().current.number,
        "survey": lambda: {path: str(state) for path, state in one.survey(prefix).wrong.items()},
        "lock": lambda: prefix.lock().__enter__(),
        "record": lambda: prefix.record({"event": "x"}),
        "remove": prefix.remove,
        "choose": lambda: str(choose_prefix(Path(sys.argv[1]))),
    }
    answers = {}
    for name in sys.argv[3:]:
        try:
            answers[name] = acts[name]()
        except InstallerError as error:
            answers[name] = [error.fault.code, error.fault.facts.get("path")]
    print(json.dumps(answers))
""")


def as_nobody(root: Path, state: Path, *acts: str) -> dict[str, object]:
    """Do things to a prefix as a user who owns nothing."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    for folder in (root, *root.parents):
        if folder.exists() and folder != root and folder.is_relative_to("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o055)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    answer = subprocess.run(
        [sys.executable, "-B", "-c", UNPRIVILEGED, root, state, *acts],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert answer.returncode == 0, answer.stderr
    found: dict[str, object] = json.loads(answer.stdout)
    return found


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "rt").mkdir(mode=0o755)
    answers = as_nobody(tmp_path / "rt", tmp_path / "state", "choose", "claim", "lock")
    assert answers["choose"] == str(tmp_path / "rt")
    assert answers["claim"] == ["folder-not-writable", str(tmp_path / "rt")]
    assert answers["lock"] == ["folder-not-writable", str(tmp_path / "state/locks")]
    assert list((tmp_path / "rt").iterdir()) == []


def test_a_system_wide_prefix_serves_users_who_may_not_write_it(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    install(prefix, 1, ONE)
    before = snapshot(prefix.root)
    answers = as_nobody(prefix.root, tmp_path / "state", "read", "survey", "fill", "record", "remove")
    assert answers["read"] == 1
    assert answers["survey"] == {}
    assert [
        answer[0] for name in ("fill", "record", "remove") if isinstance(answer := answers[name], list)
    ] == ["folder-not-writable"] * 3
    assert snapshot(prefix.root) == before


def test_a_file_that_may_not_be_read_is_told_by_its_name(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    install(prefix, 1, ONE)
    (ONE.folder(prefix) / "README").chmod(0o600)
    (ONE.folder(prefix) / "lib/a").chmod(0o700)
    answers = as_nobody(prefix.root, tmp_path / "state", "survey")
    assert answers["survey"] == dict.fromkeys(("README", "lib/a/one.js", "lib/a/two.js"), "unreadable")


def open_all() -> Iterator[int]:
    """Open files until the system gives no more."""
    with suppress(OSError):
        while True:
            yield os.open("/dev/null", os.O_RDONLY)


def test_too_many_open_files_never_look_like_damage(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    install(prefix, 1, ONE)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    taken = list(open_all())
    try:
        for act in (lambda: ONE.survey(prefix), lambda: ONE.fill(prefix), prefix.read):
            with pytest.raises(InstallerError) as caught:
                act()
            assert caught.value.fault.code is FaultCode.TOO_MANY_OPEN_FILES
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert dict(ONE.survey(prefix).wrong) == {}


CRASHES = textwrap.dedent("""
    import os, shutil, sys
    from pathlib import Path
    from simulators.prefix_samples import generation, prefix_at, sample
    from vsrt_gui.engine.ports import Keep

    verb, ready, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    old, new = sample("node", "1.0.0", command="node"), sample("node", "2.0.0", command="deno")
    WRITES = {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.symlink", "os.utime"}
    left = -1

    def count(event, arguments):
        global left
        writes = event in WRITES or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR))
        if left >= 0 and writes:
            left -= 1
            if left < 0:
                os._exit(9)

    sys.addaudithook(count)

    def act(prefix):
        if verb == "remove":
            prefix.remove()
        elif verb == "collect":
            prefix.collect(Keep(generations=0))
        else:
            new.fill(prefix)
            prefix.keep_index(new.target, new.index)
            prefix.commit(generation(2, new), {"node": new.index})

    step = 0
    while True:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(ready, work, symlinks=True)
        child = os.fork()
        if not child:
            prefix = prefix_at(work / "rt")
            left = step
            act(prefix)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break
        prefix = prefix_at(work / "rt")
        if verb == "remove":
            assert not prefix.root.exists() or prefix.read().current is None or (prefix.root / "current").exists()
        else:
            current = prefix.read().current
            one = next(s for s in (old, new) if s.target == current.modules[0])
            assert current.number in ({1, 2} if verb == "commit" else {2}), current.number
            assert not one.survey(prefix).wrong, (step, one.survey(prefix).wrong)
            for found in prefix.read().generations:
                for target in found.modules:
                    assert (prefix.root / "store" / target.folder).is_dir(), (step, target.folder)
        act(prefix)
        step += 1
        if verb == "remove":
            assert not prefix.root.exists() or not list(prefix.root.iterdir()), (step, list(prefix.root.iterdir()))
        elif verb == "collect":
            assert sorted(p.name for p in (prefix.root / "store").iterdir()) == [new.target.folder]
            assert sorted(p.name for p in (prefix.root / "bin").iterdir()) == ["deno"]
        else:
            assert prefix.read().current.number == 2
            assert not new.survey(prefix).wrong, (step, new.survey(prefix).wrong)
            assert sorted(p.name for p in (prefix.root / "bin").glob("[a-z]*")) == ["deno", "node"]
        if verb != "remove":
            prefix.collect(Keep(generations=1))
            assert not list(prefix.root.rglob(".vsrt-*-*")), list(prefix.root.rglob(".vsrt-*-*"))
    print(step)
""")


@pytest.mark.parametrize(("verb", "fewest"), [("commit", 40), ("collect", 15), ("remove", 40)])
def test_a_kill_at_any_step_leaves_what_a_rerun_finishes(tmp_path: Path, verb: str, fewest: int) -> None:
    ready: DiskPrefix = prefix_at(tmp_path / "ready" / "rt")
    install(ready, 1, ONE)
    if verb != "commit":
        install(ready, 2, sample("node", "2.0.0", command="deno"))
        part = ready.part(BIG.target.artifact)
        part.begin(None)
        part.append([b"abc"], no_tick)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", CRASHES, verb, str(tmp_path / "ready"), str(tmp_path / "work")]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout) >= fewest, "the sweep must really have killed it many times"
