"""The house rules that a machine can check: who imports whom, how large things are, where exceptions may end."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "vsrt_gui"
FILES = sorted(path for path in HOUSE.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]
LONGEST_FILE = 350
LONGEST_FUNCTION = 40
UNSPEAKING = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
"""What a module is called whose author did not know what it is."""

TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in zip(NAMES, FILES, strict=True)}

IMPORT_ALL = """
import importlib, pkgutil, sys
import vsrt_gui
rooms, forbidden = sys.argv[1].split(","), sys.argv[2].split(",")
def walk(package):
    for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        room = found.name.split(".")[1]
        if room not in ("ui", "__main__") and (rooms == ["*"] or room in rooms):
            module = importlib.import_module(found.name)
            if found.ispkg:
                walk(module)
walk(vsrt_gui)
print(*sorted({name.partition(".")[0] for name in sys.modules} & set(forbidden)))
print(*sorted(name for name in sys.modules if name.startswith("vsrt_gui.")))
"""


def python(*arguments: str) -> str:
    """Run a Python of its own from the checkout and return what it says."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def imported(rooms: str, forbidden: str) -> tuple[list[str], list[str]]:
    """Import rooms in a process of their own; tell which forbidden ones came, and which of ours."""
    found, ours = python("-W", "error", "-c", IMPORT_ALL, rooms, forbidden).splitlines()
    return found.split(), ours.split()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its docstring: saying more about it must not make it too long."""
    first = function.body[0]
    said = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function) else 0
    return (function.end_lineno or 0) - function.lineno + 1 - said


def test_imports_go_downwards_only() -> None:
    said = python(
        "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache", "--no-logo"
    )
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", said)


def test_nothing_but_the_window_needs_qt() -> None:
    found, ours = imported("*", "PySide6,shiboken6,qasync")
    assert len(ours) > 60
    assert found == []
    assert not [name for name in ours if name.startswith("vsrt_gui.ui")]


def test_decisions_need_neither_network_nor_adapters() -> None:
    found, ours = imported("model,engine,runbook", "httpx,httpcore,ssl,PySide6,qasync,typer,rich,filelock")
    assert len(ours) > 30
    assert set(found) <= {"ssl"}  # asyncio itself imports ssl, and opens nothing
    assert {name.split(".")[1] for name in ours} == {"model", "engine", "runbook"}


@pytest.mark.parametrize("name", NAMES)
class TestFiles:
    def test_one_charter_sentence_opens_it(self, name: str) -> None:
        charter = (ast.get_docstring(TREES[name]) or "").partition("\n\n")[0].replace("\n", " ")
        assert charter.endswith(".")
        assert not re.search(r"[.!?] [A-Z]", charter), charter

    def test_it_is_no_longer_than_a_reader_holds(self, name: str) -> None:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
        long = {
            node.name: length
            for node in functions(TREES[name])
            if (length := lines_of_code(node)) > LONGEST_FUNCTION
        }
        assert long == {}

    def test_its_name_says_what_it_is(self, name: str) -> None:
        assert not set(Path(name).with_suffix("").parts) & UNSPEAKING


def catches(name: str) -> Iterator[tuple[str, ast.ExceptHandler]]:
    """Yield what each handler of a file catches."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.walk(node.type) if node.type else ()
            names = [part.id for part in caught if isinstance(part, ast.Name)]
            for what in names or ["everything"]:
                yield what, node


def test_only_two_doors_catch_everything() -> None:
    found = [name for name in NAMES for what, _ in catches(name) if what in {"Exception", "everything"}]
    in_engine = [name for name in found if name.startswith("vsrt_gui/engine/")]
    in_window = [name for name in found if name.startswith("vsrt_gui/ui/")]
    assert in_engine == ["vsrt_gui/engine/session.py"]
    assert len(in_window) <= 1
    assert found == in_engine + in_window


@pytest.mark.parametrize("what", ["BaseException", "CancelledError", "StoppedError", "GeneratorExit"])
def test_an_end_is_never_swallowed(what: str) -> None:
    """Who catches the end of a run to tidy up must pass it on; three places turn it into another thing."""
    turning = {"vsrt_gui/engine/session.py", "vsrt_gui/engine/cancel.py", "vsrt_gui/ui/loop.py"}
    silent = [
        f"{name}:{node.lineno}"
        for name in NAMES
        for caught, node in catches(name)
        if caught == what
        and name not in turning
        and not any(isinstance(n, ast.Raise) for n in ast.walk(node))
    ]
    assert silent == []


def test_our_folder_named_packaging_hides_nobodys_package() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()
