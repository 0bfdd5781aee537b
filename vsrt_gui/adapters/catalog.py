"""Fetches the manifest and the published file indexes, checks them, and hands on nothing unparsed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit

from backports import zstd
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from vsrt_gui import __version__
from vsrt_gui.adapters.archives.patches import apply_patch
from vsrt_gui.adapters.folder import path_of
from vsrt_gui.adapters.manifest_cache import ManifestCache
from vsrt_gui.adapters.transport_faults import shown
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask, Source
from vsrt_gui.model.cached import Dated
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.manifest import Artifact, IndexDocument, IndexPatch, Manifest
from vsrt_gui.model.manifest_document import check_client, parse_manifest, values_at_most
from vsrt_gui.model.paths import MAX_FILES

MANIFEST_NAME = "manifest.json"
MANIFEST_LIMIT = 16 << 20
INDEX_LIMIT = 64 << 20
"""Bytes, unpacked. An index of 6,000 files takes about 1 MB; more than these is a mistake or malice."""

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_INDEX_FORMAT = 1
_FILES = TypeAdapter(Annotated[list[IndexedFile], Field(fail_fast=True)])
_PIECE = 250
"""Files that are validated at once, in 2 ms."""
_PIECE_LIMIT = 1 << 20
"""Bytes of them as JSON: with the longest paths and links, and two patches each, they have half of that."""
_FIELDS = 16
"""Of the whole list that are looked at, for each that is not known is named; it has five."""
_VALUES = 32
"""Of one file in the list; with two patches it has 17."""
_ABSENT = frozenset({FaultCode.SOURCE_GONE, FaultCode.FOLDER_MISSING, FaultCode.FILE_MISSING})
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_WEB = re.compile(r"https?://", re.IGNORECASE)


class UrlCatalog:
    """Answers `Catalog` for a manifest on a server or in a folder.

    Attributes:
        source: the address or folder, for people.
    """

    def __init__(self, location: str, source: Source, cache: ManifestCache | None = None) -> None:
        """Make a catalog; nothing is asked yet.

        Args:
            location: http, https or file url, or local path, of a manifest or of the folder that holds one
                named `manifest.json`.
            source: fetches the bytes.
            cache: keeps manifests from the web; what lies in a folder is always read anew.

        Raises:
            InstallerError: `setting-invalid` for an address of another kind.
        """
        _manifest_url(location)  # a wrong address is told now, not when the network is asked
        self.source = shown(location) if _WEB.match(location) else location
        self._location = location
        self._source = source
        self._cache = cache if _WEB.match(location) else None
        self._memory: tuple[Manifest, float] | None = None

    def kept(self) -> Dated | None:
        """Return the manifest that came last, from memory or disk; see `Catalog.kept`."""
        if self._cache is None:
            return None
        if self._memory is None:
            self._memory = self._from_disk(self._cache)
        if self._memory is None:
            return None
        manifest, fetched_at = self._memory
        return Dated(manifest=manifest, fetched_at=fetched_at, valid=self._cache.is_valid(fetched_at))

    def forget(self) -> None:
        """Ask anew next time; see `Catalog.forget`."""
        self._memory = None
        if self._cache is not None:
            self._cache.drop(_manifest_url(self._location))

    def _from_disk(self, cache: ManifestCache) -> tuple[Manifest, float] | None:
        url = _manifest_url(self._location)
        entry = cache.read(url)
        if entry is None:
            return None
        try:
            manifest = parse_manifest(entry.data, self.source, url, __version__)
            check_client(manifest, __version__)
        except InstallerError:  # another version of this program kept it
            return None
        return manifest, entry.fetched_at

    @property
    def folder(self) -> str:
        """The address of the folder that the manifest lies in, ending with a slash; what copies are copies of."""
        url = urlsplit(_manifest_url(self._location))  # a query may hold slashes of its own
        return urlunsplit((url.scheme, url.netloc, f"{url.path.rpartition('/')[0]}/", "", ""))

    def manifest(self, stop: Stop) -> Manifest:
        """Fetch, check and parse the manifest; see `Catalog.manifest`."""
        url = _manifest_url(self._location)
        try:
            data = self._bytes(url, MANIFEST_LIMIT, stop)
        except InstallerError as error:
            if error.fault.code in _ABSENT:
                raise InstallerError(FaultCode.CATALOG_NOT_FOUND, source=self.source) from error
            raise
        if data is None:
            reason = f"it is larger than {MANIFEST_LIMIT >> 20} MiB"
            raise InstallerError(FaultCode.MANIFEST_UNREADABLE, source=self.source, reason=reason)
        manifest = parse_manifest(data, self.source, url, __version__)
        check_client(manifest, __version__)
        if self._cache is not None:
            self._memory = manifest, self._cache.write(url, data)
        return manifest

    def index(self, artifact: Artifact, stop: Stop) -> FileIndex | None:
        """Fetch an artifact's published index and check it; see `Catalog.index`."""
        reference = artifact.index
        if reference is None:
            return None
        name = shown(reference.url)
        data = self._bytes(reference.url, INDEX_LIMIT, stop)
        if data is None:
            raise _too_large(name)
        return parse_index(_hashed(data, reference.sha256, name), name).but(published=reference.sha256)

    def patched_index(self, document: IndexDocument, patch: IndexPatch, base: bytes, stop: Stop) -> FileIndex:
        """Make a published index of an earlier one; see `Catalog.patched_index`."""
        name = shown(patch.url)
        if max(document.size, patch.size) > INDEX_LIMIT:
            raise _too_large(name)
        frame = self._bytes(patch.url, patch.size, stop)
        if frame is None or len(frame) != patch.size:
            raise _invalid(name, "it has another size than the manifest says")
        file = IndexedFile(path=name, size=document.size, sha256=document.sha256)
        data = b"".join(apply_patch(file, base, [frame]))
        return parse_index(_hashed(data, document.sha256, name), name)

    def _bytes(self, url: str, limit: int, stop: Stop) -> bytes | None:
        """Fetch a small file; None where it is larger than `limit`."""
        data = bytearray()
        with self._source.open(Ask(url=url), stop) as body:
            for piece in body:
                data += piece
                if len(data) > limit:
                    return None
        return bytes(data)


def _hashed(data: bytes, expected: str, name: str) -> bytes:
    """Return these bytes if they have the hash that they must have."""
    actual = sha256(data).hexdigest()
    if actual != expected:
        raise InstallerError(FaultCode.CHECKSUM_MISMATCH, file=name, expected=expected, actual=actual)
    return data


def parse_index(data: bytes, name: str) -> FileIndex:
    """Parse a published file index, plain or packed with zstd.

    Whether its paths are safe to write to is not judged here.

    Args:
        data: the file's bytes.
        name: where it came from, for people.

    Raises:
        InstallerError: `index-invalid`.
    """
    index = _validated(_read(_unpacked(data, name), name), name)
    if index.format > _INDEX_FORMAT:
        raise _invalid(name, f"format {index.format} is newer than this program")
    paths = [file.path for file in index.files]
    if any(later <= earlier for earlier, later in pairwise(paths)):
        raise _invalid(name, "its paths are not in order, or one is there twice")
    return index


def _read(text: bytes, name: str) -> Any:
    """Read JSON, unless that alone would take all of the memory."""
    if values_at_most(text) > _VALUES * MAX_FILES:
        raise _invalid(name, f"it holds more than {MAX_FILES:,} files need")
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise _invalid(name, str(error)) from error


def _validated(document: Any, name: str) -> FileIndex:
    """Validate a list piece by piece: the interpreter is held during one call, 30 ms for all of 5,000 files.

    The first piece that is wrong is the last one that is looked at.
    """
    if isinstance(document, dict):
        document = dict(islice(document.items(), _FIELDS))
        if isinstance(entries := document.get("files"), list):
            if len(entries) > MAX_FILES:
                raise _invalid(name, f"it lists more than {MAX_FILES:,} files")
            pieces = (_piece(entries, start, name) for start in range(0, len(entries), _PIECE))
            document["files"] = tuple(chain.from_iterable(pieces))
    with _naming(name):
        return FileIndex.model_validate(document, strict=True)


def _piece(entries: list[Any], start: int, name: str) -> list[IndexedFile]:
    text = to_json(entries[start : start + _PIECE])
    if len(text) > _PIECE_LIMIT:
        raise _invalid(name, f"files.{start} or one of the next {_PIECE} is too large")
    with _naming(name, start):
        return _FILES.validate_json(text, strict=True)


@contextmanager
def _naming(name: str, start: int | None = None) -> Iterator[None]:
    """Within the block, what is wrong is told with its place: that of an entry in a piece that begins at `start`."""
    try:
        yield
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        first, *rest = detail["loc"] or ("the document",)
        place = (first, *rest) if start is None else ("files", start + int(first), *rest)
        raise _invalid(name, f"{'.'.join(map(str, place))}: {detail['msg']}") from error


def _unpacked(data: bytes, name: str) -> bytes:
    if not data.startswith(_ZSTD_MAGIC):
        return data
    unpacker = zstd.ZstdDecompressor()
    try:
        plain = unpacker.decompress(data, INDEX_LIMIT + 1)
    except zstd.ZstdError as error:
        raise _invalid(name, str(error)) from error
    if len(plain) > INDEX_LIMIT:
        raise _too_large(name)
    if not unpacker.eof or unpacker.unused_data:
        raise _invalid(name, "it is cut off, or something follows it")
    return plain


def _invalid(name: str, reason: str) -> InstallerError:
    return InstallerError(FaultCode.INDEX_INVALID, file=name, reason=reason)


def _too_large(name: str) -> InstallerError:
    return _invalid(name, f"it is larger than {INDEX_LIMIT >> 20} MiB")


def _manifest_url(location: str) -> str:
    """Return the url of the manifest itself; whether a path is a folder may change from call to call."""
    try:
        if _ADDRESS.match(location):
            return _web_or_file(location)
        return _in_folder(Path(location).expanduser())
    except (ValueError, RuntimeError, OSError) as error:  # RuntimeError: nobody's home has that name
        raise InstallerError(
            FaultCode.SETTING_INVALID, setting="catalog", value=shown(location), reason=str(error)
        ) from error


def _web_or_file(location: str) -> str:
    parts = urlsplit(location)
    match parts.scheme:
        case "file":
            return _in_folder(path_of(location))
        case "http" | "https" if parts.hostname and parts.port != 0:
            named = parts.path.endswith(".json")
            path = parts.path if named else f"{parts.path.rstrip('/')}/{MANIFEST_NAME}"
            return urlunsplit(parts._replace(path=path))
        case "http" | "https":
            msg = "it names no server"
            raise ValueError(msg)
        case _:
            msg = "it does not begin with http, https or file"
            raise ValueError(msg)


def _in_folder(path: Path) -> str:
    path = path.absolute()
    return (path if path.suffix == ".json" and not path.is_dir() else path / MANIFEST_NAME).as_uri()
