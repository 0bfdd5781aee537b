"""How fast a module's folder is looked at: quick against `find` and `du`, deep against `sha256sum` on all cores.

Run `.venv/bin/python packaging/bench/survey.py [--files N] [--assert-quick S] [--assert-ratio R]`; `find`, `du`,
`xargs` and `sha256sum` must be installed. It makes a tree of N files (10,000, one in fifty large; 300 MB) in
folders of ten, and looks at it with ours and with the peer in turn, five pairs. The median of the pairs' ratios counts,
because a busy machine's noise hits both halves of a pair; below 1 ours is faster. `find` and `du` only read names,
sizes and times; ours compares them with the file index, too. All of it lies in memory after the first look; `TMPDIR`
says on which disk.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

from vsrt_gui.adapters.prefix.surveying import Survey, cores
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.survey import Depth

PAIRS = 5
MTIME = 1_700_000_000
SMALL, LARGE, OFTEN = 6_000, 1_200_000, 50
"""Bytes of most files, of every fiftieth, as a module of Node.js has them about."""
PEERS = {
    "find": (Depth.QUICK, r"find . -printf '%p %s %T@ %m %l\n'"),
    "du": (Depth.QUICK, "du -a ."),
    "sha256sum": (Depth.DEEP, f"find . -type f -print0 | xargs -0 -n 100 -P {cores()} sha256sum"),
}


def main() -> None:
    """Make the tree, race, print; fail where a limit is not kept."""
    parser = argparse.ArgumentParser(description="Survey speed against find, du and sha256sum.")
    parser.add_argument("--files", type=int, default=10_000, help="how many files the tree has")
    parser.add_argument("--assert-quick", type=float, help="seconds that a quick survey may take")
    parser.add_argument(
        "--assert-ratio", type=float, help="what a deep one may take, as a part of sha256sum's time"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vsrt-bench-") as name:
        folder = Path(name)
        index = FileIndex(files=tuple(made(folder, options.files)))
        print(f"{len(index.files)} files, {index.size / 1e6:.0f} MB, {cores()} cores")
        found = {peer: race(folder, index, peer) for peer in PEERS}
    if options.assert_quick is not None and found["find"][0] > options.assert_quick:
        sys.exit(f"a quick survey took longer than {options.assert_quick} s")
    if options.assert_ratio is not None and found["sha256sum"][1] > options.assert_ratio:
        sys.exit(f"a deep survey took more than {options.assert_ratio} of sha256sum's time")


def made(folder: Path, count: int) -> Iterator[IndexedFile]:
    """Write a tree and yield its index, sorted as an index is."""
    noise = Random(1).randbytes(LARGE + count)
    for number in range(count):
        path = f"{number // 1000:03}/{number // 10 % 100:02}/file-{number:06}.js"
        content = noise[number : number + (LARGE if number % OFTEN == 0 else SMALL)]
        local = folder / path
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(content)
        os.utime(local, (MTIME, MTIME))
        yield IndexedFile(path=path, size=len(content), sha256=sha256(content).hexdigest(), mtime=MTIME)


def race(folder: Path, index: FileIndex, peer: str) -> tuple[float, float]:
    """Let ours and a peer look in turn; print and return the median seconds of ours and the median ratio."""
    depth, command = PEERS[peer]

    def ours() -> None:
        found = Survey(folder, depth, lambda _: None, Stop()).run(index)
        if found.wrong or found.good_bytes != index.size:
            sys.exit(f"the survey found what is not there: {found.wrong}")

    def theirs() -> None:
        subprocess.run(["sh", "-c", command], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    theirs()  # from now on all of it lies in memory
    pairs = [(timed(ours), timed(theirs)) for _ in range(PAIRS)]
    mine, ratio = median(mine for mine, _ in pairs), median(mine / other for mine, other in pairs)
    print(
        f"{depth:5} ours {mine:.3f} s   {peer} {median(other for _, other in pairs):.3f} s"
        f"   median ratio {ratio:.2f} ({', '.join(f'{mine / other:.2f}' for mine, other in pairs)})"
    )
    return mine, ratio


def timed(look: Callable[[], None]) -> float:
    """Return the seconds that it takes."""
    start = perf_counter()
    look()
    return perf_counter() - start


if __name__ == "__main__":
    main()
