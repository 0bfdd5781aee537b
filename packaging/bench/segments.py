"""How long one archive takes, with and without further requests for ranges of it, against curl and aria2.

Run `.venv/bin/python packaging/bench/segments.py [--megabytes 400] [--each 20] [--requests 4]`. A server on loopback,
a program of its own, gives each connection so many megabytes a second; then the same without a limit, where further
requests can only cost something. Ours hashes what it fetches; curl and aria2 (left out where it is not installed) do
not. `--requests` is our `RATE_LIMIT_MAX_CONCURRENT` and aria2's `-x`. Each takes its turn, five rounds; the median
counts.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from simulators.fetching import brought, downloads
from simulators.serve import running

from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.adapters.prefix.part import DiskPart
from vsrt_gui.adapters.prefix.replacing import Patience
from vsrt_gui.engine.archive_streams import Errand
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.meter import Gauge
from vsrt_gui.engine.transfer import Line
from vsrt_gui.model.manifest import ArchiveFormat, Artifact

ROUNDS = 5


def main() -> None:
    """Make a file, race, print."""
    parser = argparse.ArgumentParser(description="Fetching one archive by several requests.")
    parser.add_argument("--megabytes", type=int, default=400)
    parser.add_argument("--each", type=float, default=20, help="megabytes a second of each connection")
    parser.add_argument("--requests", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vsrt-bench-") as name:
        folder = Path(name)
        (folder / "served").mkdir()
        content = os.urandom(options.megabytes * 1_000_000)
        (folder / "served" / "archive").write_bytes(content)
        artifact = Artifact(
            url="x", sha256=sha256(content).hexdigest(), size=len(content), format=ArchiveFormat.ZIP
        )
        del content
        for each in (options.each * 1e6, None):
            with running(folder / "served", folder / "log", each=each) as url:
                race(folder, artifact.model_copy(update={"url": f"{url}/archive"}), options.requests, each)


def race(folder: Path, artifact: Artifact, requests: int, each: float | None) -> None:
    """Let all of them fetch the same archive in turn, and print how long each took."""
    out = folder / "out"
    ways: dict[str, Callable[[], object]] = {
        "one request": lambda: fetch(out, artifact, 1),
        f"{requests} requests": lambda: fetch(out, artifact, requests),
        "curl": lambda: run("curl", "-sS", "-o", str(out / "curl"), artifact.url),
    }
    if shutil.which("aria2c"):
        many = [f"-x{requests}", f"-s{requests}", "-k1M", "--file-allocation=none", "-q"]
        ways["aria2"] = lambda: run("aria2c", *many, "-d", str(out), "-o", "aria2", artifact.url)
    took: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, fetched in ways.items():
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            began = perf_counter()
            fetched()
            took[way].append(perf_counter() - began)
    limit = f"{each / 1e6:.0f} MB/s each" if each else "no limit"
    print(f"{(artifact.size or 0) / 1e6:.0f} MB, {limit}:")
    base = median(took["one request"])
    for way, seconds in took.items():
        print(f"  {way:12}  {median(seconds):7.2f} s  {median(seconds) / base:5.2f} of one request's time")


def fetch(folder: Path, artifact: Artifact, requests: int) -> None:
    """Fetch as a lane does, with so many requests at a time allowed."""
    source = HttpSource()
    line = Line(source, artifact.url, Stop(), lambda: None)
    part = DiskPart(folder, artifact.sha256, Patience())
    asyncio.run(brought(Errand(line, artifact, part, Gauge(0, None)), downloads(requests, gap=0.1)))
    source.close()


def run(*command: str) -> None:
    """Run a command to its end."""
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
