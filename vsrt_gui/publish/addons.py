"""Sets an npm package up in its own folder: its dependencies installed, its native add-ons compiled."""

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from vsrt_gui.model.manifest import Platform
from vsrt_gui.publish.clients import ClientError, NothingForPlatformError, run
from vsrt_gui.publish.npm import Node, fetch_tarball, flat, node_of_wheel
from vsrt_gui.publish.shelf import Shelf
from vsrt_gui.publish.sources import NpmBuild
from vsrt_gui.publish.unpack import unpack
from vsrt_gui.publish.wheels import Fetched, this_platform

MAKING = 1
"""Counts up when the same recipe gives other files, so that nothing made before is taken for it."""
INSTALL = ("install", "--omit=dev", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund")
COMPILERS = (("c++", "g++", "clang++"), ("make", "gmake"), ("python3", "python"))
"""What node-gyp needs where it compiles with make; of each, one."""
LIBRARIES = frozenset({".node", ".so", ".dylib", ".dll", ".exe"})
"""Endings of what a compiled add-on needs at run time; besides it only programs, such as node-pty's helper."""
RELEASE = "Release"
"""The folder that node-gyp leaves those programs in."""
_ON_THE_WAY = re.compile(r"obj|obj\.target|\.deps|build-tmp.*")
"""Names of folders that hold only what compiling needed."""
_TELLING = ("fatal error:", "error:", "***", "gyp ERR! stack", "not found")
"""What the line of a compiler's output contains that says why it failed, best first."""
SHOWN = 200
"""Characters of that line that an error shows."""


class Recipe(NamedTuple):
    """All that decides what is made, besides the platform.

    Attributes:
        source: as written.
        version: of the package.
        node: the version of Node.js that compiles the add-ons and will load them.
    """

    source: NpmBuild
    version: str
    node: str

    @property
    def digest(self) -> str:
        """Name it in eight digits."""
        parts = [MAKING, self.source.model_dump(mode="json"), self.version, self.node]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:8]


def build_package(recipe: Recipe, platform: Platform, shelf: Shelf) -> Fetched:
    """Return the package's folder, set up for a platform; made once.

    Raises:
        NothingForPlatformError: it is another platform than this computer's, which can't be compiled for.
        ClientError: npm failed, or a compiler, a program or a system's library is missing.
    """
    if platform is not this_platform():
        raise NothingForPlatformError

    def make(scratch: Path) -> Path:
        return _Workplace(recipe, scratch, shelf).make()

    package = f"{flat(recipe.source.package)}-{recipe.version}"
    name = ("npm", package, f"built-{platform}-node-{recipe.node}-{recipe.digest}")
    return Fetched(shelf.get(name, make), universal=False)


class _Workplace:
    """One package on its way, in a scratch folder."""

    def __init__(self, recipe: Recipe, scratch: Path, shelf: Shelf) -> None:
        self._source = recipe.source
        self._recipe = recipe
        self._shelf = shelf
        self._tree = scratch / "tree"

    def make(self) -> Path:
        """Go through all steps and return the folder."""
        source, title = self._source, f"{self._source.package} {self._recipe.version}"
        programs = {place: _find_program(name) for place, name in source.programs.items()}  # fail early
        if source.rebuild:
            _check_compilers()
            _check_folder(self._tree)
        node = node_of_wheel(self._recipe.node, self._shelf)
        unpack(fetch_tarball(source.package, self._recipe.version, self._shelf), self._tree)
        for folder in source.install:
            self._shelf.progress(f"Installing what {title} needs in {folder}")
            run([*node.npm, *INSTALL], self._tree / folder, _environment(node, self._tree))
        for folder, packages in source.rebuild.items():
            for package in packages:
                self._shelf.progress(f"Compiling {package} for {title}")
                self._compile(node, folder, package)
        _tidy([self._tree / folder for folder in source.install])
        for place, program in programs.items():
            shutil.copy(program, self._new(place))
        for place, text in source.write.items():
            self._new(place).write_text(text, "utf-8", newline="\n")
        for place, changes in source.change.items():
            self._change(place, changes)
        return self._tree

    def _change(self, place: str, changes: Mapping[str, bool | int | str]) -> None:
        """Give keys of a JSON file other values; a key that is not there is a mistake."""
        path = self._tree / place
        try:
            document = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ClientError(f"{place} is no JSON file of the package") from error
        unknown = sorted(changes.keys() - document.keys()) if isinstance(document, dict) else sorted(changes)
        if unknown:
            raise ClientError(f"{place} has no key {unknown[0]}")
        text = json.dumps(document | dict(changes), indent=2, ensure_ascii=False)
        path.write_text(f"{text}\n", "utf-8", newline="\n")

    def _new(self, place: str) -> Path:
        """Return where a file of the recipe goes, with its folder there."""
        path = self._tree / place
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _compile(self, node: Node, folder: str, package: str) -> None:
        """Let one installed package's own scripts compile it, and clear away what only compiling needed."""
        place = self._tree / folder / "node_modules" / package
        if not place.is_dir():
            raise ClientError(f"{package} is not among what was installed in {folder}")
        before = {path: path.stat().st_mtime_ns for path in self._tree.rglob("*") if path.is_file()}
        try:
            run(_compiling(node, place), place, _environment(node, self._tree))
        except ClientError as error:
            raise ClientError(f"{package} can't be compiled: {_reason(error)}", error.output) from error
        made = [path for path in self._tree.rglob("*") if path.is_symlink() or path.is_file()]
        if not any(path.suffix == ".node" and before.get(path) != path.stat().st_mtime_ns for path in made):
            raise ClientError(f"{package} has nothing to compile")
        for path in made:
            if path not in before and not _is_used(path.relative_to(self._tree)):
                path.unlink()


def _compiling(node: Node, package: Path) -> list[str]:
    """Return what compiles an installed package: its own install script, else node-gyp, as npm itself has it.

    Scripts that npm would run before and after stay out: what they are known to do is to fetch things.
    """
    described = json.loads((package / "package.json").read_text("utf-8"))
    if "install" in described.get("scripts", {}):
        return [*node.npm, "run", "--ignore-scripts", "install"]
    return [*node.gyp, "rebuild"]


def _environment(node: Node, tree: Path) -> Mapping[str, str]:
    """Return what makes add-ons be compiled here, for that Node.js, and in the same way every time.

    No finished add-on is fetched in its stead, no header is downloaded, and neither the scratch folder's name nor the
    time gets into what is compiled.
    """
    common = {
        "PATH": f"{node.program.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_nodedir": str(node.folder),
        "npm_config_build_from_source": "true",
        "SOURCE_DATE_EPOCH": "0",
    }
    if sys.platform == "win32":
        return common
    flags = f"-ffile-prefix-map={tree}=. -ffile-prefix-map={node.folder}=node"
    link = "-s" if sys.platform.startswith("linux") else ""
    return common | {"CFLAGS": flags, "CXXFLAGS": flags, "LDFLAGS": link}


def _find_program(name: str) -> Path:
    """Find a program of this computer."""
    found = shutil.which(name)
    if found is None:
        raise ClientError(f"the program {name} is needed; install it first")
    return Path(found).resolve()


def _check_compilers() -> None:
    """See that there is something to compile with; npm would say so in fifty lines."""
    missing = [names[0] for names in COMPILERS if not any(map(shutil.which, names))]
    if missing and sys.platform != "win32":
        raise ClientError(f"to compile add-ons, {' and '.join(missing)} must be installed first")


def _check_folder(folder: Path) -> None:
    """See that node-gyp can work there; its makefiles split names at spaces."""
    if len(str(folder).split()) > 1:
        raise ClientError(
            f"add-ons can't be compiled in a cache with a space in its name ({folder.parent.parent})"
        )


def _reason(error: ClientError) -> str:
    """Find the line of a compiler's output that says why it failed."""
    lines = [line.strip().removeprefix("npm error").strip() for line in error.output.splitlines()]
    for word in _TELLING:
        for line in lines:
            if word in line:
                return line[:SHOWN]
    return str(error)


def _is_used(made: Path) -> bool:
    """Tell whether what compiling made is of use at run time; makefiles, for one, name this computer's folders."""
    if any(map(_ON_THE_WAY.fullmatch, made.parts)):
        return False
    return made.suffix in LIBRARIES or (not made.suffix and made.parent.name == RELEASE)


def _tidy(folders: Iterable[Path]) -> None:
    """Leave out npm's own notes (they name the registry) and command shims."""
    for modules in (folder / "node_modules" for folder in folders):
        (modules / ".package-lock.json").unlink(missing_ok=True)
        for shims in list(modules.rglob(".bin")):
            shutil.rmtree(shims)
