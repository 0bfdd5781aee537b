"""The release engineer's commands: `vsrt publish build`, `check` and `serve`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from platformdirs import user_cache_path

from vsrt_gui.model.manifest import Manifest, Platform
from vsrt_gui.publish.serve import CatalogServer, Served
from vsrt_gui.runbook.quantities import counted, size

# What builds and checks is imported where it is used: every start of the program passes through here.

FOUND_WRONG = 1
"""The exit code of a check that found something."""
ALL = "all"

app = typer.Typer(name="publish", help="Make, check and serve a catalog of modules.", no_args_is_help=True)


Json = Annotated[bool, typer.Option("--json", help="Write one JSON object a line instead of words.")]


class _Telling:
    """Says what goes on: in words, or as the JSON lines that every command of the program writes."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def step(self, text: str) -> None:
        """Say a step of the work."""
        self.say("publish-step", text, text=text)

    def say(self, event: str, words: str, *, err: bool = False, **facts: Any) -> None:
        """Say one thing: the words to people, the facts to programs."""
        if self._as_json:
            typer.echo(json.dumps({"event": event, **facts}, separators=(",", ":")))
        else:
            typer.echo(words, err=err)

    def end(self) -> None:
        """Say that the work is done; what stops it is said by who called the command."""
        if self._as_json:
            self.say("run-finished", "", outcome="completed", severity=None, faults=[])


def _platforms(names: list[str] | None) -> tuple[Platform, ...] | None:
    """Read the platforms that were asked for; None for this machine's."""
    if not names:
        return None
    if ALL in names:
        return tuple(Platform)
    try:
        return tuple(dict.fromkeys(Platform(name) for name in names))
    except ValueError as error:
        known = ", ".join((*Platform, ALL))
        raise typer.BadParameter(f"must be one of {known}") from error


Patches = Annotated[
    int | None,
    typer.Option(
        "--patches", metavar="N", min=0, help="Earlier versions that patches are made from. Default: 2."
    ),
]
Previous = Annotated[
    list[Path] | None,
    typer.Option(
        "--previous",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="A catalog with earlier versions, besides what this one offered; may be given again.",
    ),
]
Platforms = Annotated[
    list[str] | None,
    typer.Option(
        "--platform", metavar="NAME", help="Build for it; may be given again; `all`. Default: this one's."
    ),
]


@app.command("build")
def build_command(  # noqa: PLR0913, PLR0917 -- one for each option
    sources: Annotated[
        Path, typer.Argument(metavar="SOURCES.toml", help="Which packages become which modules.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The catalog's folder.")],
    cache: Annotated[
        Path | None, typer.Option("--cache", metavar="DIR", help="Keeps what was fetched and packed.")
    ] = None,
    platform: Platforms = None,
    patches: Patches = None,
    previous: Previous = None,
    *,
    as_json: Json = False,
) -> None:
    """Build a catalog from real packages; nothing is fetched or packed twice."""
    from vsrt_gui.publish.build import Wanted, build_wanted  # noqa: PLC0415
    from vsrt_gui.publish.lineage import Past  # noqa: PLC0415
    from vsrt_gui.publish.shelf import Shelf  # noqa: PLC0415

    tell = _Telling(as_json=as_json)
    catalogs = tuple(previous or ())
    past = Past(catalogs=catalogs) if patches is None else Past(patches, catalogs)
    kept = cache or user_cache_path("vscode-runtime", appauthor=False) / "publish"
    manifest = build_wanted(sources, out, Shelf(kept, tell.step), Wanted(_platforms(platform), past))
    _tell_published(tell, out, manifest)


def _tell_published(tell: _Telling, out: Path, manifest: Manifest) -> None:
    """Say what lies in a catalog now."""
    artifacts = [artifact for each in manifest.modules for artifact in each.artifacts.values()]
    archives = {artifact.url: artifact.size or 0 for artifact in artifacts}
    patched = {each.patches.url: each.patches.size for each in artifacts if each.patches}
    total, more = sum(archives.values()), sum(patched.values())
    ids = [module.id for module in manifest.modules]
    words = f"{out}: {counted(len(ids), 'module')}, {counted(len(archives), 'archive')}, {size(total)}"
    if patched:
        words += f", and {size(more)} of patches"
    tell.say("published", words, out=str(out), modules=ids, archives=len(archives), bytes=total, patches=more)
    tell.end()


@app.command("check")
def check_command(
    catalog: Annotated[str, typer.Argument(metavar="DIR|URL", help="The catalog's folder or address.")],
    previous: Previous = None,
    *,
    as_json: Json = False,
) -> None:
    """Read every byte of a catalog and name all that is wrong with it."""
    from vsrt_gui.publish.check import check  # noqa: PLC0415

    tell = _Telling(as_json=as_json)
    findings = check(catalog, tell.step, previous or ())
    for finding in findings:
        tell.say("catalog-finding", str(finding), err=True, **finding.model_dump(mode="json"))
    if findings:
        tell.end()
        raise typer.Exit(FOUND_WRONG)
    tell.say("catalog-checked", "Every file is there and right.", catalog=catalog)
    tell.end()


@app.command("serve")
def serve_command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="The catalog's folder.")
    ],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[
        str, typer.Option("--host", help="The default can be reached from this computer only.")
    ] = "127.0.0.1",
    *,
    as_json: Json = False,
) -> None:
    """Serve a catalog's folder over HTTP until Ctrl-C."""
    tell = _Telling(as_json=as_json)

    def show(served: Served) -> None:
        words = f"{served.status} {served.method} {served.path} {served.start}+{served.sent}"
        tell.say(
            "request",
            words,
            status=served.status,
            method=served.method,
            path=served.path,
            start=served.start,
            sent=served.sent,
        )

    try:
        server = CatalogServer(folder, host, port, show)
    except OSError as error:
        raise typer.BadParameter(
            f"port {port} can't be opened: {error.strerror}", param_hint="--port"
        ) from error
    with server:
        tell.say("serving", server.url, url=server.url)
        server.wait()
    tell.end()
