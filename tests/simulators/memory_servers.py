"""Servers in memory: one for a prefix, which lives and answers until it is stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.launch_state import ServerOrder, ServerRecord


class MemoryServers:
    """Answers `ports.Servers`; `stopped` holds the numbers of those that were stopped."""

    def __init__(self) -> None:
        self.record: ServerRecord | None = None
        self.orders: list[ServerOrder] = []
        self.stopped: list[int] = []

    @contextmanager
    def starting(self, _root: Path) -> Iterator[None]:
        yield

    def recorded(self, _root: Path) -> ServerRecord | None:
        return self.record

    def lives(self, record: ServerRecord) -> bool:
        return record.pid not in self.stopped

    def exit_code(self, _record: ServerRecord) -> int | None:
        return None

    def answers(self, record: ServerRecord, stop: Stop) -> bool:
        stop.check()
        return self.lives(record)

    def secret(self, _root: Path) -> str:
        return self.orders[-1].secret

    def free_port(self) -> int:
        return 4711

    def start(self, _root: Path, order: ServerOrder) -> ServerRecord:
        self.orders.append(order)
        module = order.target.module
        self.record = ServerRecord(
            module=module.id,
            name=module.name,
            version=module.version,
            generation=order.generation,
            folders=order.folders,
            pid=len(self.orders),
            started="now",
            at=0.0,
            port=order.port,
            ready=order.ready,
            secret=order.kind,
            log="/memory/server.log",
        )
        return self.record

    def stop(self, _root: Path, record: ServerRecord, _seconds: float) -> None:
        self.stopped.append(record.pid)
        self.record = None

    def close(self) -> None:
        """Nothing is held."""
