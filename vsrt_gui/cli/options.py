"""The options that every command shares, and what they were set to."""

import functools
import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from vsrt_gui.cli.completing import complete_generations, complete_modules

Catalog = Annotated[
    str | None,
    typer.Option(
        "--catalog",
        metavar="URL|DIR",
        help="Where the modules come from: an address, or a folder such as a USB stick. [VSRT_MANIFEST_URL]",
    ),
]


def _folder(text: str) -> Path:
    """Refuse no name at all, which a script's unset variable leaves and which would mean the current folder."""
    if not text.strip():
        raise typer.BadParameter("the folder has no name")
    return Path(text)


Prefix = Annotated[
    Path | None,
    typer.Option(
        "--prefix",
        metavar="DIR",
        parser=_folder,
        help="The folder of the runtime. [VSRT_PREFIX]",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Go on without asking.")]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON object a line instead of words.")]
Modules = Annotated[
    list[str] | None,
    typer.Argument(metavar="MODULES", autocompletion=complete_modules, help="Ids, as `vsrt modules` lists."),
]
To = Annotated[
    int | None,
    typer.Option(
        "--to",
        metavar="N",
        min=1,
        autocompletion=complete_generations,
        help="The version to go back to, as `vsrt status` numbers them.",
    ),
]
Listed = Annotated[bool, typer.Option("--list", help="List the versions that are kept, and change nothing.")]
KeepDownloads = Annotated[
    bool,
    typer.Option(
        "--keep-downloads", help="Keep what was downloaded, so that installing again fetches none of it."
    ),
]
WithData = Annotated[
    bool,
    typer.Option(
        "--with-data",
        help="Also remove your own settings, and extensions that you added. They can't be brought back.",
    ),
]
Stop = Annotated[bool, typer.Option("--stop", help="Stop the editor instead.")]
NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="Open no browser; only say where the editor is.")
]


def _assignments(texts: list[str] | None) -> list[str]:
    """Refuse what is no NAME=VALUE; whether name and value are right is the settings' matter."""
    for text in texts or ():
        if not text.partition("=")[1]:
            raise typer.BadParameter(f"{text} is not of the form NAME=VALUE")
    return texts or []


Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        callback=_assignments,
        help="Use another value for one setting this time; may be repeated. Names: `vsrt config show`.",
    ),
]
LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log-file",
        metavar="FILE",
        parser=_folder,
        help="Write all that is logged into this file, too. [VSRT_LOG_FILE]",
    ),
]
_CHOSEN: ContextVar[Mapping[str, str]] = ContextVar("chosen", default={})  # noqa: B039 -- nobody can change it


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command that takes `--set` and `--log-file`, too; what they were given is in every `Call` that it makes.

    One place for all commands, so that none can be without it.
    """

    @functools.wraps(command)
    def wrapped(
        *args: Any, assignments: list[str] | None = None, log_file: Path | None = None, **options: Any
    ) -> Any:
        pairs = (text.partition("=") for text in assignments or ())
        chosen = {name.strip().lower(): value for name, _, value in pairs}
        token = _CHOSEN.set(chosen if log_file is None else chosen | {"log_file": str(log_file)})
        try:
            return command(*args, **options)
        finally:
            _CHOSEN.reset(token)

    before = inspect.signature(command)
    more = {"assignments": Set, "log_file": LogFile}
    extra = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in more.items()
    ]
    wrapped.__signature__ = before.replace(parameters=[*before.parameters.values(), *extra])  # type: ignore[attr-defined]
    wrapped.__annotations__ = {**command.__annotations__, **more}
    return wrapped


@dataclass(frozen=True)
class Call:
    """How a command was called, apart from what it is to do.

    Attributes:
        catalog: where the modules come from, None for the usual place.
        prefix: the folder of the runtime, None for the usual one.
        yes: whether the user has agreed beforehand.
        as_json: whether to write JSON lines.
        chosen: setting to its value for this call, as it was typed.
    """

    catalog: str | None
    prefix: Path | None
    yes: bool = False
    as_json: bool = False
    chosen: Mapping[str, str] = field(default_factory=_CHOSEN.get)

    @property
    def given(self) -> Mapping[str, object]:
        """What the command line says, by setting."""
        named = {"manifest_url": self.catalog, "prefix": self.prefix}
        return {**self.chosen, **{name: value for name, value in named.items() if value is not None}}
