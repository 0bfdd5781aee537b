"""What each of the developer's commands does."""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import dev_catalog
import dev_environment
import dev_lock
import dev_machine
import dev_tests
from dev_catalog import CACHE
from dev_environment import ROOT
from dev_steps import Steps, StopError

sys.path.insert(0, str(ROOT))
from vsrt_gui.publish.serve import CatalogServer  # it takes the standard library alone

PORTS = (8437, 0)
"""The sample catalog's port, so that its address stays the same; else any that is free."""
INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended, as a shell reports it."""
CHECKED = ("vsrt_gui", "tests", "packaging")


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    options, rest = _parser().parse_known_args(argv)
    steps = Steps(CACHE / "logs")
    try:
        return int(options.command(steps, options, rest))
    except StopError as stop:
        print(f"\n{stop}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr, flush=True)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py", description="The developer's commands.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="set up, build the sample catalog and open the window on it")
    run.add_argument("--no-window", action="store_true", help="do the same job on the command line")
    run.add_argument(
        "--with-server",
        action="store_true",
        help="put the editor into the catalog, which the first time is compiled for some minutes; then it stays",
    )
    _add_without_server(run)
    run.set_defaults(command=_run)
    test = commands.add_parser(
        "test", help="set up, run every check and all tests; with options for pytest, tests alone"
    )
    test.add_argument("--full", action="store_true", help="also the long sweeps, whole")
    _add_without_server(test)
    test.set_defaults(command=_test)
    lint = commands.add_parser("lint", help="set up and run the checks alone")
    lint.set_defaults(command=_lint)
    shots = commands.add_parser("shots", help="set up and photograph every page of the window; options go on")
    shots.set_defaults(command=_shots)
    freeze = commands.add_parser(
        "freeze", help="set up, freeze the program into dist/vsrt, and try what came out"
    )
    freeze.set_defaults(command=_freeze)
    lock = commands.add_parser("lock", help="resolve the dependencies anew and write the lock files")
    lock.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    lock.set_defaults(command=_lock)
    return parser


def _add_without_server(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--without-server",
        action="store_true",
        help="leave the editor out, which the first time is compiled for a minute or two",
    )


def _run(steps: Steps, options: argparse.Namespace, rest: list[str]) -> int:
    """Open the window on the sample catalog, or do the same job without one."""
    window = not options.no_window and dev_machine.has_display()
    if not window and not options.no_window:
        steps.say("There is no display here, so this goes on without a window, on the command line.")
    if window:
        dev_machine.provide(steps, dev_machine.missing_for_qt(), "the window")
    dev_environment.provide(steps, dev=False)
    # Nobody who tries the program out for the first time should wait for a compiler.
    server = not options.without_server and (options.with_server or dev_catalog.has_server())
    if not server and not options.without_server and dev_catalog.can_have_server():
        steps.say(
            "The editor is left out; `run --with-server` compiles it once, and then it is always there."
        )
    catalog = dev_catalog.build(steps, server=server)
    return serve(steps, catalog, window=window, more=rest)


def serve(steps: Steps, catalog: Path, *, window: bool, more: list[str]) -> int:
    """Serve a catalog, run the program on it with a runtime folder of its own, and return its exit code."""
    with _server(catalog) as server:
        runtime = [] if "--prefix" in more else ["--prefix", str(CACHE / "runtime")]
        steps.say(
            f"The sample catalog is at {server.url}"
            + ("; the runtime goes to .cache/runtime" if runtime else "")
        )
        where = ["--catalog", server.url, *runtime]
        job = ["window", *where] if window else ["install", *where, "--yes"]
        return _call([str(dev_environment.python()), "-m", "vsrt_gui", *job, *more])


def _server(catalog: Path) -> CatalogServer:
    """Open a port, the usual one if it is free.

    Raises:
        StopError: there is none.
    """
    for port in PORTS:
        with suppress(OSError):
            return CatalogServer(catalog, port=port)
    raise StopError("No port could be opened to serve the sample catalog from.")


def _call(argv: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Run a program in the foreground; Ctrl-C reaches it, too, and its answer counts. A second one ends it."""
    with subprocess.Popen(argv, cwd=ROOT, env={**os.environ, **(environment or {})}) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            return process.wait()


def _freeze(steps: Steps, *_: object) -> int:
    """Freeze the program, and let the result prove itself."""
    dev_environment.provide(steps, dev=True)
    dev_machine.provide(steps, dev_machine.missing_for_qt(), "the window")
    out = ROOT / "dist"
    spec = ROOT / "packaging" / "frozen" / "vsrt.spec"
    folders = ["--distpath", str(out), "--workpath", str(ROOT / "build" / "frozen")]
    # The same input gives the same bytes.
    fixed = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "1760000000"}
    pyinstaller = [str(dev_environment.python()), "-m", "PyInstaller", "--noconfirm", *folders, str(spec)]
    steps.run("Freezing the program into dist/vsrt", pyinstaller, os.environ | fixed)
    program = out / "vsrt" / ("vsrt-gui.exe" if sys.platform == "win32" else "vsrt-gui")
    display = {} if dev_machine.has_display() else {"QT_QPA_PLATFORM": "offscreen"}
    steps.run("Trying what came out", [str(program), "--smoke"], os.environ | display)
    return 0


def _lint(steps: Steps, *_: object) -> int:
    """Run the checks."""
    dev_environment.provide(steps, dev=True)
    return 1 if _failed_checks(steps) else 0


def _failed_checks(steps: Steps) -> list[str]:
    """Run every check, also when one fails, and return the titles of those that did."""
    ruff = dev_environment.command("ruff")
    tools = [str(path) for path in sorted((ROOT / "packaging").glob("dev*.py"))]
    checks = {
        "Style (ruff)": [ruff, "check", *CHECKED],
        "Format (ruff)": [ruff, "format", "--check", *CHECKED],
        "Types (mypy)": [dev_environment.command("mypy")],
        "Types of these tools (mypy)": [dev_environment.command("mypy"), *tools],
        "Layers (import-linter)": [dev_environment.command("lint-imports")],
    }
    failed = []
    for title, argv in checks.items():
        try:
            steps.run(title, argv, os.environ | {"MYPYPATH": str(ROOT / "packaging")})
        except StopError as stop:
            print(stop, flush=True)
            failed.append(title)
    return failed


def _test(steps: Steps, options: argparse.Namespace, rest: list[str]) -> int:
    """Run every check and the whole test suite."""
    dev_machine.provide(steps, dev_machine.missing_for_qt(), "the window")
    try:
        dev_machine.provide(steps, dev_machine.missing_for_tests(ROOT / "tests"), "the tests on a screen")
    except StopError as stop:
        print(f"{stop}\nGoing on without: the tests that need them will say so.", flush=True)
    dev_environment.provide(steps, dev=True)
    failed = [] if rest else _failed_checks(steps)
    dev_catalog.build_plain(steps)  # once for all tests that install from it
    with_server = dev_catalog.can_have_server() and not options.without_server
    if with_server and not rest:
        failed += _failed_server(steps)
    steps.say("Tests (pytest) …")
    environment = {"VSRT_FULL_SWEEP": "1"} if options.full else {}
    environment |= {} if with_server else {"VSRT_WITHOUT_SERVER": "1"}
    failed += [] if dev_tests.run(_call, environment, rest) else ["Tests (pytest)"]
    if failed:  # else pytest's own summary has the last word
        steps.say(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def _failed_server(steps: Steps) -> list[str]:
    """Build the catalog with the editor for the tests; a failure is one of the whole run, which goes on."""
    try:
        dev_catalog.build_whole(steps)
    except StopError as stop:
        print(stop, flush=True)
        return ["The editor's server"]
    return []


def _shots(steps: Steps, _: argparse.Namespace, rest: list[str]) -> int:
    """Photograph the window, on no screen."""
    dev_machine.provide(steps, dev_machine.missing_for_qt(), "the window")
    dev_environment.provide(steps, dev=True)
    return _call([str(dev_environment.python()), str(ROOT / "packaging" / "shots.py"), *rest])


def _lock(steps: Steps, options: argparse.Namespace, _: list[str]) -> int:
    """Write the lock files anew."""
    dev_environment.provide(steps, dev=True)
    dev_lock.write(steps, dev_environment.command("uv"), upgrade=options.upgrade)
    return 0
