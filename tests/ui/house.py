"""A real catalog over loopback HTTP, a real session on a real folder, and the real window on it."""

import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from PySide6.QtTest import QTest
from simulators.http_server import HttpServer
from simulators.window_driver import Driver

from vsrt_gui.app import open_runbook, open_session
from vsrt_gui.engine.session import Session
from vsrt_gui.model.policies import BreakerPolicy, DiskPolicy, Policies, RetryPolicy
from vsrt_gui.resources import resource
from vsrt_gui.ui.wizard import Wizard

PLATFORMS = ("linux-x64", "linux-arm64", "macos-x64", "macos-arm64", "windows-x64")
SIZE = 200_000
BRISK = Policies(
    manifest_retry=RetryPolicy(attempts=1, first_delay=0.01),
    manifest_breaker=BreakerPolicy(threshold=100),
    download_retry=RetryPolicy(attempts=2, first_delay=0.05),
    download_breaker=BreakerPolicy(threshold=100),
    disk=DiskPolicy(minimum=1_000_000, reserve=0, recommended=1_000_000, warn_used=1.0),
)
"""The usual rules without the waits."""


@dataclass(frozen=True)
class Sample:
    """A module: what it needs, whether it can be left out, and how big it is."""

    name: str
    kind: str = "runtime"
    needs: tuple[str, ...] = ()
    optional: bool = True
    size: int = SIZE


SAMPLES: Mapping[str, Sample] = {
    "node": Sample("Node", optional=False),
    "pyright": Sample("Pyright", "languageServer", ("node",)),
    "plugin": Sample("Plugin", "debugAdapter", ("pyright",)),
    "ruff": Sample("Ruff", "languageServer"),
}


@dataclass
class House:
    """Where everything of one test is."""

    server: HttpServer
    prefix: Path
    samples: Mapping[str, Sample] = field(default_factory=lambda: SAMPLES)
    policies: Policies = BRISK
    launches: Mapping[str, Any] = field(default_factory=dict)
    """Module to its launch record, where it has one."""

    def publish(self, version: str = "1.0.0", platforms: tuple[str, ...] = PLATFORMS) -> None:
        """Put manifest and archives on the server."""
        modules = [self._module(key, sample, version, platforms) for key, sample in self.samples.items()]
        document = json.dumps({"version": version, "modules": modules})
        self.server.put("/manifest.json", document.encode())

    @asynccontextmanager
    async def window(self) -> AsyncIterator[Driver]:
        """Open the window on the running loop; closed at the end, as a user would find it."""
        async with self.session() as session:
            wizard = Wizard(session, open_runbook(), resource("icons"))
            wizard.show()
            QTest.qWaitForWindowExposed(wizard)
            try:
                yield Driver(wizard)
            finally:
                wizard.dismiss()
                await wizard.closed()
                wizard.deleteLater()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Open a session on the running loop."""
        session = open_session(f"{self.server.url}/manifest.json", self.prefix, self.policies)
        try:
            yield session
        finally:
            await session.close()

    def files(self, module: str) -> list[Path]:
        """Return the files of a module in the store."""
        return sorted(p for p in self.prefix.glob(f"store/{module}-*/**/*") if p.is_file())

    def _module(
        self, key: str, sample: Sample, version: str, platforms: tuple[str, ...]
    ) -> Mapping[str, Any]:
        data = archive(f"{key} {version}", sample.size)
        self.server.put(f"/{key}-{version}.zip", data)
        artifact = {
            "url": f"{key}-{version}.zip",
            "hash": hashlib.sha256(data).hexdigest(),
            "sizeBytes": len(data),
            "compressionFormat": "zip",
        }
        return {
            **({"launch": self.launches[key]} if key in self.launches else {}),
            "id": key,
            "name": sample.name,
            "description": f"What {sample.name} is for.",
            "type": sample.kind,
            "version": version,
            "dependencies": list(sample.needs),
            "isOptional": sample.optional,
            "platformArtifacts": dict.fromkeys(platforms, artifact),
        }


def archive(seed: str, size: int) -> bytes:
    """Return a zip of two files, the same bytes for the same seed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for path, content in (
            ("bin/run", f"#!/bin/sh\necho {seed}\n".encode()),
            ("noise", Random(seed).randbytes(size)),
        ):
            entry = zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0))
            entry.external_attr = 0o755 << 16
            packed.writestr(entry, content)
    return out.getvalue()
