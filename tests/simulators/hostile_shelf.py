"""What a hostile world's servers have: two modules in two versions, an index, a patch from one to the other."""

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.adapters.archives.patches import make_patch
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.file_index import FileIndex, Patch
from vsrt_gui.model.manifest import ArchiveFormat, Artifact

PLATFORMS = ("linux-x64", "linux-arm64", "macos-x64", "macos-arm64", "windows-x64")
OLD, NEW = "1.0.0", "2.0.0"
LIKE = "lib/like"
"""The file that an update makes from the earlier one, by a patch."""


@dataclass(frozen=True)
class Edition:
    """One module in one version.

    Attributes:
        module: its id.
        version: its version.
    """

    module: str
    version: str

    @property
    def files(self) -> Mapping[str, bytes]:
        """What it holds: in each version a part is the same, a part another one."""
        own, same = Random(f"{self.module} {self.version}"), Random(self.module)
        return {
            "bin/run": f"#!/bin/sh\necho {self.module} {self.version}\n".encode(),
            "empty": b"",
            "lib/like": same.randbytes(12_000)[:-100] + own.randbytes(100),
            "lib/own": own.randbytes(9_000),
            "lib/same": same.randbytes(14_000),
            "lib/small": own.randbytes(500),
        }

    @property
    def path(self) -> str:
        """Where a server has its archive."""
        return f"/{self.module}-{self.version}.{'zip' if self.module == 'tool' else 'tar.gz'}"

    @property
    def patches(self) -> str:
        """Where a server has its patches."""
        return f"{self.path}.patches"

    @property
    def archive(self) -> bytes:
        """Its archive: a zip for the tool, which has ranges, else a tar.gz."""
        return _zipped(self.files) if self.path.endswith(".zip") else _tarred(self.files)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if name.startswith("bin/") else 0o644) << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def _tarred(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), 1_700_000_000
            entry.mode = 0o755 if name.startswith("bin/") else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@dataclass(frozen=True)
class Shelf:
    """All that is published, made once: path to bytes.

    Attributes:
        folder: to work in.
        truth: store folder to its files.
        archives: path to bytes.
        lists: version to the manifest; its archives' mirrors stand at `{mirror}`.
    """

    folder: Path
    truth: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    archives: dict[str, bytes] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)

    def fill(self) -> "Shelf":
        """Publish both versions of both modules."""
        for version in (OLD, NEW):
            modules = [self._module(Edition(name, version)) for name in ("tool", "words")]
            self.lists[version] = json.dumps({"version": version, "modules": modules})
        return self

    def _module(self, edition: Edition) -> Mapping[str, Any]:
        data = edition.archive
        digest = hashlib.sha256(data).hexdigest()
        self.archives[edition.path] = data
        self.truth[f"{edition.module}-{edition.version}-{digest[:8]}"] = edition.files
        artifact: dict[str, Any] = {
            "url": edition.path[1:],
            "mirrors": [f"{{mirror}}{edition.path}"],
            "hash": digest,
            "sizeBytes": len(data),
        }
        if edition.module == "tool":
            artifact["index"] = self._index(edition, digest)
            if patches := self.archives.get(edition.patches):
                told = {"hash": hashlib.sha256(patches).hexdigest(), "sizeBytes": len(patches)}
                artifact["patches"] = {"url": edition.patches[1:], **told}
        return {
            "id": edition.module,
            "name": edition.module.title(),
            "type": "runtime",
            "version": edition.version,
            "dependencies": [],
            "isOptional": False,
            "platformArtifacts": dict.fromkeys(PLATFORMS, artifact),
        }

    def _index(self, edition: Edition, digest: str) -> Mapping[str, str]:
        file = self.folder / edition.path[1:]
        file.write_bytes(edition.archive)
        artifact = Artifact(url=file.as_uri(), sha256=digest, format=ArchiveFormat.ZIP)
        index = ArchiveLibrary().index(file, artifact, lambda _: None, Stop())
        if edition.version == NEW:
            index = self._patched(edition, index)
        data = index.model_dump_json().encode()
        self.archives[f"{edition.path}.index"] = data
        return {"url": f"{edition.path[1:]}.index", "hash": hashlib.sha256(data).hexdigest()}

    def _patched(self, edition: Edition, index: FileIndex) -> FileIndex:
        """Publish a patch from the old version to the new one of the one file that has hardly changed."""
        before = Edition(edition.module, OLD).files[LIKE]
        frame = make_patch(before, edition.files[LIKE])
        self.archives[edition.patches] = frame
        patch = Patch(base=hashlib.sha256(before).hexdigest(), offset=0, length=len(frame))
        files = [f.but(patches=(patch,)) if f.path == LIKE else f for f in index.files]
        return index.but(files=tuple(files), patches=hashlib.sha256(frame).hexdigest())
