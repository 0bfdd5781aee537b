"""What several files have in common is fetched once: hard links of a tar share their bytes, copies are packed anew."""

from collections.abc import Sequence
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


COPIES = [
    Raw("first", NOISE["first"], mode=0o755),
    Raw("second", NOISE["first"]),
    Raw("third", NOISE["first"], mode=0o755),
    Raw("rest", NOISE["rest"]),
]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    return serving(Served(tmp_path, monkeypatch), ENTRIES)


def serving(found: Served, entries: Sequence[Raw]) -> Served:
    archive = framed_tar_zst(entries)
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


def test_copies_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serving(Served(tmp_path, monkeypatch), COPIES)
    with HttpServer(served.catalog.folder) as server:
        url = f"{server.url}/manifest.json"
        assert served.run(url).end.outcome is Outcome.COMPLETED
        (folder,) = served.prefix.glob("store/*")
        for entry in COPIES[:-1]:
            (folder / entry.name).write_bytes(b"X")
        server.forget()
        ran = served.run(url, Verb.REPAIR)
        assert (ran.end.outcome, ran.end.faults, ran.retries) == (Outcome.COMPLETED, (), [])
        (event,) = [event for event in ran.events if isinstance(event, PlanReady)]
        assert 0 < server.sent("/tool.tar.zst") == event.plan.to_fetch <= 100_100
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        entry.name: entry.content for entry in COPIES
    }
    assert [bool((folder / entry.name).stat().st_mode & 0o100) for entry in COPIES] == [
        True,
        False,
        True,
        False,
    ]
