"""Archives with entries that could do harm: refused by every way in, before a byte is handed on."""

import os
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from simulators.archive_files import (
    COMPRESS,
    SOCKET,
    TARS,
    Raw,
    artifact,
    hard,
    link,
    our_threads,
    pack,
    shelve,
    tar_bytes,
)

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.manifest import ArchiveFormat
from vsrt_gui.model.paths import Refusal

GOOD = Raw("bin/good", b"good")
ALL = tuple(ArchiveFormat)

EVIL = [
    ([Raw("../evil", b"x")], "../evil", Refusal.OUTSIDE),
    ([Raw("a/../../evil", b"x")], "a/../../evil", Refusal.OUTSIDE),
    ([Raw("/tmp/evil", b"x")], "/tmp/evil", Refusal.ABSOLUTE),
    ([Raw("C:/evil", b"x")], "C:/evil", Refusal.ABSOLUTE),
    ([Raw("c:evil", b"x")], "c:evil", Refusal.ABSOLUTE),
    ([Raw("..\\evil", b"x")], "..\\evil", Refusal.BACKSLASH),
    ([Raw("a\\evil", b"x")], "a\\evil", Refusal.BACKSLASH),
    ([Raw("a\nb", b"x")], "a\\nb", Refusal.CONTROL),
    ([Raw("a/x:y", b"x")], "a/x:y", Refusal.NOT_PORTABLE),
    ([Raw("CON", b"x")], "CON", Refusal.NOT_PORTABLE),
    ([Raw("a/nul.txt", b"x")], "a/nul.txt", Refusal.NOT_PORTABLE),
    ([Raw("a/dot.", b"x")], "a/dot.", Refusal.NOT_PORTABLE),
    ([Raw("a/space ", b"x")], "a/space ", Refusal.NOT_PORTABLE),
    ([Raw("p" * 256, b"x")], "p" * 200, Refusal.NAME_TOO_LONG),
    ([Raw("a/" * 400 + "b", b"x")], "a/" * 100, Refusal.TOO_LONG),
    ([Raw(".vsrt-tmp", b"x")], ".vsrt-tmp", Refusal.OURS),
    ([Raw("a/Name", b"x"), Raw("a/name", b"x")], "a/name", Refusal.SAME_NAME),
    ([Raw("caf\u00e9", b"x"), Raw("cafe\u0301", b"x")], "caf\u00e9", Refusal.SAME_NAME),
    ([Raw("a", b"x"), Raw("a", b"y")], "a", Refusal.SAME_NAME),
    ([Raw("a", b"x"), Raw("a", b"x", mode=0o755)], "a", Refusal.SAME_NAME),
    ([Raw("a", b"x"), link("a", "b")], "a", Refusal.SAME_NAME),
    ([Raw("a", b"x"), Raw("a/b", b"x")], "a", Refusal.FILE_IS_FOLDER),
    ([link("a", "/etc/passwd")], "a", Refusal.LINK_ABSOLUTE),
    ([link("a", "C:x")], "a", Refusal.LINK_ABSOLUTE),
    ([link("a", "../evil")], "a", Refusal.LINK_OUTSIDE),
    ([link("d/a", "../../evil")], "d/a", Refusal.LINK_OUTSIDE),
    ([link("a/b/up", "../.."), link("c", "a/b/up/../evil")], "c", Refusal.LINK_OUTSIDE),
    ([link("a", "b"), Raw("a/evil", b"x")], "a/evil", Refusal.THROUGH_LINK),
    ([link("LIB", "b"), Raw("lib/evil", b"x")], "lib/evil", Refusal.THROUGH_LINK),
    ([link("a", "a")], "a", Refusal.LINK_CIRCLE),
    ([Raw("null", kind=tarfile.CHRTYPE)], "null", Refusal.KIND),
    ([Raw("disk", kind=tarfile.BLKTYPE)], "disk", Refusal.KIND),
    ([Raw("pipe", kind=tarfile.FIFOTYPE)], "pipe", Refusal.KIND),
]


def fault_of_index(folder: Path, form: ArchiveFormat, data: bytes) -> Fault:
    shelf = shelve(folder, form, data)
    with pytest.raises(InstallerError) as caught:
        shelf.index()
    assert not our_threads()
    return caught.value.fault


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize(("entries", "member", "refusal"), EVIL)
def test_evil_entries_are_refused(
    tmp_path: Path, form: ArchiveFormat, entries: list[Raw], member: str, refusal: Refusal
) -> None:
    fault = fault_of_index(tmp_path, form, pack(form, [GOOD, *entries]))
    assert fault.code is FaultCode.ARCHIVE_UNSAFE
    assert fault.facts == {"file": f"sample.{form}", "member": member, "reason": refusal.value}


@pytest.mark.parametrize(
    ("form", "entries", "member", "refusal"),
    [
        (ArchiveFormat.ZIP, [Raw("a\0b", b"x")], "a\\x00b", Refusal.CONTROL),
        (ArchiveFormat.ZIP, [Raw("socket", kind=SOCKET)], "socket", Refusal.KIND),
        (ArchiveFormat.TAR_GZ, [Raw("odd", kind=b"V")], "odd", Refusal.KIND),
        (ArchiveFormat.TAR_GZ, [Raw(".", b"x")], ".", Refusal.EMPTY_PART),
        (ArchiveFormat.TAR_GZ, [Raw("a\udc80", b"x")], "a\\udc80", Refusal.NOT_TEXT),
        (ArchiveFormat.TAR_GZ, [link("a", "b\udc80")], "a", Refusal.LINK_TARGET),
        (ArchiveFormat.TAR_GZ, [hard("a", "/etc/passwd")], "/etc/passwd", Refusal.ABSOLUTE),
        (ArchiveFormat.TAR_GZ, [hard("a", "../evil")], "../evil", Refusal.OUTSIDE),
        (
            ArchiveFormat.TAR_GZ,
            [link("l", "b"), hard("x/l", "l"), Raw("x/l/e")],
            "x/l/e",
            Refusal.THROUGH_LINK,
        ),
        (ArchiveFormat.TAR_GZ, [link("d/l", "../b"), hard("l", "d/l")], "l", Refusal.LINK_OUTSIDE),
    ],
)
def test_evil_entries_that_only_one_format_holds(
    tmp_path: Path, form: ArchiveFormat, entries: list[Raw], member: str, refusal: Refusal
) -> None:
    fault = fault_of_index(tmp_path, form, pack(form, [GOOD, *entries]))
    assert fault.code is FaultCode.ARCHIVE_UNSAFE
    assert fault.facts == {"file": f"sample.{form}", "member": member, "reason": refusal.value}


@pytest.mark.parametrize("form", TARS)
@pytest.mark.parametrize("header_format", [tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_other_header_formats_hide_nothing(tmp_path: Path, form: ArchiveFormat, header_format: int) -> None:
    data = COMPRESS[form](tar_bytes([GOOD, Raw("d/../../evil", b"x")], header_format))
    fault = fault_of_index(tmp_path, form, data)
    assert fault.facts["reason"] == Refusal.OUTSIDE


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize("name", ["../x/evil", "/x/evil", "x\\..\\evil"])
def test_stripping_makes_no_evil_name_good(tmp_path: Path, form: ArchiveFormat, name: str) -> None:
    shelf = shelve(tmp_path, form, pack(form, [Raw("x/good", b""), Raw(name, b"x")]), 1)
    with pytest.raises(InstallerError) as caught:
        shelf.index()
    assert caught.value.fault.code is FaultCode.ARCHIVE_UNSAFE


@pytest.mark.parametrize("form", ALL)
def test_a_link_that_stripping_puts_at_the_edge_is_judged_where_it_ends_up(
    tmp_path: Path, form: ArchiveFormat
) -> None:
    entries = [Raw("top/x", b"x"), link("top/a", "../x")]
    assert shelve(tmp_path, form, pack(form, entries)).index().files[0].link == "../x"
    with pytest.raises(InstallerError) as caught:
        shelve(tmp_path, form, pack(form, entries), 1).index()
    assert caught.value.fault.facts["reason"] == Refusal.LINK_OUTSIDE


@pytest.mark.parametrize("form", ALL)
def test_unpacking_by_a_published_index_writes_nothing_that_it_does_not_name(
    tmp_path: Path, form: ArchiveFormat
) -> None:
    """The index is the allow-list: an evil entry beside it either stops the unpacking or is passed over."""
    honest = shelve(tmp_path, form, pack(form, [GOOD])).index()
    written: list[str] = []

    def put(file: IndexedFile, pieces: Iterable[bytes]) -> None:
        written.append(file.path + "=" + b"".join(pieces).decode())

    for entries, _, _ in EVIL:
        evil = shelve(tmp_path, form, pack(form, [GOOD, *entries]))
        try:
            ArchiveLibrary().unpack(evil.path, evil.artifact, honest.files, put, Stop())
        except InstallerError as exc:
            assert exc.fault.code is FaultCode.ARCHIVE_UNSAFE  # noqa: PT017 -- both ends are right
    assert set(written) == {"bin/good=good"}


@pytest.mark.parametrize("form", ALL)
def test_a_name_that_leaves_the_folder_can_not_be_asked_for(tmp_path: Path, form: ArchiveFormat) -> None:
    shelf = shelve(tmp_path, form, pack(form, [Raw("../evil", b"x")]))
    asked = IndexedFile(path="../evil", size=1, sha256="0" * 64)
    with pytest.raises(InstallerError) as caught:
        shelf.contents([asked])
    assert caught.value.fault.code is FaultCode.ARCHIVE_UNSAFE


@pytest.mark.parametrize("form", ALL)
def test_a_link_is_never_unpacked_as_content(tmp_path: Path, form: ArchiveFormat) -> None:
    shelf = shelve(tmp_path, form, pack(form, [GOOD, link("a", "bin/good")]))
    with pytest.raises(InstallerError) as caught:
        shelf.contents([IndexedFile(path="a", size=8, sha256="0" * 64)])
    assert caught.value.fault.code is FaultCode.ARCHIVE_DAMAGED


def test_too_many_entries_are_refused_while_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vsrt_gui.adapters.archives.listing.MAX_FILES", 3)
    for form in ALL:
        fault = fault_of_index(tmp_path, form, pack(form, [Raw(f"f{n}", b"x") for n in range(4)]))
        assert fault.facts["reason"] == Refusal.TOO_MANY


def test_an_archive_that_is_not_there_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    for form in ALL:
        with pytest.raises(InstallerError) as caught:
            ArchiveLibrary().index(tmp_path / "gone", artifact(form), lambda _: None, Stop())
        assert caught.value.fault.code is FaultCode.DISK_ERROR
        assert caught.value.fault.facts == {
            "path": str(tmp_path / "gone"),
            "reason": os.strerror(2),
        }


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_an_archive_for_which_no_file_can_be_opened_is_no_fault_of_the_disk(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 -- not on Windows

    shelf = shelve(tmp_path, ArchiveFormat.ZIP, pack(ArchiveFormat.ZIP, [GOOD]))
    shelf.index()
    free, limits = os.dup(0), resource.getrlimit(resource.RLIMIT_NOFILE)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
    try:
        with pytest.raises(InstallerError) as caught:
            shelf.index()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert caught.value.fault == Fault(code=FaultCode.TOO_MANY_OPEN_FILES, facts={"path": str(shelf.path)})


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux's unreadable file")
def test_an_archive_that_the_disk_does_not_give_back_is_a_fault_of_the_disk() -> None:
    with pytest.raises(InstallerError) as caught:
        ArchiveLibrary().index(Path("/proc/self/mem"), artifact(ArchiveFormat.TAR_GZ), lambda _: None, Stop())
    assert caught.value.fault.facts == {"path": "/proc/self/mem", "reason": os.strerror(5)}


def test_an_index_of_nothing_is_no_index(tmp_path: Path) -> None:
    for form in ALL:
        shelf = shelve(tmp_path, form, pack(form, [GOOD]), prefix="other")
        with pytest.raises(InstallerError) as caught:
            shelf.index()
        assert caught.value.fault.facts["reason"] == "it holds no file for this module"
    assert isinstance(shelve(tmp_path, form, pack(form, [GOOD]), prefix="bin").index(), FileIndex)
