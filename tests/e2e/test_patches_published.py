"""What publishing two real versions makes: archives smaller than zips, and patches of a few percent of them."""

from pathlib import Path

import pytest
from aloud import say
from filelock import FileLock
from sharing import CACHE

from vsrt_gui.adapters.catalog import UrlCatalog
from vsrt_gui.adapters.folder import FolderSource
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.manifest import Artifact
from vsrt_gui.publish.build import build
from vsrt_gui.publish.check import check

BEFORE, AFTER = "1.1.413", "1.1.414"
"""Two versions of Pyright that follow each other."""
SMALLER = 0.95
"""What a tar.zst may have of a zip's size; many small files gain less than large ones."""
PATCHED = 0.1
"""What the patches of changed files may have of what the files themselves take."""


def published(folder: Path, version: str, archive: str = "tar.zst") -> Artifact:
    """Build a version of Pyright into a catalog."""
    sources = folder.with_suffix(".toml")
    sources.write_text(
        f'format = 1\nversion = "{version}"\n[[module]]\nid = "pyright"\nname = "Pyright"\n'
        f'type = "languageServer"\nversion = "{version}"\narchive = "{archive}"\n'
        f'source = {{ kind = "npm", package = "pyright" }}\n',
        encoding="utf-8",
    )
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / "tests.lock"):
        manifest = build(sources, folder, CACHE / "packages", print)
    (artifact,) = manifest.modules[0].artifacts.values()
    return artifact


@pytest.mark.timeout(300)
def test_of_two_pyrights(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    out = tmp_path / "catalog"
    before = published(out, BEFORE)
    after = published(out, AFTER)
    zipped = published(tmp_path / "zipped", AFTER, "zip")
    assert check(str(out), lambda _: None) == ()
    catalog = UrlCatalog(str(out), FolderSource())
    old, new = (catalog.index(artifact, Stop()) for artifact in (before, after))
    assert old
    assert new
    assert new.ranged
    known = {file.sha256 for file in old.files}
    changed = [file for file in new.files if file.packed and file.sha256 not in known]
    ranges = sum(file.packed.length for file in changed if file.packed)
    assert after.patches
    assert after.size
    assert zipped.size
    say(
        request.config,
        f"Pyright {AFTER}: {after.size / 1e6:.3f} MB as tar.zst, {zipped.size / 1e6:.3f} MB as zip; {len(changed)}"
        f" files changed since {BEFORE}, {ranges / 1e6:.3f} MB packed, {after.patches.size / 1e6:.3f} MB as patches",
    )
    assert after.size < SMALLER * zipped.size
    assert all(file.patches for file in changed if file.size > 1000)
    assert after.patches.size < PATCHED * ranges
