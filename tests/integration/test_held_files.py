"""What another program holds for a moment, as an antivirus does on Windows, stops nothing, whichever file it is."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from simulators.prefix_samples import generation, install, prefix_at, sample

from vsrt_gui.adapters.prefix import DiskPrefix, barrier, effects
from vsrt_gui.engine.ports import Keep

OLD, NEW = sample("node", "1.0.0", command="node"), sample("node", "2.0.0", command="node")
EXISTING = {"replace", "unlink", "rmdir"}
"""Effects on what is there already and may be held; where something is made anew, nobody holds it yet."""


class Scanner:
    """Holds each thing once, at the very first call that needs it."""

    def __init__(self) -> None:
        self.held: set[tuple[str, str]] = set()

    def __call__(self, name: str, where: effects.Where) -> None:
        opened = name in {"create", "chmod"} and not isinstance(where, int) and Path(where).is_file()
        if name in EXISTING or opened:
            self.hold(name, str(where))

    def hold(self, name: str, where: str) -> None:
        if (name, where) not in self.held:
            self.held.add((name, where))
            error = PermissionError(errno.EACCES, "in use", where)
            error.winerror = 32  # type: ignore[attr-defined]
            raise error

    def open(self, path: Any, *how: Any) -> int:
        if Path(path).is_file():
            self.hold("open", str(path))
        return os.open(path, *how)


class Opening:
    """The system's calls, of which opening goes by the scanner."""

    def __init__(self, scanner: Scanner) -> None:
        self.open = scanner.open

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def damaged(prefix: DiskPrefix) -> None:
    """Damage what a repair then mends in place."""
    (OLD.folder(prefix) / "bin/tool").chmod(0o600)
    (prefix.root / "bin/node").unlink()


def mend(prefix: DiskPrefix) -> None:
    prefix.mend_entry(OLD.target, OLD.file("bin/tool"))
    prefix.put(OLD.target, OLD.file("README"), [b"hello\n"], durable=True)
    prefix.switch(generation(1, OLD))


WORK: dict[str, tuple[Callable[[DiskPrefix], object], Callable[[DiskPrefix], object]]] = {
    "install": (lambda _: None, lambda prefix: install(prefix, 1, OLD)),
    "update": (lambda prefix: install(prefix, 1, OLD), lambda prefix: install(prefix, 2, NEW)),
    "repair": (lambda prefix: (install(prefix, 1, OLD), damaged(prefix)), mend),
    "collect": (
        lambda prefix: (install(prefix, 1, OLD), install(prefix, 2, NEW)),
        lambda prefix: prefix.collect(Keep(generations=0)),
    ),
    "remove": (lambda prefix: install(prefix, 1, OLD), DiskPrefix.remove),
}


@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("volume", [True, False])
def test_each_thing_is_held_once(
    tmp_path: Path, work: str, volume: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, do = WORK[work]
    before(prefix_at(tmp_path / "rt"))
    scanner = Scanner()
    if not volume:  # as on a system that flushes each file, which must be opened for that
        monkeypatch.setattr(effects, "flush_volume", lambda _: False)
        monkeypatch.setattr(barrier, "os", Opening(scanner))
    prefix = prefix_at(tmp_path / "rt")
    with effects.watched(scanner), prefix.lock():
        do(prefix)
    assert scanner.held
    assert list((tmp_path / "rt").rglob(".vsrt-*")) == []
    assert list((tmp_path / "state").rglob("*.new")) == []
    if work == "remove":
        assert not (tmp_path / "rt").exists()
    else:
        last = NEW if work in {"update", "collect"} else OLD
        assert dict(last.survey(prefix).wrong) == {}
