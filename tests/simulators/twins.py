"""Two installers that start at the same instant, again and again, and what each of them says.

Run as a program of its own, `FOLDER ROUNDS one|two`: it forks after all imports and before any thread, so that a round
takes a fraction of a second. Both children run the whole command line, as one user or as two. Whoever comes to change
something in the prefix stands still until the other one has ended, so that no round depends on how fast the machine is.
Prints JSON: for each round the two, in the order in which they ended.
"""

import json
import os
import signal
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.sweep_points import BROKEN, NOBODY, place, prepare
from simulators.sweep_world import World
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.app import main as command_line
from vsrt_gui.model.request import Verb

PATIENCE = 120
"""Seconds until a child that hangs is ended."""


class Gate:
    """What several processes wait at, and one opens for all of them."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()

    def enter(self) -> None:
        """Be one of those who wait, in a child."""
        os.close(self._writing)

    def wait(self) -> None:
        """Wait until it is open."""
        os.read(self._reading, 1)

    def open(self) -> None:
        """Let all go on."""
        os.close(self._writing)
        os.close(self._reading)


@dataclass(frozen=True)
class Installer:
    """One of two.

    Attributes:
        home: of what belongs to its user.
        notes: where it writes what it said and did.
        user: whom it becomes; None to stay who we are.
    """

    home: Path
    notes: Path
    user: int | None = None

    def ready(self) -> None:
        """Make its folders."""
        for folder in (self.home, self.notes):
            folder.mkdir(parents=True, exist_ok=True)
            if self.user is not None:
                os.chown(folder, self.user, self.user)

    def start(self, catalog: Path, prefix: Path, gates: tuple[Gate, Gate]) -> int:
        """Fork it, and return its process; it waits at the first gate to begin, at the second to change anything."""
        child = os.fork()
        if child:
            return child
        code = BROKEN
        try:
            signal.alarm(PATIENCE)
            for gate in gates:
                gate.enter()
            self._become()
            gates[0].wait()
            code = self._run(catalog, prefix, gates[1])
        finally:
            if code == BROKEN:
                traceback.print_exc()
            os._exit(code)  # nothing of the parent's may be tidied up here

    def told(self, process: int, status: int) -> dict[str, Any]:
        """Return how it ended, what it said, and how much it changed in the prefix."""
        lines = (self.notes / "out").read_text("utf-8").splitlines()
        return {
            "pid": process,
            "code": os.waitstatus_to_exitcode(status),
            "said": [json.loads(line) for line in lines],
            "changed": len((self.notes / "changed").read_text("utf-8").splitlines()),
        }

    def _become(self) -> None:
        for name in ("CACHE", "CONFIG", "STATE", "DATA"):
            os.environ[f"XDG_{name}_HOME"] = str(self.home / name.lower())
        if self.user is not None:
            os.setgroups([])
            os.setgid(self.user)
            os.setuid(self.user)

    def _run(self, catalog: Path, prefix: Path, gate: Gate) -> int:
        out = os.open(self.notes / "out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(out, sys.stdout.fileno())
        sys.argv = ["vsrt", "install", "--yes", "--json", "--catalog", str(catalog), "--prefix", str(prefix)]
        inside = f"{prefix}{os.sep}"
        with (self.notes / "changed").open("w", encoding="utf-8") as changed:

            def watch(name: str, where: effects.Where) -> None:
                if place(where).startswith(inside):
                    gate.wait()
                    changed.write(f"{name} {place(where)}\n")

            with effects.watched(watch):
                code = command_line()
        sys.stdout.flush()
        return code


def race(installers: tuple[Installer, Installer], catalog: Path, prefix: Path) -> list[dict[str, Any]]:
    """Start both at the same instant; return what they told, in the order in which they ended."""
    begin, go_on = Gate(), Gate()
    children = {each.start(catalog, prefix, (begin, go_on)): each for each in installers}
    begin.open()
    first, status = os.wait()
    go_on.open()
    second, later = os.wait()
    return [children[first].told(first, status), children[second].told(second, later)]


def main() -> None:
    """Make a catalog, race, print."""
    folder, rounds, users = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    os.environ["HOME"] = str(folder)
    world = World(folder / "world", Verb.INSTALL)
    world.folder.mkdir()
    prepare(world)
    if users == "two":
        pair = (
            Installer(folder / "our home", folder / "first"),
            Installer(folder / "their home", folder / "second", NOBODY),
        )
    else:
        pair = (
            Installer(folder / "our home", folder / "first"),
            Installer(folder / "our home", folder / "second"),
        )
    for each in pair:
        each.ready()
    found = []
    for number in range(rounds):
        prefix = folder / f"runtime-{number}"
        if users == "two":
            prefix.mkdir()
            prefix.chmod(0o777)  # both may write there
        found.append(race(pair, world.catalog, prefix))
    sys.stdout.write(f"{json.dumps(found)}\n")


if __name__ == "__main__":
    main()
