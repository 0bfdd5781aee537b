"""An update by patches over real HTTP: what a server sends, and that whatever it does the right files are there."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from backports import zstd
from serving_house import Ran, Served
from simulators import patched_catalog as house
from simulators.http_server import Behaviour, HttpServer, page
from simulators.patched_catalog import PATCHES

from vsrt_gui.adapters.archives.patches import make_patch
from vsrt_gui.adapters.catalog import INDEX_LIMIT
from vsrt_gui.adapters.prefix.reading import read_index, write_index
from vsrt_gui.engine.session import Session
from vsrt_gui.engine.spans import ranges, to_fetch
from vsrt_gui.model.events import Event, Outcome, PlanReady, Retrying
from vsrt_gui.model.file_index import FileIndex, Patch
from vsrt_gui.model.manifest import LARGEST, Artifact, IndexDocument
from vsrt_gui.model.plan import FileRanges, ModulePlan
from vsrt_gui.model.request import Verb

SIZE = 100_000
CHANGED = ("a.bin", "b.bin", "c.bin")


def noise(seed: str, size: int = SIZE) -> bytes:
    return Random(seed).randbytes(size)


BEFORE = {name: noise(name) for name in ("same.bin", *CHANGED)}
AFTER = {
    "same.bin": BEFORE["same.bin"],
    "a.bin": b"new" + BEFORE["a.bin"],
    "b.bin": BEFORE["b.bin"][:-500],
    "c.bin": BEFORE["c.bin"][:50_000] + b"between" + BEFORE["c.bin"][50_000:],
    "new.bin": noise("new", 3000),
}
FRAMES = house.patches(BEFORE, AFTER)


@dataclass
class Update:
    """A prefix with the version before, and a catalog with the one after.

    Attributes:
        served: runs the program.
        folder: of the new catalog.
    """

    served: Served
    folder: Path
    said: Mapping[str, Patch] = field(default_factory=dict)

    def patch(self, frames: Mapping[str, tuple[bytes, bytes]]) -> "Update":
        self.said = house.add_patches(self.folder, frames)
        return self

    @property
    def published(self) -> tuple[Artifact, FileIndex]:
        return house.published(self.folder)

    @property
    def archive(self) -> str:
        return f"/archives/{Path(self.published[0].url).name}"

    def packed(self, *names: str) -> int:
        """Return the packed bytes of files, and those that are fetched along between them."""
        return to_fetch(ranges(self.published[1].select(frozenset(names))))

    @property
    def patches(self) -> int:
        return sum(patch.length for patch in self.said.values())

    def run(
        self,
        server: HttpServer,
        meanwhile: Callable[[Session, Event], None] = lambda _session, _event: None,
    ) -> ModulePlan:
        """Update, see that every file is right, and return what was planned."""
        ran = self.served.run(f"{server.url}/manifest.json", Verb.UPDATE, meanwhile=meanwhile)
        assert (ran.end.outcome, ran.end.faults) == (Outcome.COMPLETED, ())
        (new,) = self.served.prefix.glob("store/tool-2.0.0-*")
        assert {path.name: path.read_bytes() for path in new.iterdir()} == AFTER
        assert list(self.served.prefix.rglob(".vsrt-*")) == []
        return planned(ran)


def planned(ran: Ran) -> ModulePlan:
    (event,) = [event for event in ran.events if isinstance(event, PlanReady)]
    (work,) = event.plan.work
    return work


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("catalogs")
    return house.catalog(folder / "1", "1.0.0", BEFORE), house.catalog(folder / "2", "2.0.0", AFTER)


@pytest.fixture
def update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogs: tuple[Path, Path]) -> Update:
    served = Served(tmp_path, monkeypatch)
    assert served.run(str(catalogs[0])).end.outcome is Outcome.COMPLETED
    shutil.copytree(catalogs[1], tmp_path / "new")
    return Update(served, tmp_path / "new").patch(FRAMES)


@contextmanager
def serving(update: Update) -> Iterator[HttpServer]:
    with HttpServer(update.folder) as server:
        yield server


def test_what_is_quoted_is_what_is_sent(update: Update) -> None:
    with serving(update) as server:
        work = update.run(server)
        fetched = update.patches + update.packed("new.bin")
        assert work.fetch == FileRanges(to_fetch=fetched, patched=update.patches, requests=2)
        assert (server.sent(PATCHES), len(server.requests(PATCHES))) == (update.patches, 1)
        assert server.sent(update.archive) == update.packed("new.bin")
        assert update.patches < 5000 < update.packed(*CHANGED)


def test_a_copy_of_the_catalog_has_them_too(update: Update) -> None:
    with serving(update) as origin, serving(update) as copy:
        update.served.copies(copy.url)
        update.run(origin)
        assert (copy.sent(PATCHES), origin.sent(PATCHES)) == (update.patches, 0)
        assert origin.sent(update.archive) == 0


def test_copies_of_one_new_file_come_once(update: Update, tmp_path: Path) -> None:
    new = noise("copies")
    after = {**BEFORE, **{f"copy{number}.bin": new for number in range(3)}}
    folder = house.catalog(tmp_path / "copies", "2.0.0", after)
    with HttpServer(folder) as server:
        ran = update.served.run(f"{server.url}/manifest.json", Verb.UPDATE)
        assert (ran.end.outcome, ran.end.faults) == (Outcome.COMPLETED, ())
        artifact, index = house.published(folder)
        packed = to_fetch(ranges(index.select(frozenset({"copy0.bin"}))))
        assert server.sent(f"/archives/{Path(artifact.url).name}") == planned(ran).to_fetch == packed
    (there,) = update.served.prefix.glob("store/tool-2.0.0-*")
    assert {path.name: path.read_bytes() for path in there.iterdir()} == after


class TestFallback:
    def ranged(self, update: Update, behaviour: Behaviour, *names: str) -> HttpServer:
        """Update while patches are served so; these files must come by their ranges."""
        with serving(update) as server:
            server.behave(PATCHES, behaviour)
            update.run(server)
            assert server.sent(update.archive) == update.packed(*names, "new.bin")
        return server

    def test_gone(self, update: Update) -> None:
        assert self.ranged(update, Behaviour(status=404), *CHANGED).sent(PATCHES) == 0

    def test_out_of_order(self, update: Update) -> None:
        self.ranged(update, Behaviour(status=503), *CHANGED)

    def test_a_welcome_page(self, update: Update) -> None:
        self.ranged(update, page(), *CHANGED)

    def test_cut_off_each_time_before_anything_came(self, update: Update) -> None:
        self.ranged(update, Behaviour(cut_after=1), *CHANGED)

    def test_cut_off_each_time_behind_the_first(self, update: Update) -> None:
        first, second, third = (update.said[name].length for name in CHANGED)
        assert second <= first + 1 < third  # so that the third never comes
        server = self.ranged(update, Behaviour(cut_after=first + 1), "c.bin")
        asked = [served.range for served in server.requests(PATCHES)]
        assert asked[0] == f"bytes=0-{update.patches - 1}"
        assert asked[1] == f"bytes={first}-{update.patches - 1}"

    def test_one_that_was_damaged_on_the_way(self, update: Update) -> None:
        patch = update.said["b.bin"]
        self.ranged(update, Behaviour(spoilt=patch.offset + patch.length // 2), "b.bin")

    def test_without_ranges_all_of_them_come_at_once(self, update: Update) -> None:
        assert self.ranged(update, Behaviour(ignore_range=True)).sent(PATCHES) == update.patches

    def test_without_ranges_anywhere_the_archive_comes(self, update: Update) -> None:
        with serving(update) as server:
            server.behave(PATCHES, Behaviour(ignore_range=True))
            server.behave(update.archive, Behaviour(ignore_range=True))
            update.run(server)
            assert server.requests(update.archive)[-1].sent == update.published[0].size

    @pytest.mark.parametrize("how", ["changed", "gone", "cut", "longer"])
    def test_what_it_starts_from_is_spoilt_behind_the_surveys_back(self, update: Update, how: str) -> None:
        (old,) = update.served.prefix.glob("store/tool-1.0.0-*/c.bin")

        def spoil(_session: Session, event: Event) -> None:
            if not isinstance(event, PlanReady):
                return
            match how:
                case "changed":
                    old.write_bytes(b"X" + BEFORE["c.bin"][1:])
                case "gone":
                    old.unlink()
                case "cut":
                    old.write_bytes(BEFORE["c.bin"][:10])
                case _:
                    old.write_bytes(BEFORE["c.bin"] * 2)

        with serving(update) as server:
            update.run(server, spoil)
            assert server.sent(PATCHES) == update.patches
            assert server.sent(update.archive) == update.packed("c.bin", "new.bin")


def bomb() -> bytes:
    """Return a frame that gives the right file, and asks for a window of 2 GiB for it."""
    content = AFTER["a.bin"]
    block = (len(content) << 3 | 1).to_bytes(3, "little")  # a raw block, the last one
    return b"\x28\xb5\x2f\xfd" + b"\x00" + bytes([(31 - 10) << 3]) + block + content


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "of another content": lambda: make_patch(BEFORE["a.bin"] + b"more", AFTER["a.bin"]),
    "gives another content": lambda: make_patch(BEFORE["a.bin"], b"X" + AFTER["a.bin"][1:]),
    "gives far too much": lambda: zstd.compress(bytes(100_000_000), 1),
    "gives too little": lambda: make_patch(BEFORE["a.bin"], AFTER["a.bin"][:-1]),
    "a window of 2 GiB": bomb,
    "two frames": lambda: FRAMES["a.bin"][1] * 2,
    "a frame cut off": lambda: FRAMES["a.bin"][1][:-1],
    "no frame": lambda: b"X" * 100,
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_patch_that_can_not_be_right_costs_its_file_only(update: Update, name: str) -> None:
    frame = HOSTILE[name]()
    files = {path: file for path, file in FRAMES.items() if path != "a.bin"}
    update.patch({"a.bin": (BEFORE["a.bin"], frame), **files})
    assert len(frame) < update.packed("a.bin")  # else it would not even be asked for
    with serving(update) as server:
        update.run(server)
        assert server.sent(update.archive) == update.packed("a.bin", "new.bin")


@dataclass
class Listed:
    """An update to a catalog that has a patch of the file index.

    Attributes:
        update: of a prefix.
        document: what the manifest says of that index.
    """

    update: Update
    document: IndexDocument

    @property
    def whole(self) -> str:
        index = self.update.published[0].index
        assert index
        return f"/indexes/{Path(index.url).name}"

    @property
    def patch(self) -> str:
        return f"/indexes/{Path(self.document.patches[0].url).name}"

    @property
    def kept(self) -> Path:
        """The index that is kept of the version before."""
        (kept,) = (self.update.served.prefix / "index").iterdir()
        return kept

    def say(self, server: HttpServer, patch: Mapping[str, object], **changes: object) -> None:
        """Serve a manifest that says something else of the patch, and of the index before it was packed."""
        manifest = json.loads((self.update.folder / "manifest.json").read_bytes())
        for artifact in manifest["modules"][0]["platformArtifacts"].values():
            document = artifact["index"]["document"] | changes
            artifact["index"]["document"] = document | {"patches": [document["patches"][0] | patch]}
        server.put("/manifest.json", json.dumps(manifest).encode())


def asked(server: HttpServer, path: str) -> int:
    return len(server.requests(path))


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogs: tuple[Path, Path]) -> Listed:
    served = Served(tmp_path, monkeypatch)
    assert served.run(str(catalogs[0])).end.outcome is Outcome.COMPLETED
    update = Update(served, house.catalog(tmp_path / "3", "2.0.0", AFTER, catalogs[0]))
    index = update.published[0].index
    assert index
    assert index.document
    return Listed(update, index.document)


class TestIndex:
    def whole(self, listed: Listed, server: HttpServer) -> None:
        """Update; the patch brings nothing, and the whole index comes at once."""
        said: list[Event] = []
        listed.update.run(server, lambda _session, event: said.append(event))
        assert asked(server, listed.whole) == 1
        assert not any(isinstance(event, Retrying) for event in said)

    def test_it_is_made_of_the_one_before(self, listed: Listed) -> None:
        before = listed.kept
        with serving(listed.update) as server:
            listed.update.run(server)
            assert (asked(server, listed.patch), asked(server, listed.whole)) == (1, 0)
            assert server.sent(listed.patch) == listed.document.patches[0].size
            (kept,) = {*before.parent.iterdir()} - {before}
            artifact, index = listed.update.published
            assert artifact.index
            assert read_index(kept) == index.but(published=artifact.index.sha256)
            listed.update.served.run(f"{server.url}/manifest.json", Verb.REPAIR)
            assert (asked(server, listed.patch), asked(server, listed.whole)) == (1, 0)

    def test_a_copy_of_the_catalog_has_its_patch_too(self, listed: Listed) -> None:
        with serving(listed.update) as origin, serving(listed.update) as copy:
            listed.update.served.copies(copy.url)
            listed.update.run(origin)
            assert (asked(copy, listed.patch), asked(origin, listed.patch)) == (1, 0)
            assert asked(copy, listed.whole) == asked(origin, listed.whole) == 0

    @pytest.mark.parametrize(
        "behaviour",
        [
            Behaviour(status=404),
            Behaviour(status=503),
            Behaviour(cut_header=True),
            Behaviour(cut_after=1),
            Behaviour(spoilt=150),
            page(),
        ],
    )
    def test_the_server_fails(self, listed: Listed, behaviour: Behaviour) -> None:
        with serving(listed.update) as server:
            server.behave(listed.patch, behaviour)
            self.whole(listed, server)
            assert asked(server, listed.patch)

    @pytest.mark.parametrize("how", ["gone", "unreadable", "another", "not the one it was made of"])
    def test_what_it_starts_from_is_not_there(self, listed: Listed, how: str) -> None:
        index = read_index(listed.kept)
        assert index
        with serving(listed.update) as server:
            match how:
                case "gone":
                    listed.kept.unlink()
                case "unreadable":
                    listed.kept.write_bytes(b"X" + listed.kept.read_bytes()[1:])
                case "another":
                    files = tuple(file.but(mtime=file.mtime + 1) for file in index.files)
                    write_index(listed.kept, index.but(files=files))
                case _:
                    listed.say(server, {"base": "0" * 64})
            self.whole(listed, server)
            assert asked(server, listed.patch) == 0

    @pytest.mark.parametrize("frame", HOSTILE)
    def test_a_patch_that_can_not_be_right(self, listed: Listed, frame: str) -> None:
        self.served_as(listed, HOSTILE[frame]())

    @pytest.mark.parametrize(
        "content",
        [b"[]", b"garbage", b'{"format":1,"files":[{"path":"../up","size":0}]}', bytes(100_000_000)],
    )
    def test_a_patch_that_makes_another_one(self, listed: Listed, content: bytes) -> None:
        index = read_index(listed.kept)
        assert index
        self.served_as(listed, make_patch(index.document, content))

    def served_as(self, listed: Listed, frame: bytes) -> None:
        """Update while this is said to be the patch."""
        with serving(listed.update) as server:
            listed.say(server, {"sizeBytes": len(frame)})
            server.put(listed.patch, frame)
            self.whole(listed, server)
            assert asked(server, listed.patch) == 1

    @pytest.mark.parametrize(
        "said", [{"hash": "0" * 64}, {"sizeBytes": 1}, {"sizeBytes": INDEX_LIMIT + 1}, {"sizeBytes": LARGEST}]
    )
    def test_the_manifest_says_something_else_of_it(self, listed: Listed, said: dict[str, object]) -> None:
        with serving(listed.update) as server:
            listed.say(server, {}, **said)
            self.whole(listed, server)

    def test_a_patch_of_too_many_bytes_is_not_even_asked_for(self, listed: Listed) -> None:
        with serving(listed.update) as server:
            listed.say(server, {"sizeBytes": INDEX_LIMIT + 1})
            self.whole(listed, server)
            assert asked(server, listed.patch) == 0
