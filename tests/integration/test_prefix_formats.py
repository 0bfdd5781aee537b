"""Formats: a newer one of any file is refused untouched, and one that was ever shipped works with every command.

`tests/unit/prefix/format_*` are such prefixes, kept as bytes; `format_1` was written by version 0.1.0.
"""

import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from cli_house import PLATFORMS, Ended, Vsrt
from integration.place_house import OWN

SHIPPED = Path(__file__).parents[1] / "unit" / "prefix"
FORMATS = sorted(path.name for path in SHIPPED.glob("format_*"))
VERBS = ("install", "update", "repair", "rollback", "uninstall", "verify", "status", "clean")
TOO_NEW = 46


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {
        f"XDG_{name}_HOME": str(tmp_path / "personal" / name) for name in ("CACHE", "CONFIG", "STATE", "DATA")
    }


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """Offer a newer version of what the shipped prefixes have."""
    folder = tmp_path / "catalog"
    folder.mkdir()
    archive = folder / "node.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        entry = zipfile.ZipInfo("bin/tool", (2024, 1, 1, 0, 0, 0))
        entry.external_attr = 0o755 << 16
        packed.writestr(entry, "#!/bin/sh\necho new\n")
    artifact = {
        "url": "node.zip",
        "hash": sha256(archive.read_bytes()).hexdigest(),
        "compressionFormat": "zip",
    }
    node = {
        "id": "node",
        "name": "Node",
        "type": "runtime",
        "version": "3.0.0",
        "dependencies": [],
        "isOptional": False,
        "launch": {"bin": {"node": "bin/tool"}},
        "platformArtifacts": dict.fromkeys(PLATFORMS, artifact),
    }
    lint = {**node, "id": "lint", "name": "Lint", "version": "1.0.0", "isOptional": True, "launch": {}}
    (folder / "manifest.json").write_text(json.dumps({"version": "3.0.0", "modules": [node, lint]}))
    return folder


@pytest.fixture(params=FORMATS)
def shipped(request: pytest.FixtureRequest, tmp_path: Path, catalog: Path) -> Vsrt:
    return Vsrt(str(catalog), at(tmp_path, request.param))


@pytest.fixture
def newest(tmp_path: Path, catalog: Path) -> Vsrt:
    return Vsrt(str(catalog), at(tmp_path, FORMATS[-1]))


def at(folder: Path, name: str) -> Path:
    copy = Path(shutil.copytree(SHIPPED / name, folder / "runtime", symlinks=True))
    for script in (*copy.glob("bin/*"), *copy.glob("generations/*.bin/*"), *copy.glob("store/*/bin/*")):
        script.chmod(0o755)
    (copy / "notes").write_text(OWN)
    return copy


def printed(folder: Path) -> dict[str, tuple[object, ...]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[path.relative_to(folder).as_posix()] = (
            status.st_mode,
            content,
            path.is_dir() or status.st_mtime_ns,
        )
    return found


def fine(done: Ended) -> Ended:
    assert done.code == 0, done.out + done.err
    return done


def test_there_is_one_of_each_format() -> None:
    """A new format of anything in a prefix brings one of its own, written by the program that was shipped."""
    assert [f"format_{number}" for number in range(1, len(FORMATS) + 1)] == FORMATS


def test_every_command_works_on_a_shipped_format(shipped: Vsrt, env: dict[str, str]) -> None:
    node = shipped.prefix / "bin" / "node"
    said = fine(shipped.run("status", "--json", **env)).events[0]
    assert (said["generation"], said["generations"]) == (2, [1, 2])
    assert said["status"]["status"] in {"partiallyInstalled", "updateAvailable"}
    assert said["modules"][0]["wrong"] == 0
    fine(shipped.run("verify", **env))
    fine(shipped.run("rollback", "--yes", **env))
    assert (shipped.prefix / "current").read_text() == "1\n"
    fine(shipped.run("rollback", "--to", "2", "--yes", **env))
    node.unlink()
    fine(shipped.run("repair", "--yes", **env))
    assert os.access(node, os.X_OK)
    fine(shipped.run("update", "--yes", **env))
    assert fine(shipped.run("status", "--json", **env)).events[0]["generation"] == 3
    fine(shipped.run("verify", **env))
    fine(shipped.run("uninstall", "--yes", **env))
    assert [path.name for path in shipped.prefix.iterdir()] == ["notes"]


def test_a_shipped_format_can_be_removed_as_it_is(shipped: Vsrt, env: dict[str, str]) -> None:
    fine(shipped.run("uninstall", "--yes", **env))
    assert [path.name for path in shipped.prefix.iterdir()] == ["notes"]


def newer_json(pattern: str) -> Callable[[Path], None]:
    def act(prefix: Path) -> None:
        path = min(prefix.glob(pattern))
        document: dict[str, Any] = json.loads(path.read_text())
        path.write_text(json.dumps({**document, "format": 99, "new": {"of": "it"}}))

    return act


def newer_index(prefix: Path) -> None:
    path = min(prefix.glob("index/*.zst"))
    document = json.loads(zstd.decompress(path.read_bytes()))
    path.write_bytes(zstd.compress(json.dumps({"format": 99, **document, "new": 1}).encode()))


NEWER = {
    "mark": newer_json(".vsrt.json"),
    "wanted": newer_json("wanted.json"),
    "current-generation": newer_json("generations/2.json"),
    "earlier-generation": newer_json("generations/1.json"),
    "index": newer_index,
}


@pytest.mark.parametrize("name", NEWER)
def test_a_newer_format_of_any_file_is_refused_and_nothing_is_touched(
    newest: Vsrt, env: dict[str, str], name: str
) -> None:
    NEWER[name](newest.prefix)
    before = printed(newest.prefix)
    for verb in VERBS if name == "mark" else ("update", "uninstall"):
        done = newest.run(
            verb, *(() if verb in {"status", "verify", "clean"} else ("--yes",)), "--json", **env
        )
        assert done.code == TOO_NEW, (verb, done.out, done.err)
        (fault,) = done.end["faults"]
        assert (fault["code"], fault["facts"]["format"]) == ("prefix-too-new", 99)
        assert fault["facts"]["path"] == str(newest.prefix)
        assert printed(newest.prefix) == before, verb


def test_it_is_said_in_words(newest: Vsrt, env: dict[str, str]) -> None:
    NEWER["index"](newest.prefix)
    told = newest.run("uninstall", "--yes", **env)
    assert told.code == TOO_NEW
    assert "This folder belongs to a newer installer" in told.err
    assert re.search(r"its kind is 99, this version knows up to \d+", told.err)


def test_a_newer_note_of_a_download_vouches_for_nothing(
    newest: Vsrt, env: dict[str, str], catalog: Path
) -> None:
    """It is the one file that may be of a newer format: what it costs is at most to fetch something again."""
    digest = sha256((catalog / "node.zip").read_bytes()).hexdigest()
    part, note = (newest.prefix / "downloads" / f"{digest}.{kind}" for kind in ("part", "json"))
    part.write_bytes(b"bytes that only a newer program knows how to go on from")
    note.write_text(json.dumps({"format": 99, "sha256": digest, "validator": None, "source": ""}))
    fine(newest.run("status", **env))
    assert part.read_bytes().startswith(b"bytes that only")
    fine(newest.run("update", "--yes", **env))
    fine(newest.run("verify", **env))
