"""Runs the simulated server as a program of its own, for tests whose server must outlive what they kill.

python tests/simulators/serve.py --root DIR --port-file F --log F [--rate BYTES] [--each BYTES]
"""

import argparse
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from simulators.http_server import HttpServer, Served


def read_log(file: Path) -> Iterator[Served]:
    """Yield what a server that runs as a program of its own has answered."""
    for line in file.read_text("utf-8").splitlines():
        yield Served(**json.loads(line))


@contextmanager
def _logged(file: Path | None) -> Iterator[Callable[[Served], None]]:
    if file is None:
        yield lambda _: None
        return
    turn = threading.Lock()
    with file.open("a", encoding="utf-8", buffering=1) as stream:

        def write(served: Served) -> None:
            with turn:
                stream.write(f"{json.dumps(asdict(served))}\n")

        yield write


@contextmanager
def running(root: Path, log: Path, rate: float | None = None, each: float | None = None) -> Iterator[str]:
    """Run the server as a program of its own within the block; yields its url."""
    command = [sys.executable, __file__, "--root", str(root), "--log", str(log)]
    if rate is not None:
        command += ["--rate", str(rate)]
    if each is not None:
        command += ["--each", str(each)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main() -> None:
    """Serve a folder until the process is ended."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", type=Path, help="gets the port's number once the server listens")
    parser.add_argument("--log", type=Path, help="gets one line of JSON for each answered request")
    parser.add_argument("--rate", type=float, help="bytes a second, all connections together")
    parser.add_argument("--each", type=float, help="bytes a second, of each answer")
    options = parser.parse_args()
    with (
        _logged(options.log) as on_served,
        HttpServer(options.root, options.rate, port=options.port, on_served=on_served) as server,
    ):
        server.each = options.each
        if options.port_file:
            written = options.port_file.with_suffix(".new")
            written.write_text(str(server.port), "utf-8")
            written.replace(options.port_file)
        print(server.url, flush=True)  # noqa: T201
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
