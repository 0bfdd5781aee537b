"""Small modules to put into a real prefix: their files, index and target, made from a few words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from vsrt_gui.adapters.prefix import DiskPrefix, Patience
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.manifest import ArchiveFormat, Artifact, Launch, Module, ModuleType, Target
from vsrt_gui.model.request import Trigger
from vsrt_gui.model.survey import Depth, FolderSurvey, Generation

MTIME = 1_700_000_000
TREE: Mapping[str, bytes | str] = {
    "README": b"hello\n",
    "bin/tool": b'#!/bin/sh\nprintf \'%s\\n\' "$0" "$@"\n',
    "empty": b"",
    "lib/a/one.js": b"one" * 1000,
    "lib/a/two.js": b"two" * 2000,
    "lib/latest": "a/one.js",
}
"""Path to content; a str is a link's target, and what lies in `bin/` may be run."""


def no_tick(_count: int) -> None:
    """Count nothing."""


@dataclass(frozen=True)
class Sample:
    """One module with its content."""

    target: Target
    index: FileIndex
    tree: Mapping[str, bytes | str]

    def file(self, path: str) -> IndexedFile:
        """Return the index's entry of a path."""
        return next(file for file in self.index.files if file.path == path)

    def fill(self, prefix: DiskPrefix, *, durable: bool = False) -> None:
        """Write all of it, links last."""
        for file in sorted(self.index.files, key=lambda file: file.link is not None):
            content = self.tree[file.path]
            if isinstance(content, bytes):
                prefix.put(self.target, file, [content], durable=durable)
            else:
                prefix.mend_entry(self.target, file)

    def survey(self, prefix: DiskPrefix, depth: Depth = Depth.DEEP) -> FolderSurvey:
        """Survey its folder."""
        return prefix.survey(self.target, self.index, depth, no_tick, Stop())

    def folder(self, prefix: DiskPrefix) -> Path:
        """Return its folder."""
        return prefix.root / "store" / self.target.folder

    def with_launch(self, launch: Launch) -> "Sample":
        """Return the same module with other commands."""
        module = self.target.module.model_copy(update={"launch": launch})
        return replace(self, target=self.target.model_copy(update={"module": module}))


def sample(
    module_id: str = "tool", version: str = "1.0.0", tree: Mapping[str, bytes | str] = TREE, command: str = ""
) -> Sample:
    """Make a module.

    Args:
        module_id: its id.
        version: its version; another one is another folder.
        tree: path to content.
        command: what `bin/tool` is called; none when empty.
    """
    index = FileIndex(files=tuple(_entry(path, content) for path, content in sorted(tree.items())))
    digest = sha256(f"{module_id} {version} {sorted(tree)}".encode()).hexdigest()
    module = Module(
        id=module_id,
        name=module_id.title(),
        type=ModuleType.RUNTIME,
        version=version,
        launch=Launch(bin={command: "bin/tool"} if command else {}),
    )
    artifact = Artifact(url=f"https://example.org/{module_id}.zip", sha256=digest, format=ArchiveFormat.ZIP)
    return Sample(Target(module=module, artifact=artifact), index, tree)


def _entry(path: str, content: bytes | str) -> IndexedFile:
    link = content if isinstance(content, str) else None
    data = content if isinstance(content, bytes) else b""
    return IndexedFile(
        path=path,
        size=len(data),
        sha256=sha256(data).hexdigest(),
        executable=path.startswith("bin/"),
        mtime=MTIME,
        link=link,
    )


def generation(number: int, *samples: Sample, complete: bool = True, before: int | None = None) -> Generation:
    """Make a generation of these modules."""
    return Generation(
        number=number,
        manifest_version=f"{number}.0.0",
        installed_at=datetime(2026, 1, 1, tzinfo=UTC),
        trigger=Trigger.MANUAL,
        complete=complete,
        modules=tuple(one.target for one in samples),
        before=before,
    )


def install(
    prefix: DiskPrefix, number: int, *samples: Sample, complete: bool = True, before: int | None = None
) -> Generation:
    """Fill and commit a generation."""
    prefix.claim()
    for one in samples:
        one.fill(prefix)
        prefix.keep_index(one.target, one.index)
    made = generation(number, *samples, complete=complete, before=before)
    prefix.commit(made, {one.target.id: one.index for one in samples})
    return made


def prefix_at(folder: Path) -> DiskPrefix:
    """Open a prefix whose locks lie beside it and which waits for nobody."""
    return DiskPrefix(folder, folder.parent / "state", Patience(seconds=0.05, first=0.01))


def snapshot(folder: Path) -> dict[str, bytes | str]:
    """Return every file and link below a folder with its content."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file():
            found[name] = path.read_bytes()
    return found
