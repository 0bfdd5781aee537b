"""Reads a sources file, and names what is wrong with it by the key that its author knows."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import Launch
from vsrt_gui.publish.sources import NODE_PACKAGE, ModuleSource, NpmBuild, PipPackage, Sources

_COMMAND = re.compile(r"\{bin:([^}]*)\}")
SHOWN_INPUT = 60
"""Characters of a wrong value that an error shows."""


def read_sources(file: Path) -> Sources:
    """Read and check a sources file.

    Raises:
        InstallerError: `sources-invalid`, which names the field and what is wrong with it.
    """
    written, text = _load(file, ())
    try:
        sources = Sources.model_validate(written | {"file": file, "text": text})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _wrong(file, _field(first["loc"], written), _reason(first)) from error
    _check_ids(sources)
    _check_order(sources)
    for module in sources.modules:
        _check_commands(sources, module)
        _check_node(sources, module)
    return sources


def _load(file: Path, trail: tuple[Path, ...]) -> tuple[dict[str, Any], bytes]:
    """Read a file together with what it extends; `trail` holds the files on the way to it."""
    try:
        text = file.read_bytes()
        written = tomllib.loads(text.decode())
    except OSError as error:
        raise _wrong(file, "file", error.strerror or str(error)) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(file, "file", f"is not TOML: {error}") from error
    name = written.pop("extends", None)
    if name is None:
        return written, text
    if not isinstance(name, str) or name != Path(name).name:
        raise _wrong(
            file, "extends", "must name a file in the same folder"
        )  # paths in it are relative to that
    if file.with_name(name) in (file, *trail):
        raise _wrong(file, "extends", f"comes back to {name}")
    base, below = _load(file.with_name(name), (file, *trail))
    lists = [each.get("module", []) for each in (base, written)]
    modules = {"module": lists[0] + lists[1]} if all(isinstance(each, list) for each in lists) else {}
    return base | written | modules, below + text


def _wrong(file: Path, field: str, reason: str) -> InstallerError:
    return InstallerError(FaultCode.SOURCES_INVALID, file=str(file), field=field, reason=reason)


def _field(place: tuple[int | str, ...], written: Mapping[str, Any]) -> str:
    """Name a field as its author knows it: `module.pyright.source.package`."""
    names: list[str] = []
    value: Any = written
    for key in place:
        if isinstance(value, Mapping) and key not in value and key == value.get("kind"):
            continue  # pydantic's name for the kind of source
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            value = None
        named = isinstance(key, int) and isinstance(value, Mapping) and isinstance(value.get("id"), str)
        names.append(value["id"] if named else str(key))
    return ".".join(names)


def _reason(error: ErrorDetails) -> str:
    """Say what is wrong with a value, and show it where that helps."""
    if error["type"] in {"missing", "extra_forbidden"}:
        return {"missing": "is missing", "extra_forbidden": "is not a key of this file"}[error["type"]]
    shown = repr(error["input"])
    return f"{error['msg']} (it is {shown})" if len(shown) <= SHOWN_INPUT else error["msg"]


def _check_ids(sources: Sources) -> None:
    seen: set[str] = set()
    for module in sources.modules:
        if module.id in seen:
            raise sources.wrong(f"module.{module.id}.id", "is there twice")
        seen.add(module.id)
    for module in sources.modules:
        for dependency in module.dependencies:
            if dependency not in seen:
                raise sources.wrong(
                    f"module.{module.id}.dependencies", f"names {dependency!r}, which is not here"
                )


def _check_order(sources: Sources) -> None:
    try:
        TopologicalSorter({module.id: module.dependencies for module in sources.modules}).prepare()
    except CycleError as error:
        ring = " → ".join(reversed(error.args[1]))
        raise sources.wrong(f"module.{error.args[1][0]}.dependencies", f"go in a circle: {ring}") from error


def _check_commands(sources: Sources, module: ModuleSource) -> None:
    """See that every `{bin:NAME}` is a command of the module or of one that it needs."""
    known = {name for needed in _needed(sources, module) for name in needed.launch.bin}
    for field, argv in argument_lists(module.launch):
        for name in _COMMAND.findall(" ".join(argv)):
            if name not in known:
                raise sources.wrong(
                    f"module.{module.id}.launch.{field}",
                    f"uses the command {name!r}, which nothing it needs has",
                )


def _check_node(sources: Sources, module: ModuleSource) -> None:
    """See that what compiles a module's add-ons is the Node.js that will load them."""
    if not isinstance(module.source, NpmBuild):
        return
    field = f"module.{module.id}.source.node"
    needed = {each.id: each for each in _needed(sources, module)}
    brings = needed.get(module.source.node)
    if brings is None:
        raise sources.wrong(
            field, f"names {module.source.node!r}, which is none of the module's dependencies"
        )
    if not isinstance(brings.source, PipPackage) or brings.source.package != NODE_PACKAGE:
        raise sources.wrong(field, f"names {brings.id!r}, which is not made of the wheel {NODE_PACKAGE}")


def _needed(sources: Sources, module: ModuleSource) -> Iterable[ModuleSource]:
    """Return a module and all that it needs; the dependencies are known and go in no circle."""
    by_id = {other.id: other for other in sources.modules}
    found = {module.id: module}
    todo = [module]
    while todo:
        for dependency in todo.pop().dependencies:
            if dependency not in found:
                found[dependency] = by_id[dependency]
                todo.append(by_id[dependency])
    return found.values()


def argument_lists(launch: Launch) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield every argument list of a launch with the field that it stands in."""
    for name, command in launch.bin.items():
        if isinstance(command, tuple):
            yield f"bin.{name}", command
    if launch.server:
        yield "server.argv", launch.server.argv
    for position, proof in enumerate(launch.proof):
        yield f"proof.{position}.argv", proof.argv
