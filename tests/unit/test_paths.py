import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import ByteRange, FileIndex, IndexedFile, Packing
from vsrt_gui.model.paths import MAX_MTIME, MAX_PATH_BYTES, Refusal, check_index, path_refusal, printable

EMPTY = sha256().hexdigest()
OTHER = sha256(b"x").hexdigest()


def a_file(path: str) -> IndexedFile:
    return IndexedFile(path=path, size=0, sha256=EMPTY)


def a_link(path: str, target: str) -> IndexedFile:
    return IndexedFile(path=path, size=0, sha256=EMPTY, link=target)


def an_index(*files: IndexedFile) -> FileIndex:
    return FileIndex(files=tuple(sorted(files, key=lambda file: file.path)))


def refused(index: FileIndex) -> InstallerError:
    with pytest.raises(InstallerError) as caught:
        check_index(index, "sample.zip")
    return caught.value


@pytest.mark.parametrize(
    "path",
    [
        "bin/node",
        "lib/node_modules/npm/node_modules/@npmcli/agent/lib/agents.js",
        "[Content_Types].xml",
        "include/node/openssl/archs/linux-x86_64/no-asm/configdata.pm",
        "dist/typeshed-fallback/stubs/pywin32/win32/lib/commctrl.pyi",
        "icons/a b (1) #2 %20 ~$+=,;'!&^`{}.svg",
        ".gitignore",
        "a/...b/..c",
        "console.js",
        "com10/auxiliary/nullable/lpt0",
        "überraschung/日本語/🙂.md",
        "a/.vsrt-x",
        "p" * 255,
        "/".join(["p" * 255, "q" * 255, "r" * 255, ""])[:MAX_PATH_BYTES],
    ],
)
def test_paths_of_real_packages_pass(path: str) -> None:
    assert path_refusal(path.rstrip("/")) is None


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/etc/passwd", Refusal.ABSOLUTE),
        ("C:/Windows/x", Refusal.ABSOLUTE),
        ("c:x", Refusal.ABSOLUTE),
        ("\\\\server\\share", Refusal.ABSOLUTE),
        ("..", Refusal.OUTSIDE),
        ("../x", Refusal.OUTSIDE),
        ("a/../../x", Refusal.OUTSIDE),
        ("a/..", Refusal.OUTSIDE),
        ("a\\..\\b", Refusal.BACKSLASH),
        ("a\\b", Refusal.BACKSLASH),
        ("a\0b", Refusal.CONTROL),
        ("a/\x1b[2Jb", Refusal.CONTROL),
        ("a\nb", Refusal.CONTROL),
        ("a\x7f", Refusal.CONTROL),
        ("a\x85", Refusal.CONTROL),
        ("a\udc80", Refusal.NOT_TEXT),
        (".", Refusal.EMPTY_PART),
        ("./a", Refusal.EMPTY_PART),
        ("a//b", Refusal.EMPTY_PART),
        ("a/", Refusal.EMPTY_PART),
        ("a/./b", Refusal.EMPTY_PART),
        ("CON", Refusal.NOT_PORTABLE),
        ("lib/nul", Refusal.NOT_PORTABLE),
        ("lib/Aux.txt", Refusal.NOT_PORTABLE),
        ("prn.tar.gz/x", Refusal.NOT_PORTABLE),
        ("com1", Refusal.NOT_PORTABLE),
        ("LPT\u00b9.log", Refusal.NOT_PORTABLE),
        ("nul .txt", Refusal.NOT_PORTABLE),
        ("CONIN$", Refusal.NOT_PORTABLE),
        ("lib/a:b", Refusal.NOT_PORTABLE),
        ("what?", Refusal.NOT_PORTABLE),
        ("a|b", Refusal.NOT_PORTABLE),
        ("a/b./c", Refusal.NOT_PORTABLE),
        ("a/b ", Refusal.NOT_PORTABLE),
        ("...", Refusal.NOT_PORTABLE),
        ("p" * 256, Refusal.NAME_TOO_LONG),
        ("é" * 128, Refusal.NAME_TOO_LONG),
        ("a/" * 400 + "b", Refusal.TOO_LONG),
        (".vsrt-1.tmp", Refusal.OURS),
        (".VSRT-x/y", Refusal.OURS),
    ],
)
def test_a_path_that_some_system_refuses_is_refused_on_all(path: str, refusal: Refusal) -> None:
    assert path_refusal(path) is refusal
    if "\udc80" not in path:
        error = refused(an_index(a_file(path)))
        assert error.fault.code is FaultCode.ARCHIVE_UNSAFE
        assert error.fault.facts == {"file": "sample.zip", "member": printable(path), "reason": refusal.value}


@pytest.mark.parametrize(
    ("files", "member", "refusal"),
    [
        ([a_file("a/Readme"), a_file("a/README")], "a/Readme", Refusal.SAME_NAME),
        ([a_file("A/x"), a_file("a/x")], "a/x", Refusal.SAME_NAME),
        ([a_file("caf\u00e9"), a_file("cafe\u0301")], "caf\u00e9", Refusal.SAME_NAME),
        ([a_file("\u017f"), a_file("S")], "\u017f", Refusal.SAME_NAME),
        ([a_file("a"), a_file("a/b")], "a", Refusal.FILE_IS_FOLDER),
        ([a_file("A"), a_file("a/b/c")], "A", Refusal.FILE_IS_FOLDER),
        ([a_link("a", "b"), a_file("a/x")], "a/x", Refusal.THROUGH_LINK),
        ([a_link("A", "b"), a_file("a/x/y")], "a/x/y", Refusal.THROUGH_LINK),
        ([a_link("a", "b"), a_link("a/x", "y")], "a/x", Refusal.THROUGH_LINK),
        ([a_link("a", "b"), a_file("A")], "a", Refusal.SAME_NAME),
        ([a_link("a", "")], "a", Refusal.LINK_EMPTY),
        ([a_link("a", "/etc/passwd")], "a", Refusal.LINK_ABSOLUTE),
        ([a_link("a", "C:x")], "a", Refusal.LINK_ABSOLUTE),
        ([a_link("a", "\\\\server\\x")], "a", Refusal.LINK_ABSOLUTE),
        ([a_link("a", "b\\c")], "a", Refusal.LINK_TARGET),
        ([a_link("a", "b\0c")], "a", Refusal.LINK_TARGET),
        ([a_link("a", "b/nul")], "a", Refusal.LINK_TARGET),
        ([a_link("a", "b/" * 400)], "a", Refusal.LINK_TARGET),
        ([a_link("a", "..")], "a", Refusal.LINK_OUTSIDE),
        ([a_link("b/a", "../../x")], "b/a", Refusal.LINK_OUTSIDE),
        ([a_link("b/a", "c/../../../b/x")], "b/a", Refusal.LINK_OUTSIDE),
        ([a_link("a", "a")], "a", Refusal.LINK_CIRCLE),
        ([a_link("a", "b"), a_link("b", "./A")], "a", Refusal.LINK_CIRCLE),
        ([a_link("deep/in/here", "../.."), a_link("a", "deep/in/here/..")], "a", Refusal.LINK_OUTSIDE),
        ([a_link("d/e/up", "../.."), a_link("z", "D/E/UP/../x")], "z", Refusal.LINK_OUTSIDE),
    ],
)
def test_entries_that_harm_together_are_refused(
    files: list[IndexedFile], member: str, refusal: Refusal
) -> None:
    error = refused(an_index(*files))
    assert error.fault.code is FaultCode.ARCHIVE_UNSAFE
    assert error.fault.facts == {"file": "sample.zip", "member": member, "reason": refusal.value}


@pytest.mark.parametrize(
    "files",
    [
        [],
        [a_file("lib/a"), a_file("Lib/b"), a_file("liba")],
        [a_link("bin/npm", "../lib/node_modules/npm/bin/npm-cli.js"), a_file("lib/x")],
        [a_link("Current", "A"), a_link("Headers", "Current/Headers"), a_file("A/Headers/x.h")],
        [a_link("node_modules/self", "..")],
        [a_link("dangling", "not/there/"), a_link("dot", "./.")],
        [a_link("b/up", ".."), a_link("c", "b/up/b/up/d"), a_file("d")],
    ],
)
def test_entries_of_real_packages_pass(files: list[IndexedFile]) -> None:
    check_index(an_index(*files), "sample.zip")


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        (FileIndex(format=2, files=()), "its format 2 is newer than 1"),
        (FileIndex(files=(a_file("b"), a_file("a"))), "a is not in order"),
        (FileIndex(files=(a_file("a"), a_file("a"))), "a is not in order"),
        (an_index(a_link("a", "b").but(size=1)), "a: a link has no content"),
        (an_index(a_link("a", "b").but(executable=True)), "a: a link has no content"),
        (an_index(a_link("a", "b").but(sha256=OTHER)), "a: a link has no content"),
        (an_index(a_file("a").but(sha256=OTHER)), "a: an empty file has another hash"),
        (an_index(a_file("a").but(mtime=-1)), "a: its time is out of range"),
        (an_index(a_file("a").but(mtime=MAX_MTIME + 1)), "a: its time is out of range"),
        (
            an_index(a_file("a").but(packed=ByteRange(offset=0, length=1, packing=Packing.STORED))),
            "a: its byte range has another length",
        ),
    ],
)
def test_a_list_that_contradicts_itself_is_no_index(index: FileIndex, reason: str) -> None:
    error = refused(index)
    assert error.fault.code is FaultCode.INDEX_INVALID
    assert error.fault.facts == {"file": "sample.zip", "reason": reason}


@pytest.mark.parametrize(("offset", "length"), [(2**62, 10), (2**63 - 1, 2**63 - 1), (91, 10), (101, 0)])
def test_a_range_outside_the_archive_is_none(offset: int, length: int) -> None:
    packed = ByteRange(offset=offset, length=length, packing=Packing.ZSTD)
    index = an_index(a_file("a").but(size=9, sha256=OTHER, packed=packed))
    with pytest.raises(InstallerError) as caught:
        check_index(index, "sample.zip", 100)
    assert caught.value.fault.facts["reason"] == "a: its byte range lies outside the archive"
    inside = packed.but(offset=90, length=10)
    check_index(an_index(a_file("a").but(size=9, sha256=OTHER, packed=inside)), "sample.zip", 100)


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vsrt_gui.model.paths.MAX_FILES", 2)
    check_index(an_index(a_file("a"), a_file("b")), "sample.zip")
    assert refused(an_index(a_file("a"), a_file("b"), a_file("c"))).fault.facts["reason"] == Refusal.TOO_MANY


NAMES = st.sampled_from(["a", "b", "c", "A"])
PLACES = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TARGETS = st.lists(st.one_of(NAMES, st.just(".."), st.just(".")), min_size=1, max_size=6).map("/".join)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(links=st.dictionaries(PLACES, TARGETS, max_size=5), files=st.sets(PLACES, max_size=4))
def test_what_passes_never_leaves_the_folder_on_a_real_file_system(
    tmp_path_factory: pytest.TempPathFactory, links: dict[str, str], files: set[str]
) -> None:
    """The oracle is the system itself: with all links made, no path and no link leads out."""
    entries = [a_link(path, target) for path, target in links.items()]
    entries += [a_file(path) for path in files - links.keys()]
    try:
        check_index(an_index(*entries), "sample.zip")
    except InstallerError:
        return
    root = Path(os.path.realpath(tmp_path_factory.mktemp("root"))) / "module"
    root.mkdir()
    for entry in entries:
        place = root / entry.path
        place.parent.mkdir(parents=True, exist_ok=True)
        if entry.link is None:
            place.touch(exist_ok=False)
        else:
            place.symlink_to(entry.link)
    for entry in entries:
        real = Path(os.path.realpath(root / entry.path))
        assert real == root or root in real.parents
        if entry.link is None:
            assert real == root / entry.path
