"""Hard links of a tar share their bytes: a repair by ranges fetches those once, and never the archive instead."""

from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from cli_house import PLATFORMS
from serving_house import Served
from simulators.archive_files import Raw, framed_tar_zst, hard
from simulators.http_server import HttpServer

from vsrt_gui.model.events import Outcome, PlanReady
from vsrt_gui.model.plan import FileRanges
from vsrt_gui.model.request import Verb

SIZES = {"first": 100_000, "last": 100_000, "rest": 300_000}
NOISE = {name: Random(name).randbytes(size) for name, size in SIZES.items()}
ENTRIES = [
    Raw("first", NOISE["first"], mode=0o755),
    Raw("last", NOISE["last"]),
    hard("linked", "first"),
    hard("linked-too", "first"),
    Raw("rest", NOISE["rest"]),
]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    found = Served(tmp_path, monkeypatch)
    archive = framed_tar_zst(ENTRIES)
    (found.catalog.folder / "tool.tar.zst").write_bytes(archive)
    artifact = {
        "url": "tool.tar.zst",
        "hash": sha256(archive).hexdigest(),
        "sizeBytes": len(archive),
        "compressionFormat": "tar.zst",
    }
    module = {"id": "tool", "name": "Tool", "type": "runtime", "version": "1.0.0"}
    listed = [{**module, "platformArtifacts": dict.fromkeys(PLATFORMS, artifact)}]
    found.catalog.write_manifest({"version": "1.0.0", "modules": listed})
    return found


@pytest.mark.parametrize(
    "damaged",
    [("first", "linked", "linked-too"), ("first", "linked", "linked-too", "last"), ("linked",)],
    ids=" ".join,
)
def test_a_repair_fetches_their_bytes_once(served: Served, damaged: tuple[str, ...]) -> None:
    with HttpServer(served.catalog.folder) as server:
        url = f"{server.url}/manifest.json"
        assert served.run(url).end.outcome is Outcome.COMPLETED
        (folder,) = served.prefix.glob("store/*")
        for path in damaged:
            (folder / path).write_bytes(b"X" * 100_000)
        server.forget()
        ran = served.run(url, Verb.REPAIR)
        assert (ran.end.outcome, ran.end.faults, ran.retries) == (Outcome.COMPLETED, (), [])
        (event,) = [event for event in ran.events if isinstance(event, PlanReady)]
        (work,) = event.plan.work
        sent = sum(one.sent for one in server.requests("/tool.tar.zst"))
    wanted = 100_100 * len({"first" if path.startswith("linked") else path for path in damaged})
    if damaged == ("linked",):  # what it is linked to is on the disk
        assert (work.fetch, work.copies, sent) == (None, 1, 0)
    else:
        assert isinstance(work.fetch, FileRanges)
        assert 0 < sent == work.to_fetch <= wanted
    linked = {"linked": NOISE["first"], "linked-too": NOISE["first"]}
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {**NOISE, **linked}
    assert all((folder / name).stat().st_mode & 0o100 for name in linked)
