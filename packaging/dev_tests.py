"""Runs the test suite: first what may share the machine, in several workers, then what measures time."""

import os
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import dev_environment
from dev_environment import ROOT

REPORT = ROOT / "artifacts" / "pytest.xml"
COVERAGE = ["--cov", "--cov-branch"]
SHOWN = "--cov-report=term-missing:skip-covered"

Call = Callable[[Sequence[str], Mapping[str, str]], int]


def run(call: Call, environment: Mapping[str, str], chosen: Sequence[str]) -> bool:
    """Run the tests; tell whether all passed.

    Args:
        call: runs a program in the foreground.
        environment: what it adds to ours.
        chosen: options for pytest; with any, it runs once, and in one process unless they say otherwise.
    """
    REPORT.parent.mkdir(exist_ok=True)
    pytest = [str(dev_environment.python()), "-m", "pytest", *COVERAGE]
    if chosen:
        return call([*pytest, SHOWN, f"--junitxml={REPORT}", *chosen], environment) == 0
    alone = REPORT.with_name("pytest-alone.xml")
    # A file's tests stay together: they share what is costly to make, and sum up their figures.
    together = [f"--numprocesses={_workers()}", "--dist=loadfile", "--no-loadscope-reorder"]
    codes = [
        call([*pytest, "-m", "not alone", *together, "--cov-report=", f"--junitxml={REPORT}"], environment),
        call([*pytest, "-m", "alone", "--cov-append", SHOWN, f"--junitxml={alone}"], environment),
    ]
    _join(REPORT, alone)
    return not any(codes)


def _workers() -> int:
    """Return how many run at once: one for each core that we may use, and one while the others wait.

    Of 40 minutes that the tests took one after the other, 26 were a core's work.
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return cores + 1


def _join(report: Path, more: Path) -> None:
    """Move the results of the second go to those of the first, for those who read one file."""
    if report.exists() and more.exists():
        both = ET.parse(report)
        both.getroot().extend(ET.parse(more).getroot())
        both.write(report, "utf-8", xml_declaration=True)
        more.unlink()
