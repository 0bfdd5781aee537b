"""What the operating system says becomes a code and facts."""

import errno
from pathlib import Path

import pytest

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.model.faults import FaultCode, InstallerError


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, FaultCode.DISK_FULL),
        (errno.EDQUOT, FaultCode.DISK_FULL),
        (errno.EACCES, FaultCode.FOLDER_NOT_WRITABLE),
        (errno.EPERM, FaultCode.FOLDER_NOT_WRITABLE),
        (errno.EROFS, FaultCode.FOLDER_NOT_WRITABLE),
        (errno.EMFILE, FaultCode.TOO_MANY_OPEN_FILES),
        (errno.ENFILE, FaultCode.TOO_MANY_OPEN_FILES),
        (errno.ETXTBSY, FaultCode.FILE_IN_USE),
    ],
)
def test_each_error_has_its_code(number: int, code: FaultCode) -> None:
    with pytest.raises(InstallerError) as caught, translating(Path("/x")):
        raise OSError(number, "words")
    assert caught.value.fault.code is code
    who = {"program": ""} if code is FaultCode.FILE_IN_USE else {}
    assert caught.value.fault.facts == {"path": "/x", **who}
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize(
    ("number", "code"),
    [(32, FaultCode.FILE_IN_USE), (33, FaultCode.FILE_IN_USE), (112, FaultCode.DISK_FULL)],
)
def test_windows_own_number_wins(number: int, code: FaultCode) -> None:
    error = OSError(errno.EACCES, "words")
    error.winerror = number  # type: ignore[attr-defined]
    with pytest.raises(InstallerError) as caught, translating("C:\\x"):
        raise error
    assert caught.value.fault.code is code


def test_anything_else_keeps_the_systems_reason() -> None:
    with pytest.raises(InstallerError) as caught, translating("/x"):
        raise OSError(errno.EIO, "Input/output error")
    assert caught.value.fault.code is FaultCode.DISK_ERROR
    assert caught.value.fault.facts == {"path": "/x", "reason": "Input/output error"}


def test_our_own_errors_pass() -> None:
    inner = InstallerError(FaultCode.CANCELLED)
    with pytest.raises(InstallerError) as caught, translating("/x"):
        raise inner
    assert caught.value is inner
