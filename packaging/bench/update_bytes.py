"""What an update costs in bytes: whole archives, the byte ranges of the changed files, and patches of them.

Run `python packaging/bench/update_bytes.py BEFORE AFTER`, two folders that `vsrt publish build` made, the second with
`--previous BEFORE`; or without folders, for two versions of Pyright, which npm fetches once into `.cache`. A file has
changed when the catalog before has its content nowhere. The figures are what the program's own plan says: with what is
fetched along between neighbouring files, and a patch only where it is smaller than the packed file. The file index of
the new version, or the patch that makes it of the one before, comes on top of ranges and patches.
"""

import argparse
import tempfile
from hashlib import sha256
from pathlib import Path

from vsrt_gui.adapters.catalog import parse_index
from vsrt_gui.adapters.folder import path_of
from vsrt_gui.engine.planner import Looked, fetching
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.manifest import Artifact, Manifest, Module, Target
from vsrt_gui.model.manifest_document import parse_manifest
from vsrt_gui.model.survey import FolderSurvey, Held
from vsrt_gui.publish.build import Wanted, build_wanted
from vsrt_gui.publish.lineage import Past
from vsrt_gui.publish.shelf import Shelf

CACHE = Path(__file__).parents[2] / ".cache"
VERSIONS = ("1.1.413", "1.1.414")
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
    given = parser.parse_args().catalogs
    with tempfile.TemporaryDirectory() as scratch:
        before, after = (manifest(folder.resolve()) for folder in given or built(Path(scratch)))
        print("module            files  changed  whole MB  ranges MB  patches MB  index MB")
        for module in after.modules:
            earlier = before.module(module.id)
            if earlier:
                old, new = (next(iter(each.artifacts.values())) for each in (earlier, module))
                print(f"{module.id:16}  {compared(module, old, new)}")


def built(folder: Path) -> list[Path]:
    """Build the catalogs of two versions of Pyright, the second with patches from the first."""
    made: list[Path] = []
    for version in VERSIONS:
        sources = folder / f"{version}.toml"
        sources.write_text(SOURCES.format(version=version), encoding="utf-8")
        wanted = Wanted(past=Past(catalogs=tuple(made)))
        build_wanted(sources, folder / version, Shelf(CACHE / "packages", print), wanted)
        made.append(folder / version)
    return made


def manifest(folder: Path) -> Manifest:
    """Read a catalog's manifest."""
    file = folder / "manifest.json"
    return parse_manifest(file.read_bytes(), str(file), file.as_uri())


def files(artifact: Artifact) -> FileIndex:
    """Return an artifact's file index."""
    if artifact.index is None:
        return FileIndex(files=())
    file = path_of(artifact.index.url)
    return parse_index(file.read_bytes(), file.name)


def compared(module: Module, old: Artifact, new: Artifact) -> str:
    """Return one module's figures."""
    index = files(new)
    there = {
        file.sha256: (Held(folder="", path=file.path),) for file in files(old).files if file.link is None
    }
    contents = [file for file in index.files if file.link is None]
    changed = tuple(file for file in contents if file.sha256 not in there)
    megabytes = [(new.size or 0) / 1e6]
    for artifact in (new.model_copy(update={"patches": None}), new):
        target = Target(
            module=Module(**{name: getattr(module, name) for name in Module.model_fields}), artifact=artifact
        )
        looked = Looked(target, index, FolderSurvey(exists=False), 0, there)
        fetch = fetching(looked, changed)
        megabytes.append(fetch.to_fetch / 1e6 if fetch else 0.0)
    whole, ranges, patches = megabytes
    listed = told(new, files(old)) / 1e6
    return f"{len(contents):5}  {len(changed):7}  {whole:8.3f}  {ranges:9.3f}  {patches:10.3f}  {listed:8.3f}"


def told(new: Artifact, before: FileIndex) -> int:
    """Return the bytes that a file index costs who has the one before."""
    if new.index is None:
        return 0
    base = sha256(before.document).hexdigest()
    ways = new.index.document.patches if new.index.document else ()
    found = (patch.size for patch in ways if patch.base == base)
    return next(found, path_of(new.index.url).stat().st_size)


if __name__ == "__main__":
    main()
