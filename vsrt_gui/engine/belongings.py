"""What modules keep outside the prefix, in the user's data folder: told, and taken care of when the runtime goes."""

from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.ports import Prefix
from vsrt_gui.engine.serve import stop_running, unlink
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.launching import data_names
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

    What is in force is withdrawn before anything else happens: where that is not allowed, all stays as it is. What runs
    from the folders would lose its files, and on Windows keep them from going. The user's data goes last, when all else
    could go; until then the prefix tells the names. Restartable.

    Raises:
        InstallerError: `prefix-damaged` when nothing tells which data there is that should go, `already-running`,
            `file-in-use`, disk codes.
    """
    record = prefix.read()
    names = _names(record)
    if request.with_data and record.data is None:
        reason = "what was installed can't be read"
        raise InstallerError(FaultCode.PREFIX_DAMAGED, path=record.path, reason=reason)
    prefix.withdraw(names if request.with_data or request.keep_downloads else frozenset())
    stop_running(tools.servers, prefix)
    unlink(tools, prefix, record, lost=False)

    def remove_data() -> None:
        if request.with_data:
            tools.host.remove_data(names, prefix.root)

    prefix.remove(keep_downloads=request.keep_downloads, last=remove_data)


def _names(record: PrefixRecord) -> frozenset[str]:
    told = frozenset(name for generation in record.generations for name in data_names(generation.modules))
    return told | (record.data or frozenset())
