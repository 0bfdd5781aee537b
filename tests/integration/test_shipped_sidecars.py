"""A download that an earlier program began goes on, whichever format its note has.

`tests/unit/prefix/sidecars` holds such notes with their bytes, as they lay on the disk. Format 1 vouches for the whole
file; format 2 names what of it counts, and here it has a gap; format 3 adds what was flushed, and lines for what came.
"""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from cli_house import PLATFORMS, Vsrt
from simulators.http_server import HttpServer

SHIPPED = Path(__file__).parents[1] / "unit" / "prefix"
ARCHIVE = (SHIPPED / "sidecars" / "tool.zip").read_bytes()
DIGEST = sha256(ARCHIVE).hexdigest()
FORMATS = {
    "format_1": ["bytes=1200-"],
    "format_2": ["bytes=900-1799", "bytes=2600-"],
    "format_3": ["bytes=1000-1999", "bytes=2700-"],
}
"""What is left to be asked for."""
OFFER = {"url": "tool.zip", "hash": DIGEST, "sizeBytes": len(ARCHIVE), "compressionFormat": "zip"}
MANIFEST = {
    "id": "node",
    "name": "Node",
    "type": "runtime",
    "version": "3.0.0",
    "dependencies": [],
    "isOptional": False,
    "launch": {"bin": {"node": "bin/tool"}},
    "platformArtifacts": dict.fromkeys(PLATFORMS, OFFER),
}


def test_there_is_one_of_each_format() -> None:
    assert [path.stem for path in sorted((SHIPPED / "sidecars").glob("*.json"))] == list(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_download_goes_on_from_it(tmp_path: Path, name: str) -> None:
    prefix = Path(shutil.copytree(SHIPPED / "format_1", tmp_path / "runtime", symlinks=True))
    (prefix / "wanted.json").unlink()  # of a module that is not on offer here
    for kind in ("part", "json"):
        shutil.copy(SHIPPED / "sidecars" / f"{name}.{kind}", prefix / "downloads" / f"{DIGEST}.{kind}")
    env = {
        f"XDG_{kind}_HOME": str(tmp_path / "personal" / kind) for kind in ("CACHE", "CONFIG", "STATE", "DATA")
    }
    with HttpServer() as server:
        server.put("/tool.zip", ARCHIVE)
        server.put("/manifest.json", json.dumps({"version": "3.0.0", "modules": [MANIFEST]}).encode())
        vsrt = Vsrt(f"{server.url}/manifest.json", prefix)
        done = vsrt.run("update", "--yes", **env)
        assert done.code == 0, done.out + done.err
        assert [served.range for served in server.requests("/tool.zip")] == FORMATS[name]
    assert vsrt.run("verify", **env).code == 0
