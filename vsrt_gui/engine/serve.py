"""What is done with servers in one go: start or find one, look at one, stop one, and spare what one uses."""

import secrets
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.host_port import Host
from vsrt_gui.engine.ports import Keep, Prefix
from vsrt_gui.engine.server_port import Servers
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.launch_state import (
    Crashed,
    LaunchState,
    ServerOrder,
    ServerRecord,
    Stopped,
    order,
    server_of,
)
from vsrt_gui.model.launching import Place, extension_folders
from vsrt_gui.model.survey import PrefixRecord

STOP_SECONDS = 5.0
"""How long a server may take to end by itself once it was asked to."""
UNKNOWN = "unknown"
"""Stands for an exit code that only the program knows that started the server."""
_SECRET_BYTES = 24


class Pulse(Enum):
    """What a look at a server shows."""

    ANSWERS = auto()
    SILENT = auto()
    GONE = auto()


def found_or_started(
    servers: Servers, host: Host, prefix: Prefix, started: list[ServerRecord]
) -> ServerRecord:
    """Return the running server's record, or that of a new one, which is put in `started` too.

    Raises:
        InstallerError: `not-installed`, `no-server`, `manifest-invalid`, `server-crashed`, `already-running`,
            disk codes.
    """
    with servers.starting(prefix.root):
        record = servers.recorded(prefix.root)
        if record is not None and servers.lives(record):
            return record
        wish = _order(servers, host, prefix)
        if record is not None:
            servers.stop(prefix.root, record, 0.0)  # children that outlived it
        record = servers.start(prefix.root, wish)
        started.append(record)
        return record


def _order(servers: Servers, host: Host, prefix: Prefix) -> ServerOrder:
    record = prefix.read()
    current = record.current
    if record.lost:
        first = record.damage[0]
        raise InstallerError(FaultCode.PREFIX_DAMAGED, path=first.path, reason=first.reason)
    if current is None:
        raise InstallerError(FaultCode.NOT_INSTALLED, path=str(prefix.root))
    server = server_of(current)
    if server is None:
        raise InstallerError(FaultCode.NO_SERVER, path=str(prefix.root))
    given = {"port": str(servers.free_port()), "secret": secrets.token_hex(_SECRET_BYTES)}
    return order(current, server, Place(store=str(prefix.store), data=str(host.data), given=given))


def pulse(servers: Servers, record: ServerRecord, stop: Stop) -> Pulse:
    """Look at a server once; an answer counts only while the process lives, since another may have taken the port."""
    answers = servers.answers(record, stop)
    if not servers.lives(record):
        return Pulse.GONE
    return Pulse.ANSWERS if answers else Pulse.SILENT


def crash(servers: Servers, record: ServerRecord) -> InstallerError:
    """Return the error for a server that ended by itself."""
    code = servers.exit_code(record)
    exit_ = UNKNOWN if code is None else code
    return InstallerError(FaultCode.SERVER_CRASHED, module=record.module, log=record.log, exit=exit_)


def look_at_server(servers: Servers, prefix: Prefix, stop: Stop) -> LaunchState:
    """Tell what the prefix's server is, whoever started it."""
    record = servers.recorded(prefix.root)
    if record is None:
        return Stopped()
    match pulse(servers, record, stop):
        case Pulse.ANSWERS:
            return record.as_ready(servers.secret(prefix.root), found=True)
        case Pulse.SILENT:
            return record.as_starting()
        case Pulse.GONE:
            return Crashed(fault=crash(servers, record).at(record.module, None), log=record.log)


def stop_running(servers: Servers, prefix: Prefix) -> bool:
    """Stop the prefix's server with all its children, and tell whether it ran.

    Raises:
        InstallerError: `already-running`, disk codes.
    """
    if servers.recorded(prefix.root) is None:
        return False
    with servers.starting(prefix.root):
        record = servers.recorded(prefix.root)
        if record is None:
            return False
        lived = servers.lives(record)
        servers.stop(prefix.root, record, STOP_SECONDS)
        return lived


def collect(tools: Tools, prefix: Prefix, keep: Keep) -> int:
    """Delete what neither a kept generation nor a running process uses; returns the bytes that it took.

    Raises:
        InstallerError: disk codes.
    """
    record = tools.servers.recorded(prefix.root)
    used = set(record.folders) if record is not None and tools.servers.lives(record) else set()
    used |= tools.host.running_from(prefix.store)
    before = prefix.read()
    freed = prefix.collect(keep.but(spare=keep.spare | used))
    unlink(tools, prefix, before, lost=True)
    return freed


def in_use(tools: Tools, prefix: Prefix) -> tuple[str, ...]:
    """Return the names of the modules that any process runs from just now, as far as the system tells.

    Raises:
        InstallerError: `prefix-too-new`, disk codes.
    """
    running = tools.host.running_from(prefix.store)
    kept = (target for generation in prefix.read().generations for target in generation.modules)
    return tuple(dict.fromkeys(target.module.name for target in kept if target.folder in running))


def unlink(tools: Tools, prefix: Prefix, record: PrefixRecord, *, lost: bool) -> None:
    """Take the links of this prefix out of the folders of extensions; with `lost` those that lead nowhere any more.

    What can't be done is left: a link that leads nowhere harms nobody, and the next start of an editor takes it away.
    """
    place = Place(store=str(prefix.store), data=str(tools.host.data))
    for generation in record.generations:
        with suppress(InstallerError):
            for folder in extension_folders(generation.modules, place):
                tools.host.unlink_extensions(Path(folder), prefix.store, lost=lost)


def tidy(tools: Tools, prefix: Prefix) -> int:
    """Delete all downloads and what nothing names, and what an uninstallation had left; returns the bytes.

    Raises:
        InstallerError: `already-running`, `prefix-damaged`, disk codes.
    """
    if not prefix.read().exists:
        return 0
    with prefix.lock():
        freed = collect(tools, prefix, Keep(generations=tools.policies.kept_generations))
        record = prefix.read()
        if record.current is None and record.wanted is None:
            prefix.remove()  # what an uninstall had left was all there was
        return freed
