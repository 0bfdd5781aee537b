"""FolderSource and the dispatcher on a real file system."""

import errno
import io
import os
import random
import sys
from pathlib import Path

import pytest

from vsrt_gui.adapters.folder import FileBody, FolderSource, path_of
from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.adapters.sources import Sources
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError

DATA = random.Random(5).randbytes(700_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "ä stick #1" / "a%20b.zip"
    made.parent.mkdir()
    made.write_bytes(DATA)
    return made


def read(url: str, start: int = 0, end: int | None = None, validator: str | None = None) -> tuple[int, bytes]:
    ask = Ask(url=url, start=start, end=end, validator=validator)
    with FolderSource().open(ask, Stop()) as body:
        assert body.total == len(DATA)
        return body.start, b"".join(body)


def validator_of(url: str) -> str | None:
    with FolderSource().open(Ask(url=url), Stop()) as body:
        return body.validator


def fault_of(url: str) -> tuple[FaultCode, dict[str, object]]:
    with pytest.raises(InstallerError) as caught:
        read(url)
    return caught.value.fault.code, dict(caught.value.fault.facts)


def code_of(url: str) -> FaultCode:
    return fault_of(url)[0]


def test_all_and_parts(file: Path) -> None:
    url = file.as_uri()
    assert read(url) == (0, DATA)
    assert read(url, 600_000) == (600_000, DATA[600_000:])
    assert read(url, 10, 20) == (10, DATA[10:20])
    assert read(url, 10, 10**9) == (10, DATA[10:])
    assert read(url, len(DATA)) == (len(DATA), b"")
    assert read(url, len(DATA) + 1) == (0, DATA)


def test_pieces_are_not_too_large(file: Path) -> None:
    with FolderSource().open(Ask(url=file.as_uri()), Stop()) as body:
        assert [len(piece) for piece in body] == [1 << 18, 1 << 18, len(DATA) - (1 << 19)]


def test_another_file_under_the_name_comes_whole(file: Path) -> None:
    url = file.as_uri()
    validator = validator_of(url)
    assert read(url, 1000, None, validator) == (1000, DATA[1000:])
    os.utime(file, ns=(0, 1))
    assert read(url, 1000, 2000, validator) == (0, DATA)


def test_what_is_not_there(tmp_path: Path, file: Path) -> None:
    nothing = tmp_path / "nothing"
    assert fault_of(nothing.as_uri()) == (FaultCode.FILE_MISSING, {"path": str(nothing)})
    assert fault_of((nothing / "a.zip").as_uri()) == (FaultCode.FOLDER_MISSING, {"path": str(nothing)})
    assert fault_of((file / "below a file").as_uri()) == (FaultCode.FOLDER_MISSING, {"path": str(file)})
    assert fault_of(tmp_path.as_uri()) == (FaultCode.FILE_MISSING, {"path": str(tmp_path)})
    assert fault_of(f"{tmp_path.as_uri()}/%00") == (FaultCode.FILE_MISSING, {"path": f"{tmp_path}/␀"})
    assert code_of("file://%00") is FaultCode.FILE_MISSING
    assert code_of("file:///%00/a.zip") is FaultCode.FOLDER_MISSING


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="needs rights that can be taken away"
)
def test_what_may_not_be_read(file: Path) -> None:
    file.chmod(0)
    code, facts = fault_of(file.as_uri())
    assert (code, facts) == (FaultCode.FILE_UNREADABLE, {"path": str(file), "reason": "Permission denied"})


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENODEV, FaultCode.FOLDER_MISSING),
        (errno.ESTALE, FaultCode.FOLDER_MISSING),
        (errno.EIO, FaultCode.FILE_UNREADABLE),
        (errno.EMFILE, FaultCode.TOO_MANY_OPEN_FILES),
    ],
)
def test_a_stick_that_is_pulled_out_while_it_is_read(file: Path, number: int, code: FaultCode) -> None:
    class Pulled(io.BytesIO):
        def fileno(self) -> int:
            return opened.fileno()

        def read(self, size: int | None = -1) -> bytes:
            raise OSError(number, os.strerror(number), size)

    with file.open("rb") as opened:
        body = FileBody(Pulled(), file, Ask(url=file.as_uri()), Stop())
        with pytest.raises(InstallerError) as caught:
            list(body)
    assert caught.value.fault.code is code


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert code_of((tmp_path / "pipe").as_uri()) is FaultCode.FILE_MISSING


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    assert code_of(f"{tmp_path.as_uri()}/{'a' * 300}") is FaultCode.FILE_UNREADABLE


def test_it_stops(file: Path) -> None:
    stop = Stop()
    with FolderSource().open(Ask(url=file.as_uri()), stop) as body:
        pieces = iter(body)
        next(pieces)
        stop.set()
        with pytest.raises(StoppedError):
            next(pieces)
    with pytest.raises(StoppedError), FolderSource().open(Ask(url=file.as_uri()), stop):
        pytest.fail("it opened")


def test_paths_of_urls() -> None:
    assert path_of("file:///media/usb%20stick/a.zip") == Path("/media/usb stick/a.zip")
    assert path_of("file://localhost/media/a.zip") == Path("/media/a.zip")


def test_the_dispatcher_goes_by_the_scheme(file: Path) -> None:
    sources = Sources(HttpSource(), FolderSource())
    with sources.open(Ask(url=file.as_uri().replace("file:", "FILE:")), Stop()) as body:
        assert b"".join(body) == DATA
    with pytest.raises(InstallerError) as caught:
        sources.open(Ask(url="ftp://files.example/a.zip"), Stop())
    assert caught.value.fault.code is FaultCode.BAD_RESPONSE
    sources.close()
