"""Nothing is lost by `kill -9`: the same command goes on where the killed one was, mid-download and mid-unpack."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from aloud import say
from integration.cli_house import Vsrt
from killing import EARLIEST, LATEST, SENT_TWICE, TRIES, Killed, Scene, Tally, archives
from memory_disk import fast_folder
from simulators.http_server import HttpServer

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there"),
    pytest.mark.timeout(300),
]

ROUNDS = 20
SEGMENTED = 3
EACH = 4_000_000
"""Bytes a second of each answer: one alone would take a quarter of a minute."""
LOST_SECONDS = 1.5
"""Notes are written four times a second; a busy machine is given some time more."""
RATE = 30_000_000
"""Bytes a second: the client reads faster, so that next to nothing waits in the kernel when it is killed."""


@pytest.fixture(scope="module")
def downloads(request: pytest.FixtureRequest) -> Iterator[Tally]:
    tally = Tally("download")
    yield tally
    say(request.config, str(tally))


@pytest.fixture(scope="module")
def several(request: pytest.FixtureRequest) -> Iterator[Tally]:
    tally = Tally("download by several requests")
    yield tally
    say(request.config, str(tally))


@pytest.fixture(scope="module")
def unpacks(request: pytest.FixtureRequest) -> Iterator[Tally]:
    tally = Tally("unpack")
    yield tally
    say(request.config, str(tally))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    with fast_folder(tmp_path) as folder:
        yield folder


@pytest.fixture
def play(
    sample_catalog: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Scene]]:
    """Make scenes, one after the other on one server, each with an empty prefix."""
    monkeypatch.setenv("XDG_STATE_HOME", str(place / "state"))
    prefix = place / "runtime"
    with HttpServer(sample_catalog) as server:

        def scene(rate: float | None, *modules: str, each: float | None = None) -> Scene:
            shutil.rmtree(prefix, ignore_errors=True)
            server.forget()
            server.set_rate(rate)
            server.each = each
            return Scene(
                Vsrt(f"{server.url}/manifest.json", prefix), server, archives(sample_catalog, *modules)
            )

        yield scene


def hit(make: Callable[[], Scene], step: str, seed: int, *, several: bool = False) -> tuple[Scene, Killed]:
    """Kill at a seeded point of a step; when the machine was so busy that it went past, take the next point."""
    chance = Random(f"{step} {seed}")
    for _ in range(TRIES):
        scene = make()
        killed = scene.killed(step, chance.uniform(EARLIEST, LATEST - 0.1))
        if killed is not None and killed.several >= several:
            assert EARLIEST <= killed.part <= LATEST
            return scene, killed
    raise AssertionError(f"never killed in {step} before {LATEST:.0%}")


def check_finished(scene: Scene, killed: Killed) -> None:
    """Look at what the same command made of it: whole, clean, and nothing that was good was touched."""
    after = scene.stamps()
    assert {path: after[path] for path in killed.files} == killed.files
    assert scene.strays() == []
    verified = scene.vsrt.run("verify", "--json")
    found = [event for event in verified.events if event["event"] == "module-found"]
    assert verified.code == 0
    assert {(event["module"], event["drift"], event["wrong"]) for event in found} == {
        (module, "satisfied", 0) for module in scene.archives
    }
    assert (verified.end["outcome"], verified.end["severity"], verified.end["faults"]) == (
        "completed",
        None,
        [],
    )


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_while_it_downloads(seed: int, play: Callable[..., Scene], downloads: Tally) -> None:
    scene, killed = hit(lambda: play(RATE, "nodejs", "ruff"), "download", seed)
    assert killed.staged["nodejs"] >= killed.event["done"] > 0
    assert not any(path.startswith("nodejs-") for path in killed.files)

    ended = scene.again()
    assert (ended.code, ended.end["outcome"]) == (0, "completed")
    for module, archive in scene.archives.items():
        asked, staged = scene.asked(module), killed.staged[module]
        sent = sum(count for _, count in asked)
        assert sent <= archive.size - staged + SENT_TWICE
        left = [f"bytes={staged}-" if staged else None] if staged < archive.size else []
        assert [wanted for wanted, _ in asked] == left
        twice = killed.sent[module] + sent - archive.size
        downloads.again += twice
        downloads.most = max(downloads.most, twice)
    check_finished(scene, killed)
    downloads.points.append(killed.part)
    downloads.kept += sum(killed.staged.values())
    downloads.files += len(killed.files)


@pytest.mark.alone
@pytest.mark.parametrize("seed", range(SEGMENTED))
def test_killed_while_several_requests_bring_one_archive(
    seed: int, play: Callable[..., Scene], several: Tally
) -> None:
    scene, killed = hit(
        lambda: replace(play(None, "nodejs", each=EACH), requests=4), "download", seed, several=True
    )
    archive = scene.archives["nodejs"]
    staged, sent = killed.staged["nodejs"], killed.sent["nodejs"]
    assert sent - staged <= 4 * EACH * LOST_SECONDS + 4 * SENT_TWICE

    scene.server.each = None
    ended = scene.again()
    assert (ended.code, ended.end["outcome"]) == (0, "completed")
    again = sum(count for _, count in scene.asked("nodejs"))
    assert again <= archive.size - staged + SENT_TWICE  # and nothing of what was noted
    check_finished(scene, killed)
    several.points.append(killed.part)
    several.kept += staged
    twice = sent + again - archive.size
    several.again += twice
    several.most = max(several.most, twice)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_while_it_unpacks(seed: int, play: Callable[..., Scene], unpacks: Tally) -> None:
    scene, killed = hit(lambda: play(None, "nodejs"), "unpack", seed)
    assert killed.staged["nodejs"] == scene.archives["nodejs"].size
    assert killed.files

    ended = scene.again()
    assert (ended.code, ended.end["outcome"]) == (0, "completed")
    assert scene.asked("nodejs") == []
    check_finished(scene, killed)
    unpacks.points.append(killed.part)
    unpacks.kept += sum(killed.staged.values())
    unpacks.files += len(killed.files)
