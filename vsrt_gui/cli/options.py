"""The options that every command shares, and what they were set to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

Catalog = Annotated[
    str | None,
    typer.Option(
        "--catalog",
        metavar="URL|DIR",
        envvar="VSRT_MANIFEST_URL",
        help="Where the modules come from: an address, or a folder such as a USB stick.",
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
        envvar="VSRT_PREFIX",
        help="The folder of the runtime.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Go on without asking.")]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON object a line instead of words.")]
Modules = Annotated[list[str] | None, typer.Argument(metavar="MODULES", help="Ids, as `vsrt modules` lists.")]
To = Annotated[
    int | None,
    typer.Option(
        "--to", metavar="N", min=1, help="The version to go back to, as `vsrt status` numbers them."
    ),
]
KeepDownloads = Annotated[
    bool,
    typer.Option(
        "--keep-downloads", help="Keep what was downloaded, so that installing again fetches none of it."
    ),
]
Stop = Annotated[bool, typer.Option("--stop", help="Stop the editor instead.")]
NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="Open no browser; only say where the editor is.")
]


@dataclass(frozen=True)
class Call:
    """How a command was called, apart from what it is to do.

    Attributes:
        catalog: where the modules come from, None for the usual place.
        prefix: the folder of the runtime, None for the usual one.
        yes: whether the user has agreed beforehand.
        as_json: whether to write JSON lines.
    """

    catalog: str | None
    prefix: Path | None
    yes: bool = False
    as_json: bool = False
