"""What `status` and `modules` show to people."""

import io
import time
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from vsrt_gui.cli import prose
from vsrt_gui.cli.launching import served
from vsrt_gui.cli.outlet import Line, Outlet, drawing, printable
from vsrt_gui.model.faults import Fact
from vsrt_gui.model.plan import Finding
from vsrt_gui.model.status import Damaged, Overview, PartiallyInstalled, UpdateAvailable
from vsrt_gui.model.survey import PrefixRecord
from vsrt_gui.model.versions import Newness
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.runbook.quantities import duration, listed, size

WIDE = 200
"""Columns of a table that no terminal limits."""


def status(overview: Overview, out: Outlet, words: Runbook) -> None:
    """Show what is installed, and how it is."""
    out.say(_head(overview, words))
    _table(out, _installed(overview, words))
    out.say(served(overview.server, words))
    out.say(_foot(overview, words))


def generations(record: PrefixRecord, out: Outlet) -> None:
    """Show the versions that are kept, the newest first."""
    table = _grid("Number", "Installed", "Version", "Modules", "")
    for each in reversed(record.generations):
        when = each.installed_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        names = listed(f"{target.module.name} {target.module.version}" for target in each.modules)
        now = "in use" if record.current is not None and each.number == record.current.number else ""
        table.add_row(str(each.number), when, each.manifest_version, printable(names), now)
    if table.row_count:
        _table(out, table)
    else:
        out.line("Nothing is installed here, so there is no version to go back to.")


def modules(overview: Overview, out: Outlet, words: Runbook) -> None:
    """Show the modules that can be had."""
    _table(out, _available(overview, words))
    out.say(_unavailable(overview, words))


def _head(overview: Overview, words: Runbook) -> Iterator[Line]:
    said = overview.status
    facts: dict[str, Fact] = {
        name: value
        for name, value in said.model_dump().items()
        if isinstance(value, str) and name != "status"
    }
    if isinstance(said, Damaged) and said.notes:
        yield Line(words.word("found.notes"), "bold")
    elif isinstance(said, UpdateAvailable) and said.newness is not Newness.NEWER:
        yield Line(words.word(f"offered.{said.newness}", **facts), "bold")
    else:
        yield Line(words.word(f"status.{said.status}", **facts), "bold")
    yield Line(f"Folder: {overview.prefix}")
    if overview.record.kept:
        yield Line(f"Kept for the next installation: {size(overview.record.kept)}. To remove it: vsrt clean")
    current = overview.record.current
    if current is not None:
        when = current.installed_at.astimezone().strftime("%Y-%m-%d %H:%M")
        earlier = [str(each.number) for each in overview.record.generations if each.number != current.number]
        others = f"; kept to go back to: {listed(earlier)}" if earlier else ""
        yield Line(f"Version number {current.number}, since {when}{others}")


def _foot(overview: Overview, words: Runbook) -> Iterator[Line]:
    match overview.status:
        case PartiallyInstalled(missing=missing):
            yield Line(f"Missing: {listed(missing, _names(overview))}.")
            yield Line("To finish: vsrt install")
        case Damaged():
            yield from (Line(f"Damaged: {one.path} ({one.reason})") for one in overview.record.damage)
            yield Line("To repair: vsrt repair")
        case UpdateAvailable(newness=Newness.OLDER):
            yield Line("To go to it: vsrt update")
        case UpdateAvailable():
            yield Line("To update: vsrt update")
        case _:
            pass
    if overview.catalog_fault is not None:
        page = words.page(overview.catalog_fault)
        yield Line(f"What is available could not be looked up: {page.title}. {page.cause}", "yellow")
        if overview.fetched_at is not None:
            age = duration(time.time() - overview.fetched_at)
            yield Line(f"The list of modules that this goes by is {age} old.", "yellow")


def _unavailable(overview: Overview, words: Runbook) -> Iterator[Line]:
    for fault in overview.unavailable:
        yield Line(words.page(fault, _names(overview)).cause, "yellow")


def _names(overview: Overview) -> dict[str, str]:
    known = (*overview.available, *(finding.target for finding in overview.findings))
    return {target.id: target.module.name for target in known}


def _installed(overview: Overview, words: Runbook) -> Table:
    table = _grid("Module", "Id", "Version", "State")
    for finding in overview.findings:
        module = finding.target.module
        table.add_row(printable(module.name), module.id, module.version, _state(finding, words))
    return table


def _state(finding: Finding, words: Runbook) -> str:
    return prose.state(finding.drift, finding.survey.harm, words)


def _available(overview: Overview, words: Runbook) -> Table:
    table = _grid("Module", "Id", "Version", "Needs", "Installed")
    table.add_column("Download", justify="right")
    here = {finding.target.id: finding for finding in overview.findings}
    for target in overview.available:
        module, found = target.module, here.get(target.id)
        download = size(target.artifact.size) if target.artifact.size is not None else "unknown"
        needs = ", ".join(module.dependencies)
        installed = f"{found.target.module.version}, {_state(found, words)}" if found else ""
        table.add_row(printable(module.name), module.id, module.version, needs, installed, download)
    return table


def _grid(*columns: str) -> Table:
    return Table(*columns, box=None, header_style="dim", padding=(0, 2, 0, 0))


def _table(out: Outlet, table: Table) -> None:
    """Write a table: in the terminal's width, or as plain lines as wide as they come."""
    if not table.row_count:
        return
    if out.is_terminal:
        drawing(out.stream).print(table)
        return
    paper = io.StringIO()
    Console(file=paper, width=WIDE, force_terminal=False, color_system=None, markup=False, emoji=False).print(
        table
    )
    for line in paper.getvalue().splitlines():
        out.line(line.rstrip())
