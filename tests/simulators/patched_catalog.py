"""Catalogs of one module that is a folder of given files, and patches from one version of it to the next."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from backports import zstd

from vsrt_gui.adapters.archives.patches import make_patch
from vsrt_gui.adapters.catalog import parse_index
from vsrt_gui.model.file_index import FileIndex, Patch
from vsrt_gui.model.manifest import Artifact
from vsrt_gui.model.manifest_document import parse_manifest
from vsrt_gui.publish.build import Wanted, build_wanted
from vsrt_gui.publish.lineage import Past
from vsrt_gui.publish.shelf import Shelf

MODULE = "tool"
PATCHES, INDEX = "/patches/all.zst", "/indexes/patched.json.zst"


def catalog(folder: Path, version: str, files: Mapping[str, bytes], *previous: Path) -> Path:
    """Publish a folder of files, with patches from previous catalogs; returns the catalog's folder."""
    for path, content in files.items():
        (folder / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "tree" / path).write_bytes(content)
    (folder / "sources.toml").write_text(
        f'format = 1\nversion = "{version}"\n[[module]]\nid = "{MODULE}"\nname = "Tool"\n'
        f'type = "languageServer"\nversion = "{version}"\nsource = {{ kind = "path", path = "tree" }}\n',
        encoding="utf-8",
    )
    shelf = Shelf(folder / "cache", lambda _: None)
    build_wanted(folder / "sources.toml", folder / "catalog", shelf, Wanted(past=Past(catalogs=previous)))
    return folder / "catalog"


def published(folder: Path, module: str = MODULE) -> tuple[Artifact, FileIndex]:
    """Read what a catalog says of a module on this machine."""
    manifest = parse_manifest((folder / "manifest.json").read_bytes(), "test", f"{folder.as_uri()}/")
    found = next(each for each in manifest.modules if each.id == module)
    (artifact,) = found.artifacts.values()
    assert artifact.index
    name = Path(artifact.index.url).name
    return artifact, parse_index((folder / "indexes" / name).read_bytes(), name)


def add_patches(folder: Path, frames: Mapping[str, tuple[bytes, bytes]]) -> Mapping[str, Patch]:
    """Publish patches beside a catalog that is there.

    Args:
        folder: the catalog.
        frames: path to the earlier content and the patch of it, which may be anything.

    Returns:
        Path to what the index says of its patch.
    """
    for path, content in with_patches(folder, MODULE, frames).items():
        (folder / path.lstrip("/")).parent.mkdir(exist_ok=True)
        (folder / path.lstrip("/")).write_bytes(content)
    return {file.path: file.patches[0] for file in published(folder)[1].files if file.patches}


def with_patches(folder: Path, module: str, frames: Mapping[str, tuple[bytes, bytes]]) -> Mapping[str, bytes]:
    """Return the files of a catalog, by path, that are new or different with these patches."""
    body, files = b"", []
    for file in published(folder, module)[1].files:
        patches: tuple[Patch, ...] = ()
        if file.path in frames:
            base, frame = frames[file.path]
            patches = (Patch(base=sha256(base).hexdigest(), offset=len(body), length=len(frame)),)
            body += frame
        files.append(file.model_copy(update={"patches": patches}))
    listed = FileIndex(files=tuple(files), patches=sha256(body).hexdigest())
    index = zstd.compress(listed.model_dump_json(exclude_defaults=True).encode())
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    found = next(each for each in manifest["modules"] if each["id"] == module)
    for artifact in found["platformArtifacts"].values():
        artifact["index"] = {"url": INDEX.lstrip("/"), "hash": sha256(index).hexdigest()}
        there = {"url": PATCHES.lstrip("/"), "hash": sha256(body).hexdigest(), "sizeBytes": len(body)}
        artifact["patches"] = there
    return {"/manifest.json": json.dumps(manifest).encode(), INDEX: index, PATCHES: body}


def patches(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, tuple[bytes, bytes]]:
    """Make a patch of each file that both versions have and that has changed."""
    return {
        path: (before[path], make_patch(before[path], content))
        for path, content in after.items()
        if path in before and before[path] != content
    }
