"""Makes patches: for each changed file of a new version, what turns an earlier version's file into it."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from vsrt_gui.adapters.archives.patches import LARGE, apply_patch, fits, make_patch
from vsrt_gui.engine.ports import Source
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.file_index import LARGEST_PATCH, LARGEST_PATCHED, FileIndex, IndexedFile, Patch
from vsrt_gui.model.manifest import Artifact
from vsrt_gui.publish.history import content_of
from vsrt_gui.publish.shelf import Shelf

MAKING = 1
"""Counts up when the same two contents give another patch, so that none made before is taken for it."""
WORTH = 0.8
"""A patch is published if it is smaller than this share of the file as it lies in the archive."""
THREADS = 2
"""Patches that are made at once; those of large contents one after the other, for each takes up to 460 MB of memory."""
_NUMBERS = re.compile(r"\d+")


class Version(NamedTuple):
    """One version of a module for a platform: where its files lie, and which they are."""

    artifact: Artifact
    files: FileIndex


class Pair(NamedTuple):
    """A changed file, and the earlier one that it is most like."""

    new: IndexedFile
    old: IndexedFile
    before: Artifact

    @property
    def key(self) -> tuple[str, str]:
        """What the patch depends on."""
        return self.new.sha256, self.old.sha256


class Patches(NamedTuple):
    """What is published: the frames one after the other, and the index that says where each lies."""

    content: bytes
    files: FileIndex


def patched(new: Version, earlier: Iterable[Version], source: Source, shelf: Shelf) -> Patches | None:
    """Make the patches of one archive; each is tried before it is published.

    Args:
        new: what they lead to.
        earlier: what they lead from.
        source: gets files out of the archives.
        shelf: keeps patches that were made.

    Returns:
        None where no patch is worth it.

    Raises:
        InstallerError: the new archive can't be read, disk codes.
    """
    pairs = {pair.key: pair for version in earlier for pair in _pairs(new.files, version)}
    maker = _Maker(new.artifact, source, shelf)
    heavy = [pair for pair in pairs.values() if max(pair.new.size, pair.old.size) >= LARGE]
    light = [pair for pair in pairs.values() if max(pair.new.size, pair.old.size) < LARGE]
    made = {pair.key: maker.make(pair) for pair in heavy}
    with ThreadPoolExecutor(THREADS, "publish-patch") as pool:
        made |= zip((pair.key for pair in light), pool.map(maker.make, light), strict=True)
    return _joined(new.files, {key: made[key] for key in pairs if made[key]})


def index_patches(document: bytes, packed: int, earlier: Iterable[Version]) -> dict[str, bytes]:
    """Make the patches of one file index; none that is not clearly smaller than all of it.

    Args:
        document: the index before it is packed.
        packed: bytes of it after that.
        earlier: the versions whose indexes they lead from.

    Returns:
        sha256 of the earlier index's document to the patch.
    """
    bases = [base for base in (version.files.document for version in earlier) if fits(len(base))]
    made = {hashlib.sha256(base).hexdigest(): make_patch(base, document) for base in bases}
    return {base: frame for base, frame in made.items() if len(frame) < WORTH * packed}


class _Maker:
    """Makes single patches; may be used by several threads."""

    def __init__(self, artifact: Artifact, source: Source, shelf: Shelf) -> None:
        self._artifact = artifact
        self._source = source
        self._shelf = shelf

    def make(self, pair: Pair) -> bytes:
        """Return a patch, from the cache where it was made before; empty where the file itself is hardly larger."""
        try:
            old = content_of(pair.before, pair.old, self._source)
        except InstallerError:
            self._shelf.progress(f"No patch from {pair.old.path}, which is damaged in {pair.before.url}")
            return b""

        def create(scratch: Path) -> Path:
            new = content_of(self._artifact, pair.new, self._source)
            made = scratch / f"{pair.new.sha256[:32]}.patch"
            made.write_bytes(make_patch(old, new))
            return made

        name = ("patches", str(MAKING), pair.new.sha256[:2], f"{pair.new.sha256[:24]}-{pair.old.sha256[:24]}")
        kept = self._shelf.get(name, create)
        if not _makes(pair.new, old, kept.read_bytes()):
            kept.unlink()  # the computer lost power while it was written
            kept = self._shelf.get(name, create)
        frame = kept.read_bytes()
        whole = pair.new.packed.length if pair.new.packed else pair.new.size
        return frame if len(frame) <= LARGEST_PATCH and len(frame) < WORTH * whole else b""


def _makes(file: IndexedFile, old: bytes, frame: bytes) -> bool:
    """Tell whether a patch makes a file."""
    digest = hashlib.sha256()
    try:
        for piece in apply_patch(file, old, [frame]):
            digest.update(piece)
    except InstallerError:
        return False
    return digest.hexdigest() == file.sha256


def _pairs(new: FileIndex, before: Version) -> Iterator[Pair]:
    """Yield what can be patched: each file whose content the earlier version has nowhere, with the likest there."""
    known = {file.sha256 for file in before.files.files}
    names: defaultdict[str, list[IndexedFile]] = defaultdict(list)
    for file in before.files.files:
        if file.packed and fits(file.size):
            names[_base_name(file)].append(file)
    for file in new.files:
        alike = names.get(_base_name(file))
        if file.packed and alike and file.sha256 not in known and file.size <= LARGEST_PATCHED:
            yield Pair(file, _likest(file, alike), before.artifact)


def _likest(file: IndexedFile, alike: Iterable[IndexedFile]) -> IndexedFile:
    """Return the earlier file of the same path, else of the same path but for numbers, else of the nearest size."""
    return min(
        alike,
        key=lambda old: (
            old.path != file.path,
            _without_numbers(old.path) != _without_numbers(file.path),
            abs(old.size - file.size),
            old.path,
        ),
    )


def _base_name(file: IndexedFile) -> str:
    return _without_numbers(file.path.rpartition("/")[2])


@cache
def _without_numbers(path: str) -> str:
    """Return a path as it is in every version: `pyright-1.1.413/a.js` and `pyright-1.1.414/a.js` are one."""
    return _NUMBERS.sub("#", path)


def _joined(index: FileIndex, made: Mapping[tuple[str, str], bytes]) -> Patches | None:
    """Put the frames one after the other, and note where each lies.

    Those from one earlier version lie together: who has that version fetches them by one request.
    """
    content = bytearray()
    ways: defaultdict[str, list[Patch]] = defaultdict(list)
    for (new, old), frame in made.items():
        ways[new].append(Patch(base=old, offset=len(content), length=len(frame)))
        content += frame
    if not content:
        return None
    smallest = {new: tuple(sorted(found, key=attrgetter("length"))) for new, found in ways.items()}
    files = tuple(file.but(patches=smallest.get(file.sha256, ())) for file in index.files)
    return Patches(bytes(content), FileIndex(files=files, patches=hashlib.sha256(content).hexdigest()))
