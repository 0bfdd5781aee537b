"""Packs one module for one platform: files chosen, archive written, file index made; once for the same input."""

import hashlib
import json
import stat
from pathlib import Path
from typing import NamedTuple

from backports import zstd

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.adapters.archives.packing import Link, Packable, write_zip
from vsrt_gui.adapters.archives.tar_packing import write_tar_zst
from vsrt_gui.adapters.archives.zip_directory import FIRST_TIME
from vsrt_gui.adapters.catalog import parse_index
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.manifest import ArchiveFormat, Artifact, Platform
from vsrt_gui.publish.clients import ClientError
from vsrt_gui.publish.selection import Chosen, SelectionError, choose
from vsrt_gui.publish.shelf import Shelf
from vsrt_gui.publish.sources import ModuleSource
from vsrt_gui.publish.unpack import unpack
from vsrt_gui.publish.wheels import Fetched

RECIPE = 2
"""Counts up when packing the same input gives other bytes, so that nothing packed before is taken for it."""
INDEX_LEVEL = 19
"""zstd's level for file indexes: they are packed once and fetched often."""
INDEX = "index.json.zst"


class Packed(NamedTuple):
    """A module's archive, in the cache, and its file index.

    Attributes:
        platform: None where one archive serves all.
        archive: the file.
        format: of the archive.
        sha256: of the archive.
        files: its file index.
    """

    platform: Platform | None
    archive: Path
    format: ArchiveFormat
    sha256: str
    files: FileIndex


def pack(fetched: Fetched, module: ModuleSource, platform: Platform, shelf: Shelf) -> Packed:
    """Pack a module, or return what was packed from the same input before.

    Raises:
        SelectionError: the module's `files` or `launch` can't be right for this package.
        ClientError: the package is no archive that can be read.
        InstallerError: the archive is damaged or unsafe, or the disk refuses.
    """
    target = None if fetched.universal else platform

    def make(scratch: Path) -> Path:
        shelf.progress(f"Packing {module.name} {module.version}" + (f" for {target}" if target else ""))
        both = scratch / "both"
        both.mkdir()
        tree = fetched.path if fetched.path.is_dir() else unpack(fetched, scratch / "tree")
        _write(choose(tree, module.files, target), both, module)
        return both

    kept = shelf.get(
        ("packed", f"{module.id}-{module.version}", _digest_of_input(fetched, module, target)), make
    )
    packed = _taken(kept, target, ArchiveFormat(module.archive))
    _check_commands(module, packed)
    return packed


def _taken(kept: Path, target: Platform | None, form: ArchiveFormat) -> Packed:
    """Take what was packed out of the cache; the archive's name begins its sha256."""
    archive = next(kept.glob(f"*.{form}"))
    sha256 = file_sha256(archive)
    try:
        index = parse_index((kept / INDEX).read_bytes(), INDEX)
    except InstallerError:
        index = None
    if index is None or not sha256.startswith(
        archive.name.removesuffix(f".{form}")
    ):  # the computer lost power meanwhile
        raise ClientError(f"the cache is damaged; delete {archive.parent} and build again")
    return Packed(target, archive, form, sha256, index)


def _check_commands(module: ModuleSource, packed: Packed) -> None:
    """See that each command's file is there; on Windows it may end in `.exe`."""
    paths = {file.path for file in packed.files.files}
    for name, command in module.launch.bin.items():
        if isinstance(command, str) and not paths & {command, f"{command}.exe"}:
            raise SelectionError(f"launch.bin.{name}", f"is {command}, which is not among the module's files")


def file_sha256(path: Path) -> str:
    """Return a file's sha256, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_sha256(tree: Path) -> str:
    """Return one sha256 for a folder: names, modes, links and contents of all that is in it."""
    digest = hashlib.sha256()
    for path in sorted(tree.rglob("*")):
        kind = path.lstat().st_mode
        content = (
            path.readlink().as_posix() if path.is_symlink() else file_sha256(path) if path.is_file() else ""
        )
        digest.update(f"{path.relative_to(tree).as_posix()}\0{stat.filemode(kind)}\0{content}\n".encode())
    return digest.hexdigest()


def _digest_of_input(fetched: Fetched, module: ModuleSource, platform: Platform | None) -> str:
    """Digest all that decides the archive's bytes."""
    content = tree_sha256(fetched.path) if fetched.path.is_dir() else file_sha256(fetched.path)
    files = module.files.model_dump(mode="json")
    parts = [RECIPE, module.archive, module.level, content, fetched.strip, platform, files]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _write(chosen: tuple[Chosen, ...], folder: Path, module: ModuleSource) -> None:
    """Write archive and index into a folder."""
    form = ArchiveFormat(module.archive)
    entries = [
        Packable(each.path, each.file or Link(each.link or ""), each.executable, FIRST_TIME)
        for each in chosen
    ]
    unnamed = folder / "archive"
    if form is ArchiveFormat.ZIP:
        write_zip(entries, unnamed)
    else:
        write_tar_zst(entries, unnamed, level=module.level)
    artifact = Artifact(url=f"archive.{form}", sha256=file_sha256(unnamed), format=form)
    index = ArchiveLibrary().index(unnamed, artifact, lambda _: None, Stop())
    unnamed.replace(folder / f"{artifact.sha256[:16]}.{form}")
    (folder / INDEX).write_bytes(index_file(index))


def index_file(index: FileIndex) -> bytes:
    """Return the file that a file index is published as: JSON, packed with zstd; the same for the same index."""
    return zstd.compress(index.document, INDEX_LEVEL)
