"""What goes into an archive comes out of it: names, content, modes, times, links, and byte ranges."""

import gzip
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulators.archive_files import (
    COMPRESS,
    TARS,
    WHEN,
    Raw,
    framed_tar_zst,
    hard,
    link,
    our_threads,
    pack,
    shelve,
    tar_bytes,
    zip_bytes,
)

from vsrt_gui.adapters.archives.packing import Link, Packable, write_zip, zip_mtime
from vsrt_gui.adapters.archives.tar_packing import tar_mtime, write_tar_zst
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile, Packing
from vsrt_gui.model.manifest import ArchiveFormat
from vsrt_gui.model.paths import MAX_MTIME, check_index, path_refusal

ALL = tuple(ArchiveFormat)
BIG = bytes(range(256)) * 4500
ENTRIES = [
    Raw("top", kind=tarfile.DIRTYPE, mode=0o755),
    Raw("top/bin/tool", b"#!/bin/sh\n", mode=0o755),
    Raw("top/bin/alias", kind=tarfile.SYMTYPE, link="tool"),
    Raw("top/lib/big", BIG),
    Raw("top/lib/empty"),
    Raw("top/" + "long-" * 30 + "/\u00fcber", b"a name that needs an extended header"),
    Raw("other/readme", b"not for the module"),
]


def by_path(files: Iterable[IndexedFile]) -> dict[str, IndexedFile]:
    return {file.path: file for file in files}


@pytest.mark.parametrize("form", ALL)
def test_every_format_comes_out_as_it_went_in(tmp_path: Path, form: ArchiveFormat) -> None:
    shelf = shelve(tmp_path, form, pack(form, ENTRIES))
    files = by_path(shelf.index().files)
    assert sorted(files) == sorted(entry.name for entry in ENTRIES[1:])
    for entry in ENTRIES[1:]:
        file = files[entry.name]
        assert file.size == len(entry.content)
        assert file.sha256 == sha256(entry.content).hexdigest()
        assert file.executable is (entry.mode == 0o755)
        assert file.mtime == WHEN
        assert file.link == (entry.link or None)
    assert shelf.all_contents() == {entry.name: entry.content for entry in ENTRIES[1:] if not entry.link}
    assert not our_threads()


@pytest.mark.parametrize("form", ALL)
def test_ticks_add_up_to_the_archive(tmp_path: Path, form: ArchiveFormat) -> None:
    shelf = shelve(tmp_path, form, pack(form, ENTRIES))
    shelf.index()
    total = shelf.path.stat().st_size
    if form is ArchiveFormat.ZIP:
        with zipfile.ZipFile(shelf.path) as archive:
            total = sum(info.compress_size for info in archive.infolist() if info.filename != "top")
    assert sum(shelf.ticks) == total


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize(
    ("components", "prefix", "expected"),
    [
        (1, None, ["bin/alias", "bin/tool", "lib/big", "lib/empty", "readme"]),
        (2, None, ["alias", "big", "empty", "tool", "\u00fcber"]),
        (0, "top/bin", ["alias", "tool"]),
        (0, "./top//bin/", ["alias", "tool"]),
        (1, "top", ["alias", "big", "empty", "tool", "\u00fcber"]),
        (0, "other", ["readme"]),
    ],
)
def test_what_stripping_leaves(
    tmp_path: Path, form: ArchiveFormat, components: int, prefix: str | None, expected: list[str]
) -> None:
    shelf = shelve(tmp_path, form, pack(form, ENTRIES), components, prefix)
    paths = [file.path for file in shelf.index().files if "long-" not in file.path]
    assert paths == expected
    contents = shelf.all_contents()
    if "bin/tool" in contents or "tool" in contents:
        assert contents.get("bin/tool", contents.get("tool")) == b"#!/bin/sh\n"


@pytest.mark.parametrize("form", ALL)
def test_a_few_files_are_enough(tmp_path: Path, form: ArchiveFormat) -> None:
    shelf = shelve(tmp_path, form, pack(form, ENTRIES))
    wanted = frozenset({"top/lib/big", "top/lib/empty"})
    assert shelf.contents(shelf.index().select(wanted)) == {"top/lib/big": BIG, "top/lib/empty": b""}
    assert shelf.contents(()) == {}


@pytest.mark.parametrize("form", TARS)
def test_dotted_names_of_tar_are_the_plain_ones(tmp_path: Path, form: ArchiveFormat) -> None:
    """`tar c .` writes `./` before every name."""
    entries = [Raw("./", kind=tarfile.DIRTYPE), Raw("./bin/tool", b"x"), Raw("././lib//a", b"y")]
    shelf = shelve(tmp_path, form, COMPRESS[form](tar_bytes(entries)))
    assert shelf.all_contents() == {"bin/tool": b"x", "lib/a": b"y"}


@pytest.mark.parametrize("header_format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_hard_links_become_copies(tmp_path: Path, header_format: int) -> None:
    entries = [
        Raw("p/tool", BIG * 9, mode=0o755, mtime=77),
        hard("p/one", "p/tool"),
        hard("p/two", "./p/one"),
        Raw("out/side", b"left out by stripping"),
        hard("p/three", "out/side"),
        link("p/soft", "tool"),
        hard("p/soft-too", "p/soft"),
        Raw("p/last", b"last"),
    ]
    data = gzip.compress(tar_bytes(entries, header_format), 1)
    shelf = shelve(tmp_path, ArchiveFormat.TAR_GZ, data, prefix="p")
    files = by_path(shelf.index().files)
    assert files["one"] == files["tool"].but(path="one")
    assert (files["two"].executable, files["two"].mtime) == (True, 77)
    assert (files["soft"].link, files["soft-too"].link) == ("tool", "tool")
    contents = shelf.all_contents()
    assert contents.pop("tool") == contents.pop("one") == contents.pop("two") == BIG * 9
    assert contents == {"three": b"left out by stripping", "last": b"last"}
    assert shelf.contents([files["two"]]) == {"two": BIG * 9}


@pytest.mark.parametrize("form", ALL)
def test_an_entry_that_stands_in_it_twice_the_same_is_one(tmp_path: Path, form: ArchiveFormat) -> None:
    entries = [Raw("a", b"x"), Raw("b", b"y"), Raw("a", b"x", mtime=WHEN + 10)]
    shelf = shelve(tmp_path, form, pack(form, entries))
    assert len(shelf.index().files) == 2
    assert shelf.all_contents() == {"a": b"x", "b": b"y"}


@pytest.mark.parametrize(
    ("form", "data", "packings"),
    [
        (ArchiveFormat.ZIP, zip_bytes(ENTRIES), {Packing.DEFLATE}),
        (ArchiveFormat.ZIP, zip_bytes(ENTRIES, zipfile.ZIP_STORED), {Packing.STORED}),
        (ArchiveFormat.TAR_ZST, framed_tar_zst(ENTRIES), {Packing.ZSTD, Packing.STORED}),
    ],
)
def test_a_range_gives_the_file_alone(
    tmp_path: Path, form: ArchiveFormat, data: bytes, packings: set[Packing]
) -> None:
    shelf = shelve(tmp_path, form, data)
    index = shelf.index()
    assert index.ranged
    found = set()
    for file in index.files:
        if file.packed is None:
            assert file.link is not None
            continue
        found.add(file.packed.packing)
        packed = data[file.packed.offset :][: file.packed.length]
        pieces = [packed[at : at + 1000] for at in range(0, len(packed), 1000)]
        content = list(shelf.library.inflate(file, pieces))
        assert sha256(b"".join(content)).hexdigest() == file.sha256
        assert all(len(piece) <= 1 << 20 for piece in content)
    assert found == packings


@pytest.mark.parametrize("form", [form for form in TARS if form is not ArchiveFormat.TAR])
def test_an_ordinary_tar_has_no_ranges(tmp_path: Path, form: ArchiveFormat) -> None:
    index = shelve(tmp_path, form, pack(form, ENTRIES)).index()
    assert not index.ranged
    assert not any(file.packed for file in index.files if file.size)


def test_the_ranges_of_a_bare_tar_are_its_content(tmp_path: Path) -> None:
    shelf = shelve(tmp_path, ArchiveFormat.TAR, pack(ArchiveFormat.TAR, ENTRIES))
    data = shelf.path.read_bytes()
    files = [file for file in shelf.index().files if file.link is None]
    assert shelf.index().ranged
    for file in files:
        assert file.packed is not None
        content = data[file.packed.offset : file.packed.offset + file.packed.length]
        assert sha256(content).hexdigest() == file.sha256


def test_a_zip_with_something_before_it_has_right_ranges(tmp_path: Path) -> None:
    data = b"#!/usr/bin/env python3\n" + zip_bytes(ENTRIES)
    shelf = shelve(tmp_path, ArchiveFormat.ZIP, data)
    for file in shelf.index().files:
        if file.packed:
            packed = data[file.packed.offset :][: file.packed.length]
            assert sha256(b"".join(shelf.library.inflate(file, [packed]))).hexdigest() == file.sha256


def test_a_zip_with_a_comment_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "commented.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"x")
        archive.comment = b"made by hand"
    assert shelve(tmp_path, ArchiveFormat.ZIP, path.read_bytes()).all_contents() == {"a": b"x"}


def test_a_zip_that_names_no_month_has_the_first_day(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a", (1980, 0, 0, 0, 0, 0))
    path = tmp_path / "monthless.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, b"x")
    assert shelve(tmp_path, ArchiveFormat.ZIP, path.read_bytes()).index().files[0].mtime == 315_532_800


@pytest.mark.parametrize(("stamp", "kept"), [(-5, 0), (2**40, MAX_MTIME), (499_162_500, 499_162_500)])
def test_times_stay_within_what_file_systems_keep(tmp_path: Path, stamp: int, kept: int) -> None:
    shelf = shelve(tmp_path, ArchiveFormat.TAR_GZ, gzip.compress(tar_bytes([Raw("a", b"x", mtime=stamp)])))
    assert shelf.index().files[0].mtime == kept


REFUSED = '/\\:*?"<>|'
"""Most of what no path may hold; without it few names are drawn in vain."""
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters=REFUSED)
NAME = st.text(LETTERS, min_size=1, max_size=12)
PATH = st.lists(NAME, min_size=1, max_size=3).map("/".join).filter(lambda path: path_refusal(path) is None)
FILE = st.builds(
    Packable,
    path=PATH,
    content=st.binary(max_size=200) | st.binary(min_size=1, max_size=9).map(lambda seed: seed * 40_000),
    executable=st.booleans(),
    mtime=st.integers(-(2**33), 2**34),
)
LINK = st.builds(Packable, path=PATH, content=PATH.map(Link), mtime=st.integers(0, 2**31))


def fit_together(entries: list[Packable]) -> bool:
    """Tell whether no entry is another's folder or the like, by the rules for any index."""
    files = [
        IndexedFile(
            path=entry.path,
            size=0,
            sha256=sha256().hexdigest(),
            link=entry.content.target if isinstance(entry.content, Link) else None,
        )
        for entry in entries
    ]
    try:
        check_index(FileIndex(files=tuple(sorted(files, key=lambda file: file.path))), "made.zip")
    except InstallerError:
        return False
    return True


def fitting(entries: list[Packable]) -> list[Packable]:
    """Leave out what does not fit to those before it."""
    kept: list[Packable] = []
    for entry in entries:
        if all(entry.path != other.path for other in kept) and fit_together([*kept, entry]):
            kept.append(entry)
    return kept


WRITERS = [
    (ArchiveFormat.ZIP, write_zip, zip_mtime),
    (ArchiveFormat.TAR_ZST, write_tar_zst, tar_mtime),
]


@pytest.mark.parametrize(("form", "write", "kept"), WRITERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(FILE | LINK, min_size=1, max_size=8).map(fitting).filter(bool))
def test_what_is_written_reads_back_the_same(
    tmp_path: Path,
    form: ArchiveFormat,
    write: Callable[..., None],
    kept: Callable[[int], int],
    entries: list[Packable],
) -> None:
    out = tmp_path / "made"
    write(entries, out, level=1)
    shelf = shelve(tmp_path, form, out.read_bytes())
    index = shelf.index()
    assert index.ranged
    files = by_path(index.files)
    assert [file.path for file in index.files] == sorted(entry.path for entry in entries)
    for entry in entries:
        file = files[entry.path]
        assert file.mtime == kept(entry.mtime)
        if isinstance(entry.content, Link):
            assert (file.link, file.executable) == (entry.content.target, False)
        else:
            assert file.executable is entry.executable
    contents = {entry.path: entry.content for entry in entries if isinstance(entry.content, bytes)}
    assert shelf.all_contents() == contents
    unplaced = [file.but(packed=None) for file in index.files if file.link is None]
    assert shelf.contents(unplaced) == contents


def test_the_same_entries_give_the_same_zip(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(BIG)
    entries = [
        Packable("b", source, executable=True, mtime=WHEN + 1),
        Packable("a", b"text"),
        Packable("c/d", Link("../a")),
        Packable("empty", b""),
    ]
    write_zip(entries, tmp_path / "one.zip")
    source.touch()
    (tmp_path / "two.zip").write_bytes(b"what was there before is replaced")
    write_zip(reversed(entries), tmp_path / "two.zip")
    data = (tmp_path / "one.zip").read_bytes()
    assert data == (tmp_path / "two.zip").read_bytes()
    index = shelve(tmp_path, ArchiveFormat.ZIP, data).index()
    check_index(index, "one.zip")
    assert [(f.path, f.size, f.mtime, f.executable, f.link) for f in index.files] == [
        ("a", 4, 315_532_800, False, None),
        ("b", len(BIG), WHEN, True, None),
        ("c/d", 0, 315_532_800, False, "../a"),
        ("empty", 0, 315_532_800, False, None),
    ]
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        assert archive.getinfo("empty").compress_size == 0


def test_a_zip_of_what_is_not_there_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(InstallerError) as caught:
        write_zip([Packable("a", tmp_path / "gone")], tmp_path / "out.zip")
    assert caught.value.fault.facts["path"] == str(tmp_path / "gone")
    with pytest.raises(InstallerError) as caught:
        write_zip([Packable("a", b"x")], tmp_path / "gone" / "out.zip")
    assert caught.value.fault.facts["path"] == str(tmp_path / "gone" / "out.zip")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_a_zip_that_finds_no_room_says_so() -> None:
    with pytest.raises(InstallerError) as caught:
        write_zip([Packable("a", BIG)], Path("/dev/full"))
    assert caught.value.fault == Fault(code=FaultCode.DISK_FULL, facts={"path": "/dev/full"})
