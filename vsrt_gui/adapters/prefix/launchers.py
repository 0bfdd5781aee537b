"""The texts of the start scripts: one for each command of a generation, and the stable one that finds it."""

import os
import re
from shlex import quote

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.launching import Place, command
from vsrt_gui.model.manifest import Target

MARK = "VS Code Runtime launcher"
"""Stands in the second line of every stable launcher: how ours are told from a user's own files."""
SUFFIX = ".cmd" if os.name == "nt" else ""

_STORE = "\0store\0"
_DATA = "\0data\0"
_SPLIT = re.compile("(\0[a-z]+\0)")

_POSIX_LAUNCHER = f"""\
#!/bin/sh
# {MARK}: reads at each start which set of modules is in force.
case $0 in
*/*) self=$0 ;;
*) self=./$0 ;;
esac
while [ -L "$self" ]; do
  link=$(readlink "$self") || exit 127
  case $link in
  /*) self=$link ;;
  *) self=${{self%/*}}/$link ;;
  esac
done
name=${{self##*/}}
root=$(CDPATH= cd -P -- "${{self%/*}}/.." && pwd -P) || exit 127
number=
[ -r "$root/current" ] && read -r number <"$root/current"
script=$root/generations/$number.bin/$name
case $number in
'' | *[!0-9]*) ;;
*) [ -f "$script" ] && exec "$script" "$@" ;;
esac
printf '%s\\n' "The installed VS Code Runtime has no command \\"$name\\"." >&2
exit 127
"""

_POSIX_SCRIPT = """\
#!/bin/sh
case $0 in
/*)
  root=${{0%/*}}
  root=${{root%/*}}
  root=${{root%/*}}
  ;;
*) root=$(CDPATH= cd -P -- "$(dirname -- "$0")/../.." && pwd -P) || exit 127 ;;
esac
{data}exec {words} "$@"
"""

_POSIX_DATA = """\
case ${{XDG_DATA_HOME-}} in
/*) data=$XDG_DATA_HOME/vscode-runtime ;;
*) data=$HOME/{home}/vscode-runtime ;;
esac
"""

_WINDOWS_LAUNCHER = f"""\
@echo off
rem {MARK}: reads at each start which set of modules is in force.
setlocal DisableDelayedExpansion
set "number="
if exist "%~dp0..\\current" set /p "number=" <"%~dp0..\\current"
if not defined number goto missing
if not exist "%~dp0..\\generations\\%number%.bin\\%~n0.cmd" goto missing
"%~dp0..\\generations\\%number%.bin\\%~n0.cmd" %*
:missing
echo The installed VS Code Runtime has no command "%~n0".>&2
exit /b 127
"""

_WINDOWS_SCRIPT = """\
@echo off
setlocal DisableDelayedExpansion
for %%I in ("%~dp0..\\..") do set "root=%%~fI"
set "data=%LOCALAPPDATA%\\vscode-runtime"
{words} %*
"""


def stable_launcher(*, windows: bool) -> bytes:
    """Return the launcher that is the same for every command: it goes by its own name.

    It works through symbolic links to it and in a prefix that was moved, and ends with 127 when the generation in force
    has no such command.
    """
    return _encoded(_WINDOWS_LAUNCHER if windows else _POSIX_LAUNCHER, windows=windows)


def start_script(modules: tuple[Target, ...], name: str, *, system: str) -> bytes:
    """Return the script that starts one command of a generation.

    It finds the store from where it lies itself, and the data folder from who runs it.

    Args:
        modules: the generation's.
        name: the command.
        system: `sys.platform` of the machine that it is for.

    Raises:
        InstallerError: `manifest-invalid` when the command's templates lead nowhere, or no script can hold them.
    """
    argv = command(modules, name, Place(store=_STORE, data=_DATA))
    if system == "win32":
        words = " ".join(_windows_word(name, argument) for argument in argv)
        return _encoded(_WINDOWS_SCRIPT.format(words=words), windows=True)
    words = " ".join(_posix_word(name, argument) for argument in argv)
    home = "Library/Application\\ Support" if system == "darwin" else ".local/share"
    data = _POSIX_DATA.format(home=home) if '"$data"' in words else ""
    return _encoded(_POSIX_SCRIPT.format(words=words, data=data), windows=False)


def is_start_script(content: bytes) -> bool:
    """Tell a generation's start script by how it begins."""
    return any(
        content.startswith(_encoded(begins, windows=windows))
        for begins, windows in (("#!/bin/sh\ncase $0 in\n", False), ("@echo off\nsetlocal Disable", True))
    )


def _encoded(text: str, *, windows: bool) -> bytes:
    return (text.replace("\n", "\r\n") if windows else text).encode()


def _posix_word(name: str, argument: str) -> str:
    pieces = [_posix_piece(name, piece) for piece in _SPLIT.split(argument) if piece]
    return "".join(pieces) or "''"


def _posix_piece(name: str, piece: str) -> str:
    if piece == _STORE:
        return '"$root"/store'
    if piece == _DATA:
        return '"$data"'
    _refuse(name, piece, "\0")
    return quote(piece)


def _windows_word(name: str, argument: str) -> str:
    r"""Quote one argument for cmd and for the program: no quote inside, `%` doubled, `\` doubled at the end."""
    pieces = [piece for piece in _SPLIT.split(argument) if piece]
    before = ("", *pieces)
    word = "".join(_windows_piece(name, piece, last) for last, piece in zip(before, pieces, strict=False))
    trailing = len(word) - len(word.rstrip("\\"))
    return '"' + word + "\\" * trailing + '"'


def _windows_piece(name: str, piece: str, before: str) -> str:
    if piece == _STORE:
        return "%root%\\store"
    if piece == _DATA:
        return "%data%"
    _refuse(name, piece, '\0"\r\n')
    text = piece.replace("%", "%%")
    return text.replace("/", "\\") if before in {_STORE, _DATA} else text


def _refuse(name: str, piece: str, unwanted: str) -> None:
    if any(character in piece for character in unwanted):
        raise InstallerError(
            FaultCode.MANIFEST_INVALID,
            source=name,
            field=f"launch.bin.{name}",
            reason="it holds a character that no start script can pass on",
        )
