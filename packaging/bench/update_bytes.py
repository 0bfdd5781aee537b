"""What an update costs in bytes: whole archives, the changed files only, and patches of them (not published yet).

Run `python packaging/bench/update_bytes.py BEFORE AFTER`, two folders that `vsrt publish build` made, or none:
two versions of Pyright, which npm fetches once into `.cache`. A file has changed when the catalog before has
its content nowhere. A patch is zstd's, level 19, made against the file of the same path; where there is none, or where
the packed file is smaller, that one counts.
"""

import argparse
import sys
import zipfile
from pathlib import Path

from vsrt_gui.adapters.catalog import parse_index
from vsrt_gui.adapters.folder import path_of
from vsrt_gui.model.file_index import IndexedFile
from vsrt_gui.model.manifest import Artifact, Manifest
from vsrt_gui.model.manifest_document import parse_manifest
from vsrt_gui.publish.build import build

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CACHE = Path(__file__).parents[2] / ".cache"
VERSIONS = ("1.1.413", "1.1.414")
LEVEL = 19
SOURCES = """
format = 1
version = "{version}"
[[module]]
id = "pyright"
name = "Pyright"
type = "languageServer"
version = "{version}"
source = {{ kind = "npm", package = "pyright", version = "{version}" }}
"""


def main() -> None:
    """Compare each module that both catalogs have."""
    parser = argparse.ArgumentParser(description="Bytes of an update.")
    parser.add_argument("catalogs", nargs="*", type=Path, help="two folders; two versions of Pyright without")
    given = parser.parse_args().catalogs or [built(version) for version in VERSIONS]
    before, after = (manifest(folder.resolve()) for folder in given)
    print("module            files  changed  whole MB  ranges MB  patches MB")
    old = {module.id: module for module in before.modules}
    for module in after.modules:
        if module.id in old:
            earlier = next(iter(old[module.id].artifacts.values()))
            compare(module.id, earlier, next(iter(module.artifacts.values())))


def built(version: str) -> Path:
    """Return the catalog of one version of Pyright."""
    folder = CACHE / f"pyright-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    sources = folder / "sources.toml"
    sources.write_text(SOURCES.format(version=version), encoding="utf-8")
    build(sources, folder / "catalog", CACHE / "packages", print)
    return folder / "catalog"


def manifest(folder: Path) -> Manifest:
    """Read a catalog's manifest."""
    file = folder / "manifest.json"
    return parse_manifest(file.read_bytes(), str(file), file.as_uri())


def files(artifact: Artifact) -> dict[str, IndexedFile]:
    """Return path to file, links left out."""
    if artifact.index is None:
        return {}
    file = path_of(artifact.index.url)
    return {each.path: each for each in parse_index(file.read_bytes(), file.name).files if each.packed}


def compare(name: str, before: Artifact, after: Artifact) -> None:
    """Print one module's line."""
    old, new = files(before), files(after)
    contents = {file.sha256 for file in old.values()}
    changed = [file for file in new.values() if file.sha256 not in contents]
    ranges = sum(file.packed.length for file in changed if file.packed)
    with zipfile.ZipFile(path_of(before.url)) as first, zipfile.ZipFile(path_of(after.url)) as second:
        patches = sum(
            patched(first.read(file.path) if file.path in old else b"", second.read(file.path), file)
            for file in changed
        )
    figures = f"{(after.size or 0) / 1e6:8.3f}  {ranges / 1e6:9.3f}  {patches / 1e6:10.3f}"
    print(f"{name:16}  {len(new):5}  {len(changed):7}  {figures}")


def patched(old: bytes, new: bytes, file: IndexedFile) -> int:
    """Return the bytes of a patch from one content to the other, or of the packed file if that is less."""
    packed = file.packed.length if file.packed else file.size
    if not old:
        return packed
    window = max(len(old) + len(new), 1024).bit_length()
    options = {
        zstd.CompressionParameter.compression_level: LEVEL,
        zstd.CompressionParameter.window_log: min(window, 27),
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    prefix = zstd.ZstdDict(old, is_raw=True).as_prefix
    return min(packed, len(zstd.compress(new, options=options, zstd_dict=prefix)))


if __name__ == "__main__":
    main()
