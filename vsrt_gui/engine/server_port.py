"""What launching needs of the world, as an interface: processes that go on when this program ends."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.launch_state import ServerOrder, ServerRecord


class Servers(Protocol):
    """Server processes: at most one for a prefix, and a record of it that every program of this user reads.

    As with the other ports, every method blocks and foreign exceptions come as `InstallerError`s. `root` is always a
    prefix's real path.
    """

    def starting(self, root: Path) -> AbstractContextManager[None]:
        """Hold the right to start or stop the prefix's server within the block, which is short.

        Raises:
            InstallerError: `already-running` when another program keeps it, disk codes.
        """
        ...

    def recorded(self, root: Path) -> ServerRecord | None:
        """Return the server that was started last and not stopped; None also when the computer was restarted since."""
        ...

    def lives(self, record: ServerRecord) -> bool:
        """Tell whether the very process of a record still runs."""
        ...

    def exit_code(self, record: ServerRecord) -> int | None:
        """Return what a server ended with that this program started; None where nobody knows."""
        ...

    def answers(self, record: ServerRecord, stop: Stop) -> bool:
        """Ask the server's `ready` path once, for at most 5 s: any status below 500 means yes.

        Raises:
            StoppedError: when stopped.
        """
        ...

    def secret(self, root: Path) -> str:
        """Return the secret of the recorded server."""
        ...

    def free_port(self) -> int:
        """Return a port of this computer that nobody listens on."""
        ...

    def start(self, root: Path, order: ServerOrder) -> ServerRecord:
        """Link the extensions, start the server in a process group of its own, and record it.

        Raises:
            InstallerError: `server-crashed` when the program can't be run; disk codes.
        """
        ...

    def stop(self, root: Path, record: ServerRecord, seconds: float) -> None:
        """Forget the server and end it with all its children: kindly, and by force after that time."""
        ...

    def close(self) -> None:
        """Let go of the servers that this program started; they go on."""
        ...
