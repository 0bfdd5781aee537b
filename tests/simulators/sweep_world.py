"""A small real runtime for sweeps: archives in folders, each verb's starting point, and the whole engine on them."""

import asyncio
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.adapters.archives.packing import Link, Packable
from vsrt_gui.adapters.archives.patches import make_patch
from vsrt_gui.adapters.archives.tar_packing import write_tar_zst
from vsrt_gui.app import open_session
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.events import RunFinished
from vsrt_gui.model.file_index import FileIndex, Patch
from vsrt_gui.model.manifest import ArchiveFormat, Artifact
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.publish.pack import index_file

PLATFORMS = ("linux-x64", "linux-arm64", "macos-x64", "macos-arm64", "windows-x64")
OLD, NEW = "1.0.0", "2.0.0"
NOISE = 300_000
FOREIGN = "notes of the user's own"
OWN = {
    "home/mine.txt": 0o644,
    "home/letters/one": 0o600,
    "home/bin/mine": 0o755,
    "personal/data/vscode-runtime/extensions/mine/package.json": 0o644,
    "personal/data/vscode-runtime/server/User/settings.json": 0o600,
}
"""What is the user's, beside the runtime and in his data folder."""
MADE = 1_700_000_000
"""When all files were made; seconds since 1970."""
NO_COMMAND = "has no command"
"""What a launcher says of a command that nothing in force has: it comes a little earlier, and goes a little later."""
PATCHED, PATCHES = "lib/noise", "patches.zst"
"""The file that an update makes from its earlier version, and where the patch for that lies."""

_UPDATED = {Verb.ROLLBACK, Verb.UNINSTALL, Verb.CHANGE}
"""Verbs that begin with two sets; a change makes a third one, and so takes the first one out of the store."""

Tree = Mapping[str, bytes | str]
"""Path to content; a str is a link's target, and what lies in `bin/` may be run."""


@dataclass(frozen=True)
class World:
    """All that a sweep touches lies below one folder.

    Attributes:
        folder: of it all.
        verb: what is swept.
        server: address of the folder, where the catalogs are asked for by HTTP; None to read them there.
    """

    folder: Path
    verb: Verb
    server: str | None = None

    @property
    def prefix(self) -> Path:
        """Where the runtime is installed."""
        return self.folder / "home" / "runtime"

    @property
    def personal(self) -> Path:
        """The state, cache and settings of the user."""
        return self.folder / "personal"

    @property
    def catalog(self) -> Path:
        """What the swept verb finds on offer."""
        return self.folder / f"catalog-{NEW if self.verb is Verb.UPDATE else OLD}"

    def offer(self, version: str | None = None) -> str:
        """Return where to ask for a version, or for what the swept verb finds on offer."""
        name = f"catalog-{version}" if version else self.catalog.name
        return f"{self.server}/{name}/manifest.json" if self.server else str(self.folder / name)

    @property
    def request(self) -> Request:
        """What is asked again and again: it must be the same however often it is done."""
        if self.verb is Verb.CHANGE:
            return Request(verb=self.verb, modules=frozenset({"words"}))
        return Request(verb=self.verb, generation=1 if self.verb is Verb.ROLLBACK else None)

    @property
    def after(self) -> str | None:
        """The version of the tool that runs once the verb is done; None where it is gone."""
        return {Verb.UPDATE: NEW, Verb.UNINSTALL: None, Verb.CHANGE: None}.get(self.verb, OLD)

    @property
    def before(self) -> str | None:
        """The version that runs before."""
        return None if self.verb is Verb.INSTALL else NEW if self.verb in _UPDATED else OLD

    def make(self) -> None:
        """Publish both versions and prepare the starting point; runs the engine, so only ever in a child."""
        self.use()
        for version in (OLD, NEW):
            publish(self.folder / f"catalog-{version}", version)
        (self.folder / "home").mkdir()
        for name, mode in OWN.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(FOREIGN)
            path.chmod(mode)
        (self.folder / "home" / "link").symlink_to("mine.txt")
        if self.verb is not Verb.INSTALL:
            done(self.run(Request(verb=Verb.INSTALL), OLD))
        if self.verb in _UPDATED:
            done(self.run(Request(verb=Verb.UPDATE), NEW))
        if self.verb is Verb.REPAIR:
            harm(self.prefix)
        self.keep()

    def use(self) -> None:
        """Let this process's user be the world's."""
        for name in ("CACHE", "CONFIG", "STATE", "DATA"):
            os.environ[f"XDG_{name}_HOME"] = str(self.personal / name.lower())

    def keep(self) -> None:
        """Remember how things are now."""
        for name in ("home", "personal"):
            if (self.folder / name).is_dir():
                shutil.copytree(self.folder / name, self.folder / "ready" / name, symlinks=True)

    def restore(self) -> None:
        """Bring back how things were."""
        for name in ("home", "personal"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            if (self.folder / "ready" / name).is_dir():
                shutil.copytree(self.folder / "ready" / name, self.folder / name, symlinks=True)

    def run(self, request: Request | None = None, version: str | None = None) -> RunFinished:
        """Do it to its end, with the real engine."""
        return asyncio.run(_run(self.offer(version), self.prefix, request or self.request))

    def says(self) -> str | None:
        """Start the installed command as a user would, and return its version; None where there is none.

        Its launcher may be there and say that there is none; a torn one, and any other failure, are told of.
        """
        try:
            command = [self.prefix / "bin" / "tool"]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        except FileNotFoundError:
            return None
        except OSError as error:
            return str(error)
        if done.returncode and NO_COMMAND in done.stderr:
            return None
        return done.stdout.strip() if done.returncode == 0 else f"ended with {done.returncode}: {done.stderr}"

    def names(self) -> set[str]:
        """Return every name below the user's folders that a run can have left."""
        found = set()
        for top in (self.folder / "home", self.personal / "state", self.personal / "cache"):
            found |= {path.relative_to(self.folder).as_posix() for path in top.rglob("*")}
        return found

    def own(self) -> dict[str, tuple[object, ...]]:
        """Take down the data folder, and all of the home but the runtime: kinds, modes, contents, times, links."""
        tops = (self.folder / "home", self.personal / "data")
        paths = (path for top in tops for path in top.rglob("*") if not path.is_relative_to(self.prefix))
        return {path.relative_to(self.folder).as_posix(): _entry(path) for path in paths}


def _entry(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    if path.is_symlink():
        return ("link", str(path.readlink()))
    if path.is_dir():
        return ("folder", status.st_mode)
    return ("file", status.st_mode, status.st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())


async def _run(catalog: str, prefix: Path, request: Request) -> RunFinished:
    session = open_session(catalog, prefix)
    session.start(request)
    return await session.finished()


def done(ended: RunFinished) -> None:
    """Take nothing but a whole success."""
    assert not ended.faults, ended.faults
    assert ended.severity is None, ended


def harm(prefix: Path) -> None:
    """Damage what is installed in each way that a repair mends; the tool itself still runs."""
    (tool,) = (prefix / "store").glob("tool-*")
    (words,) = (prefix / "store").glob("words-*")
    (tool / "lib" / "noise").write_bytes(b"damaged")
    (tool / "lib" / "latest").unlink()
    (words / "de" / "words").unlink()
    (words / "bin" / "say").chmod(0o644)
    (prefix / "bin" / "say").unlink()


def publish(folder: Path, version: str) -> None:
    """Write a catalog of two modules; only the tool is another one in another version."""
    folder.mkdir(parents=True)
    words: Tree = {"bin/say": _script("words"), "de/words": b"Wort\n" * 50, "en/words": b"word\n" * 50}
    modules = [
        _module("words", OLD, _packed(folder / "words.tar.gz", words), {"say": "bin/say"}),
        _module("tool", version, _shipped(folder, version), {"tool": "bin/tool"}, "words"),
    ]
    if version == NEW:
        modules[1]["launch"]["bin"]["more"] = "bin/tool"
    (folder / "manifest.json").write_text(json.dumps({"version": version, "modules": modules}))


def _tool(version: str) -> Tree:
    return {
        "bin/tool": _script(version),
        "empty": b"",
        "lib/latest": "noise",
        PATCHED: Random(version).randbytes(1000) + Random(NOISE).randbytes(NOISE),
        "lib/same": b"same" * 900,
    }


def _shipped(folder: Path, version: str) -> Mapping[str, Any]:
    """Pack the tool as we publish modules: with an index, and with a patch of what the old version has, too."""
    path, tree = folder / "tool.tar.zst", _tool(version)
    write_tar_zst(
        (
            Packable(
                name, Link(content) if isinstance(content, str) else content, name.startswith("bin/"), MADE
            )
            for name, content in tree.items()
        ),
        path,
    )
    offer = _offer(path.read_bytes(), path.name, ArchiveFormat.TAR_ZST)
    artifact = Artifact(url=path.name, sha256=offer["hash"], format=ArchiveFormat.TAR_ZST)
    index = ArchiveLibrary().index(path, artifact, lambda _: None, Stop())
    if version == NEW:
        before, after = (_tool(each)[PATCHED] for each in (OLD, NEW))
        assert isinstance(before, bytes)
        assert isinstance(after, bytes)
        frame = make_patch(before, after)
        patch = Patch(base=hashlib.sha256(before).hexdigest(), offset=0, length=len(frame))
        files = (
            file.model_copy(update={"patches": (patch,)}) if file.path == PATCHED else file
            for file in index.files
        )
        index = FileIndex(files=tuple(files), patches=hashlib.sha256(frame).hexdigest())
        (folder / PATCHES).write_bytes(frame)
        offer |= {"patches": {"url": PATCHES, "hash": index.patches, "sizeBytes": len(frame)}}
    packed = index_file(index)
    (folder / "index.json.zst").write_bytes(packed)
    return {**offer, "index": {"url": "index.json.zst", "hash": hashlib.sha256(packed).hexdigest()}}


def _script(answer: str) -> bytes:
    return f"#!/bin/sh\necho {answer}\n".encode()


def _module(
    module_id: str, version: str, artifact: Mapping[str, Any], commands: Mapping[str, str], *needs: str
) -> dict[str, Any]:
    return {
        "id": module_id,
        "name": module_id.title(),
        "type": "runtime",
        "version": version,
        "dependencies": list(needs),
        "isOptional": False,
        "launch": {"bin": dict(commands)},
        "platformArtifacts": dict.fromkeys(PLATFORMS, artifact),
    }


def _packed(path: Path, tree: Tree) -> Mapping[str, Any]:
    _tar(path, tree)
    return _offer(path.read_bytes(), path.name, ArchiveFormat.TAR_GZ)


def _offer(data: bytes, name: str, form: ArchiveFormat) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    return {"url": name, "hash": digest, "sizeBytes": len(data), "compressionFormat": str(form)}


def _tar(path: Path, tree: Tree) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in tree.items():
            assert isinstance(content, bytes)
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), MADE
            entry.mode = 0o755 if name.startswith("bin/") else 0o644
            archive.addfile(entry, io.BytesIO(content))
