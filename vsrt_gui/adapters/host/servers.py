"""Server processes that go on when this program ends, and the records by which it finds them again."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_state_path
from pydantic import ValidationError

from vsrt_gui.adapters.host.extension_links import link_extensions
from vsrt_gui.adapters.host.probe import clean_environment
from vsrt_gui.adapters.host.processes import end_group, process_start
from vsrt_gui.adapters.host.system import NOT_FOUND, NOT_STARTED
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.erasing import erase
from vsrt_gui.adapters.prefix.replacing import Patience, patiently, read_file, replace_file
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.launch_state import HOST, ServerOrder, ServerRecord

KEPT_LOGS = 3
"""Logs of earlier starts that are kept."""
_PRIVATE = 0o600
_ACQUIRE_SECONDS = 10.0
_ASK_SECONDS = 5.0
_SERVED = 500
"""Statuses from here on say that the server itself is not well."""
_OTHERS = ("VSCODE_", "ELECTRON_")
"""Variables of an editor in whose terminal we may have been started; a server would take itself for its child."""


@dataclass(frozen=True)
class _Files:
    """What the state folder holds of one prefix's server."""

    record: Path
    secret: Path
    log: Path
    lock: Path


class LocalServers:
    """Implements `engine.server_port.Servers` on this computer; the methods' contracts stand there."""

    def __init__(self, state: Path | None = None) -> None:
        """Look at a folder, changing nothing.

        Args:
            state: where records, secrets and logs lie; the user's state folder where None.
        """
        self._folder = (state or user_state_path("vscode-runtime", appauthor=False)) / "servers"
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    @contextmanager
    def starting(self, root: Path) -> Iterator[None]:
        """Hold the right to start or stop the prefix's server."""
        with translating(self._folder):
            effects.make_folders(self._folder)
            if sys.platform != "win32":
                effects.chmod(self._folder, 0o700)
            lock = FileLock(
                self._files(root).lock, thread_local=False, fallback_to_soft=False, preserve_lock_file=True
            )
            try:
                effects.checkpoint("lock", self._files(root).lock)
                lock.acquire(timeout=_ACQUIRE_SECONDS)
            except Timeout as error:
                raise InstallerError(FaultCode.ALREADY_RUNNING, path=str(root), pid=0) from error
            except NotImplementedError as error:
                reason = "this disk keeps no locks"
                raise InstallerError(FaultCode.DISK_ERROR, path=str(self._folder), reason=reason) from error
        try:
            yield
        finally:
            lock.release()

    def recorded(self, root: Path) -> ServerRecord | None:
        """Return the server that was started last and not stopped, unless the computer was restarted since."""
        try:
            record = ServerRecord.model_validate_json(read_file(self._files(root).record) or b"")
        except ValidationError:
            return None
        return record if record.at > _booted_at() or self.lives(record) else None

    def lives(self, record: ServerRecord) -> bool:
        """Tell whether the very process of a record still runs."""
        child = self._children.get(record.pid)
        if child is not None:
            return child.poll() is None
        return process_start(record.pid) == record.started

    def exit_code(self, record: ServerRecord) -> int | None:
        """Return what a server of this program ended with."""
        child = self._children.get(record.pid)
        return None if child is None else child.poll()

    def answers(self, record: ServerRecord, stop: Stop) -> bool:
        """Ask the server once whether it is up."""
        connection = HTTPConnection(HOST, record.port, timeout=_ASK_SECONDS)
        try:
            connection.connect()
            with stop.waking(lambda: _shut(connection.sock)):
                connection.request("GET", "/" + record.ready.removeprefix("/"))
                return connection.getresponse().status < _SERVED
        except (OSError, HTTPException):
            stop.check()
            return False
        finally:
            connection.close()

    def secret(self, root: Path) -> str:
        """Return the secret of the recorded server."""
        return (read_file(self._files(root).secret) or b"").decode(errors="replace")

    def free_port(self) -> int:
        """Return a port of this computer that nobody listens on."""
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
            return port

    def start(self, root: Path, order: ServerOrder) -> ServerRecord:
        """Link the extensions, start the server in a process group of its own, and record it."""
        files = self._files(root)
        if order.extensions is not None:
            link_extensions(Path(order.extensions), Path(order.store), order.links)
        _rotate(files.log)
        replace_file(files.secret, order.secret.encode(), _PRIVATE)
        child = _spawned(order, files.log)
        try:
            record = _record(order, child.pid, files.log)
            replace_file(files.record, record.model_dump_json().encode(), _PRIVATE)
        except InstallerError:
            end_group(child.pid, 0.0)
            child.wait()
            raise
        self._children[child.pid] = child
        return record

    def stop(self, root: Path, record: ServerRecord, seconds: float) -> None:
        """Forget the server and end it with all its children."""
        files = self._files(root)
        erase(files.record)
        erase(files.secret)
        # Where its number has a new owner, nothing of it is left: no number is given out while a group has it.
        if process_start(record.pid) in {None, record.started}:
            end_group(record.pid, seconds)
        child = self._children.get(record.pid)
        if child is not None:
            child.wait()

    def close(self) -> None:
        """Let go of the servers that this program started; they go on."""
        for child in self._children.values():
            if child.poll() is None:
                child.returncode = 0  # it is meant to outlive us, which Popen would warn of
        self._children.clear()

    def _files(self, root: Path) -> _Files:
        name = sha256(os.fsencode(os.path.normcase(root))).hexdigest()[:16]
        record, secret, log, lock = (
            self._folder / f"{name}.{kind}" for kind in ("json", "secret", "log", "lock")
        )
        return _Files(record, secret, log, lock)


def _record(order: ServerOrder, pid: int, log: Path) -> ServerRecord:
    module = order.target.module
    return ServerRecord(
        module=module.id,
        name=module.name,
        version=module.version,
        generation=order.generation,
        folders=order.folders,
        pid=pid,
        started=process_start(pid) or "",
        at=time.time(),
        port=order.port,
        ready=order.ready,
        secret=order.kind,
        log=str(log),
    )


def _spawned(order: ServerOrder, log: Path) -> subprocess.Popen[bytes]:
    """Start the program without a window or input, its output going to the log."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    argv = (
        os.path.normpath(order.argv[0]),
        *order.argv[1:],
    )  # Windows wants its own slashes in a program's path
    with translating(log):
        descriptor = effects.create(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _PRIVATE)
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=subprocess.STDOUT,
            cwd=_home(log.parent),
            env=_environment(order.env),
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        with suppress(OSError):
            effects.write(descriptor, f"{argv[0]}: {reason}\n".encode())
        code = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_STARTED
        raise InstallerError(
            FaultCode.SERVER_CRASHED, module=order.target.id, log=str(log), exit=code
        ) from error
    finally:
        os.close(descriptor)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    env = {name: value for name, value in clean_environment().items() if not name.startswith(_OTHERS)}
    return {**env, **more}


def _home(otherwise: Path) -> Path:
    """Return where a server's terminals open: never a folder of the store, which Windows could then not delete."""
    try:
        home = Path.home()
    except RuntimeError:
        return otherwise
    return home if home.is_dir() else otherwise


def _rotate(log: Path) -> None:
    """Make room for a new log; those of a few earlier starts stay."""
    names = [log, *(log.with_name(f"{log.name}.{number}") for number in range(1, KEPT_LOGS + 1))]
    with translating(log):
        for old, new in zip(reversed(names[:-1]), reversed(names[1:]), strict=True):
            with suppress(FileNotFoundError):
                patiently(lambda old=old, new=new: effects.replace(old, new), old, Patience(seconds=2.0))  # type: ignore[misc]


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _booted_at() -> float:
    """Return when the computer was started, seconds since 1970; a little early rather than late."""
    if sys.platform == "win32":
        up = time.monotonic()
    else:
        up = time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    return time.time() - up - 1.0
