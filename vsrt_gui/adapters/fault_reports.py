"""Reports faults that nobody foresaw to a Sentry server, if one is set: what broke and where, nothing about whom.

Sentry's own client is five megabytes for one kind of message, and has a way of its own through proxies and
certificates; an envelope is three lines of JSON (https://develop.sentry.dev/sdk/foundations/transport/envelopes/).
"""

import json
import platform
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from vsrt_gui import __version__
from vsrt_gui.adapters.http import HttpSource, Service
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.engine.secrets_port import Secrets
from vsrt_gui.model.events import Event, RunFinished
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.redaction import Redaction
from vsrt_gui.model.run import RunState
from vsrt_gui.model.settings import Settings

PATIENCE = 2.0
"""Seconds until a report is given up that finds no server: nobody waits for it, but the program's end does."""
_CLIENT = f"vsrt-gui/{__version__}"


class FaultReports:
    """Listens to a session, and reports in a thread of its own; a report that fails is forgotten."""

    def __init__(
        self, settings: Callable[[], Settings], redaction: Redaction, secrets: Secrets | None
    ) -> None:
        """Make it; nothing is sent before something happens.

        Args:
            settings: returns those in force; without a `sentry_dsn` nothing is ever sent.
            redaction: takes out what is nobody else's business.
            secrets: has the logins of proxies.
        """
        self._settings = settings
        self._redaction = redaction
        self._secrets = secrets
        self._last: Fault | None = None

    def heard(self, event: Event, _state: RunState) -> None:
        """Report a run's unforeseen faults; returns at once."""
        if isinstance(event, RunFinished):
            self._report(event.faults)

    def bug(self, fault: Fault) -> None:
        """Report an unforeseen fault that no run brought about; returns at once, the same one over again unheard."""
        if fault != self._last:  # what fails in one frame fails in the next one, too
            self._last = fault
            self._report((fault,))

    def _report(self, faults: tuple[Fault, ...]) -> None:
        settings = self._settings()
        bugs = tuple(fault for fault in faults if fault.code is FaultCode.UNEXPECTED)
        if bugs and settings.sentry_dsn is not None:
            # No daemon: a program that ends at once would take the report with it.
            threading.Thread(target=self.send, args=(settings, bugs), name="vsrt-report").start()

    def send(self, settings: Settings, faults: tuple[Fault, ...]) -> None:
        """Send a report of each fault; blocks for some seconds at most, and never fails."""
        place = Place.of(settings.sentry_dsn or "")
        fit = settings.network.but(manifest_connect=PATIENCE, stall=PATIENCE)
        source = HttpSource(fit, Service.MANIFESTS, self._secrets)
        stop = Stop()
        timer = threading.Timer(PATIENCE, stop.set)
        timer.start()
        try:
            with suppress(InstallerError, StoppedError):
                for fault in faults:
                    body = envelope(self._redaction.value(event_of(fault)))
                    source.post(place.address, body, place.headers, stop)
        finally:
            timer.cancel()
            source.close()


@dataclass(frozen=True)
class Place:
    """Where reports go.

    Attributes:
        address: of the server's door for envelopes.
        key: that says which project may report there.
    """

    address: str
    key: str

    @classmethod
    def of(cls, dsn: str) -> "Place":
        """Read `https://KEY@HOST/PATH/PROJECT`."""
        parts = urlsplit(dsn)
        path, _, project = parts.path.rpartition("/")
        host = parts.netloc.rpartition("@")[2]
        return cls(
            urlunsplit((parts.scheme, host, f"{path}/api/{project}/envelope/", "", "")), parts.username or ""
        )

    @property
    def headers(self) -> Mapping[str, str]:
        """What goes with a report."""
        auth = f"Sentry sentry_version=7, sentry_client={_CLIENT}, sentry_key={self.key}"
        return {"Content-Type": "application/x-sentry-envelope", "X-Sentry-Auth": auth}


def event_of(fault: Fault) -> dict[str, Any]:
    """Return a fault as an event: its kind and text, the module and step, the program and the kind of system."""
    where = {"module": fault.module, "step": fault.step}
    return {
        "event_id": uuid.uuid4().hex,
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "platform": "python",
        "level": "error",
        "release": _CLIENT.replace("/", "@"),
        "exception": {
            "values": [
                {"type": str(fault.facts.get("kind", "")), "value": str(fault.facts.get("detail", ""))}
            ]
        },
        "tags": {name: value for name, value in where.items() if value},
        "contexts": {
            "os": {"name": platform.system(), "version": platform.release()},
            "runtime": {"name": "CPython", "version": platform.python_version()},
        },
    }


def envelope(event: Mapping[str, Any]) -> bytes:
    """Return an event as Sentry takes it: a header, the item's header, the item, each on a line."""
    item = json.dumps(event).encode()
    head = {"event_id": event["event_id"], "sent_at": datetime.now(UTC).isoformat(timespec="seconds")}
    kind = {"type": "event", "length": len(item)}
    return b"\n".join((json.dumps(head).encode(), json.dumps(kind).encode(), item, b""))
