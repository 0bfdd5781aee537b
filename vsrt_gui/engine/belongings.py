"""What modules keep outside the prefix, in the user's data folder: told, and taken care of when the runtime goes."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.ports import Prefix
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.launching import Place, data_names, extension_folders
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.request import Request
from vsrt_gui.model.survey import OwnData, PrefixRecord


def own_data(tools: Tools, prefix: Prefix) -> OwnData:
    """Look at what the modules of a prefix keep for the user.

    Raises:
        InstallerError: `prefix-too-new`, disk codes.
    """
    return tools.host.own_data(_names(prefix.read()), prefix.root)


def remove_all(tools: Tools, prefix: Prefix, request: Request) -> None:
    """Leave nothing of the runtime, in the user's data folder and in the prefix; the user's own goes only on request.

    The data folder comes first, since what the prefix records tells the names. Restartable.

    Raises:
        InstallerError: `file-in-use`, disk codes.
    """
    record = prefix.read()
    place = Place(store=str(prefix.store), data=str(tools.host.data))
    for modules in _sets(record):
        # A link that leads nowhere harms nobody, and the next start of an editor takes it away.
        with suppress(InstallerError):
            for folder in extension_folders(modules, place):
                tools.host.unlink_extensions(Path(folder), prefix.store)
    if request.with_data:
        tools.host.remove_data(_names(record), prefix.root)
    prefix.remove(keep_downloads=request.keep_downloads)


def _sets(record: PrefixRecord) -> Iterator[tuple[Target, ...]]:
    return (generation.modules for generation in record.generations)


def _names(record: PrefixRecord) -> frozenset[str]:
    return frozenset(name for modules in _sets(record) for name in data_names(modules))
