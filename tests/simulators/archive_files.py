"""Makes archives of every format, honest and evil ones, and reads them back through the real library."""

import bz2
import gzip
import io
import lzma
import random
import stat
import tarfile
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from backports import zstd

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.manifest import ArchiveFormat, Artifact


def zst_frame(data: bytes) -> bytes:
    """Make one frame, with a checksum as the zstd command writes it."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


TARS = tuple(form for form in ArchiveFormat if form is not ArchiveFormat.ZIP)
WHEN = 1_700_000_000
COMPRESS: Mapping[ArchiveFormat, Callable[[bytes], bytes]] = {
    ArchiveFormat.TAR_GZ: gzip.compress,
    ArchiveFormat.TAR_XZ: lambda data: lzma.compress(data, preset=1),
    ArchiveFormat.TAR_BZ2: bz2.compress,
    ArchiveFormat.TAR_ZST: zst_frame,
    ArchiveFormat.TAR: lambda data: data,
}


@dataclass(frozen=True)
class Raw:
    """One entry as it shall stand in the archive, sane or not."""

    name: str
    content: bytes = b""
    kind: bytes = tarfile.REGTYPE
    link: str = ""
    mode: int = 0o644
    mtime: int = WHEN

    @property
    def unix_mode(self) -> int:
        kinds = {
            tarfile.SYMTYPE: stat.S_IFLNK,
            tarfile.CHRTYPE: stat.S_IFCHR,
            tarfile.BLKTYPE: stat.S_IFBLK,
            tarfile.FIFOTYPE: stat.S_IFIFO,
            tarfile.DIRTYPE: stat.S_IFDIR,
            SOCKET: stat.S_IFSOCK,
        }
        return kinds.get(self.kind, stat.S_IFREG) | self.mode


SOCKET = b"s"
"""A kind that only a zip can hold."""


def link(name: str, target: str) -> Raw:
    return Raw(name, kind=tarfile.SYMTYPE, link=target)


def hard(name: str, target: str) -> Raw:
    return Raw(name, kind=tarfile.LNKTYPE, link=target)


def tar_bytes(entries: Iterable[Raw], form: int = tarfile.PAX_FORMAT) -> bytes:
    """Make an uncompressed tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for entry in entries:
            archive.addfile(_tar_info(entry), io.BytesIO(entry.content))
    return out.getvalue()


def _tar_info(entry: Raw) -> tarfile.TarInfo:
    info = tarfile.TarInfo(entry.name)
    info.type, info.linkname, info.mode, info.mtime = entry.kind, entry.link, entry.mode, entry.mtime
    info.size = len(entry.content)
    return info


def framed_tar_zst(entries: Iterable[Raw]) -> bytes:
    """Make a tar.zst with frames that begin and end with each file's content."""
    out = b""
    for entry in entries:
        header = _tar_info(entry).tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        out += zst_frame(header)
        if entry.content:
            out += zst_frame(entry.content)
            if padding := -len(entry.content) % tarfile.BLOCKSIZE:
                out += zst_frame(bytes(padding))
    return out + zst_frame(bytes(2 * tarfile.BLOCKSIZE))


def zip_bytes(entries: Iterable[Raw], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # two entries of one name are wanted here
        for entry in entries:
            info = zipfile.ZipInfo("x", (2023, 11, 14, 22, 13, 20))
            info.filename = entry.name
            info.create_system = 3
            info.external_attr = entry.unix_mode << 16
            content = entry.link.encode() if entry.kind == tarfile.SYMTYPE else entry.content
            archive.writestr(info, content, method)
    return out.getvalue()


def pack(form: ArchiveFormat, entries: Iterable[Raw]) -> bytes:
    """Make an archive of any format."""
    if form is ArchiveFormat.ZIP:
        return zip_bytes(entries)
    return COMPRESS[form](tar_bytes(entries))


def artifact(form: ArchiveFormat, components: int = 0, prefix: str | None = None) -> Artifact:
    return Artifact(
        url=f"https://example.org/files/sample.{form}?token=1",
        sha256=sha256().hexdigest(),
        format=form,
        strip_components=components,
        strip_prefix=prefix,
    )


@dataclass
class Shelf:
    """One archive on the disk and the library that reads it."""

    path: Path
    artifact: Artifact
    library: ArchiveLibrary = field(default_factory=ArchiveLibrary)
    stop: Stop = field(default_factory=Stop)
    ticks: list[int] = field(default_factory=list)

    def index(self) -> FileIndex:
        return self.library.index(self.path, self.artifact, self.ticks.append, self.stop)

    def contents(self, files: Iterable[IndexedFile]) -> dict[str, bytes]:
        """Unpack these files into memory."""
        found: dict[str, bytes] = {}
        lock = threading.Lock()

        def put(file: IndexedFile, pieces: Iterable[bytes]) -> None:
            content = b"".join(pieces)
            with lock:
                assert file.path not in found
                found[file.path] = content

        self.library.unpack(self.path, self.artifact, tuple(files), put, self.stop)
        return found

    def all_contents(self) -> dict[str, bytes]:
        return self.contents(file for file in self.index().files if file.link is None)


def shelve(
    folder: Path, form: ArchiveFormat, data: bytes, components: int = 0, prefix: str | None = None
) -> Shelf:
    """Put an archive's bytes on the disk, under a name that says nothing, as a download has."""
    path = folder / "0123.part"
    path.write_bytes(data)
    return Shelf(path, artifact(form, components, prefix))


def our_threads() -> list[str]:
    """Return the names of the reading threads that still run."""
    return [
        thread.name for thread in threading.enumerate() if thread.name.startswith(("vsrt-lane", "vsrt-ahead"))
    ]


SAMPLES = (
    Raw("bin/tool", random.Random(1).randbytes(3000), mode=0o755),
    Raw("empty"),
    Raw("lib/text", b"the same again, " * 400),
    link("lib/link", "text"),
    Raw("lib/x" * 30, b"a long name"),
)
"""Entries of every kind, for archives that are damaged afterwards."""


def damage_of(folder: Path, form: ArchiveFormat, data: bytes) -> str:
    """List an archive that must be found damaged, and return the reason."""
    shelf = shelve(folder, form, data)
    with pytest.raises(InstallerError) as caught:
        shelf.index()
    fault = caught.value.fault
    assert fault.code is FaultCode.ARCHIVE_DAMAGED
    assert fault.facts["file"] == f"sample.{form}"
    assert not our_threads()
    return str(fault.facts["reason"])
