"""Puts a generation in force: all of it durable first, then its launchers, and one small file replaced last."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.barrier import make_durable
from vsrt_gui.adapters.prefix.erasing import erase
from vsrt_gui.adapters.prefix.launchers import MARK, SUFFIX, is_start_script, stable_launcher, start_script
from vsrt_gui.adapters.prefix.layout import COMMAND_NAME, SCRIPTS_NAME, Layout, names, stands
from vsrt_gui.adapters.prefix.reading import broken_generations, read_generations
from vsrt_gui.adapters.prefix.replacing import PROGRAM, Patience, flush_folder, read_file, replace_file
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.launching import commands
from vsrt_gui.model.survey import FileState, Generation, Launchers

_Scripts = Mapping[str, bytes]


def commit(
    layout: Layout, generation: Generation, indexes: Mapping[str, FileIndex], patience: Patience
) -> None:
    """Put a new generation in force; see `ports.Prefix.commit`.

    Notes of other generations that can't be read go: nothing can bring them back, and the plan has told of them.

    Restartable: until `current` is replaced the old generation works, and after it the new one does, wholly; launchers
    that nothing needs any more go after that, or with the next call.

    Raises:
        InstallerError: `manifest-invalid` before anything was changed, `file-in-use`, disk codes.
    """
    scripts = _scripts(generation)
    targets = ((target, indexes.get(target.id)) for target in generation.modules)
    make_durable(layout.root, [(layout.module(target), index) for target, index in targets if index])
    content = generation.model_dump_json(by_alias=True, indent=1).encode() + b"\n"
    with translating(layout.generations):
        effects.make_folder(layout.generations)
    replace_file(layout.generation(generation.number), content, patience=patience)
    _put_in_force(layout, generation.number, scripts, patience)
    for path in broken_generations(layout):
        erase(path)


def switch(layout: Layout, generation: Generation, patience: Patience) -> None:
    """Put a kept generation in force again; also mends its launchers when it is in force already.

    Restartable, as `commit` is.

    Raises:
        InstallerError: `file-in-use`, disk codes.
    """
    _put_in_force(layout, generation.number, _scripts(generation), patience)


def look_at_launchers(layout: Layout, generation: Generation) -> Launchers:
    """Tell how the launchers of a generation's commands are; see `ports.Prefix.launchers`.

    Raises:
        InstallerError: disk codes.
    """
    content = stable_launcher(windows=sys.platform == "win32")
    wrong: dict[str, FileState] = {}
    taken: dict[str, str] = {}
    for name, script in _scripts(generation).items():
        path, start = layout.bin / f"{name}{SUFFIX}", layout.scripts(generation.number) / f"{name}{SUFFIX}"
        if _is_free(path) or _is_free(start):
            wrong[name] = FileState.MISSING
        elif not _is_launcher(path):
            taken[name] = str(path)
        elif not (_holds(path, content) and _holds(start, script)):
            wrong[name] = FileState.CHANGED
    return Launchers(wrong=wrong, taken=taken)


def remove_launchers(layout: Layout, unwanted: frozenset[str]) -> None:
    """Remove the stable launchers of these commands; a file of the user's own by that name stays.

    Nothing happens where `bin` is a link: what lies behind it is somebody else's. They are gone for good when this
    returns: once the generations that name them are gone, nobody could tell any more that they are ours.

    Raises:
        InstallerError: `file-in-use`, disk codes.
    """
    if layout.bin.is_symlink():
        return
    ours = [path for name in sorted(unwanted) if _is_launcher(path := layout.bin / f"{name}{SUFFIX}")]
    for path in ours:
        erase(path)
    if ours:
        with translating(layout.bin):
            flush_folder(layout.bin)


def recorded_commands(layout: Layout) -> frozenset[str]:
    """Return the commands that any generation here has or had: names that we may have made launchers for.

    Raises:
        InstallerError: disk codes.
    """
    recorded = {name for generation in read_generations(layout) for name in commands(generation.modules)}
    with translating(layout.generations):
        for folder in names(layout.generations, SCRIPTS_NAME):
            scripts = names(layout.generations / folder, COMMAND_NAME)
            recorded |= {name.removesuffix(".cmd") for name in scripts}
    return frozenset(recorded)


def marked_commands(layout: Layout) -> frozenset[str]:
    """Return the commands whose launchers bear our mark, for where no note of them is left.

    Raises:
        InstallerError: disk codes.
    """
    with translating(layout.bin):
        found = [layout.bin / name for name in names(layout.bin, COMMAND_NAME)]
    marked = (path for path in found if _is_launcher(path) and path.stat().st_size)
    return frozenset(path.name.removesuffix(SUFFIX) for path in marked)


def _scripts(generation: Generation) -> _Scripts:
    return {
        name: start_script(generation.modules, name, system=sys.platform)
        for name in commands(generation.modules)
    }


def _put_in_force(layout: Layout, number: int, scripts: _Scripts, patience: Patience) -> None:
    _write_scripts(layout.scripts(number), scripts, patience)
    # Until the set is in force they say that there is no such command, or start the one that was there before.
    _write_launchers(layout, scripts, patience)
    name = f"{number}\n".encode()
    if read_file(layout.current) != name:
        replace_file(layout.current, name, patience=patience)
    kept = {name for generation in read_generations(layout) for name in commands(generation.modules)}
    remove_launchers(layout, recorded_commands(layout) - kept - scripts.keys())


def _write_scripts(folder: Path, scripts: _Scripts, patience: Patience) -> None:
    """Make a generation's script folder hold these, and no others of ours."""
    with translating(folder):
        if folder.is_symlink() or folder.is_file():
            erase(folder)
        effects.make_folder(folder)
        effects.chmod(folder, PROGRAM)
        others = set(names(folder, COMMAND_NAME)) - {f"{name}{SUFFIX}" for name in scripts}
    for name, content in scripts.items():
        path = folder / f"{name}{SUFFIX}"
        if not _holds(path, content):
            replace_file(path, content, PROGRAM, patience)
    for name in others:
        if is_start_script(read_file(folder / name) or b""):
            erase(folder / name)
    with translating(folder):
        flush_folder(folder.parent)


def _write_launchers(layout: Layout, scripts: _Scripts, patience: Patience) -> None:
    content = stable_launcher(windows=sys.platform == "win32")
    with translating(layout.bin):
        effects.make_folder(layout.bin)
    for name in scripts:
        path = layout.bin / f"{name}{SUFFIX}"
        if _is_free(path) or (_is_launcher(path) and not _holds(path, content)):
            replace_file(path, content, PROGRAM, patience)


def _holds(path: Path, content: bytes) -> bool:
    """Tell whether a program file is right as it is; writing it again would only wear the disk."""
    return read_file(path) == content and os.access(path, os.X_OK)


def _is_free(path: Path) -> bool:
    with translating(path):
        return not stands(path)


def _is_launcher(path: Path) -> bool:
    """Tell a launcher of ours by the mark in its second line; a link is the user's, and an empty file nobody's."""
    with translating(path):
        if path.is_symlink() or not path.is_file():
            return False
        with path.open("rb") as file:
            start = file.read(256)
        return not start or MARK.encode() in start
