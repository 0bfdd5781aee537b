"""Resolves the dependencies for every platform and Python, and writes them down with hashes but no address."""

from pathlib import Path

from dev_environment import LOCKS, ROOT
from dev_steps import Steps, StopError

INPUTS = ("pyproject.toml", "packaging/lock.in")
OLDEST_PYTHON = "3.11"
OPTIONS = (
    "--universal",
    "--generate-hashes",
    # Where a package asks for `coverage[toml]` and the lock says `coverage`, pip wants the newest, which has no hash.
    "--no-strip-extras",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-find-links",
    f"--python-version={OLDEST_PYTHON}",
)


def write(steps: Steps, uv: str, *, upgrade: bool) -> None:
    """Write both lock files; the second holds all of the first, in the same versions.

    Args:
        steps: shows it.
        uv: the program that resolves.
        upgrade: take the newest versions; otherwise those that are locked stay where they fit.

    Raises:
        StopError: the dependencies don't fit together, or an address got in.
    """
    newest = ["--upgrade"] if upgrade else []
    common = [uv, "pip", "compile", "--quiet", *(str(ROOT / name) for name in INPUTS), *OPTIONS]
    steps.run("Locking what the program needs", [*common, *newest, "--output-file", str(LOCKS[False])])
    more = ["--group", f"{ROOT / 'pyproject.toml'}:dev", "--constraints", str(LOCKS[False])]
    steps.run("Locking what developers need", [*common, *newest, *more, "--output-file", str(LOCKS[True])])
    for lock in LOCKS.values():
        check(lock)


def check(lock: Path) -> None:
    """See that a lock file names no address.

    Raises:
        StopError: it does.
    """
    for number, line in enumerate(lock.read_text().splitlines(), 1):
        if "://" in line or line.startswith(("-", "--")):
            raise StopError(
                f"{lock.name}, line {number}: a lock file names versions and hashes only, not {line!r}"
            )
