"""The release engineer's commands: `vsrt publish build`, `check` and `serve`."""

from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_cache_path

from vsrt_gui.model.manifest import Platform
from vsrt_gui.publish.serve import CatalogServer, Served

# What builds and checks is imported where it is used: every start of the program passes through here.

FOUND_WRONG = 1
"""The exit code of a check that found something."""
ALL = "all"

app = typer.Typer(name="publish", help="Make, check and serve a catalog of modules.", no_args_is_help=True)


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


@app.command("build")
def build_command(
    sources: Annotated[
        Path, typer.Argument(metavar="SOURCES.toml", help="Which packages become which modules.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The catalog's folder.")],
    cache: Annotated[
        Path | None, typer.Option("--cache", metavar="DIR", help="Keeps what was fetched and packed.")
    ] = None,
    platform: Annotated[
        list[str] | None,
        typer.Option(
            "--platform", metavar="NAME", help="Build for it; may be given again; `all`. Default: this one's."
        ),
    ] = None,
) -> None:
    """Build a catalog from real packages; nothing is fetched or packed twice."""
    from vsrt_gui.publish.build import build  # noqa: PLC0415

    kept = cache or user_cache_path("vscode-runtime", appauthor=False) / "publish"
    manifest = build(sources, out, kept, typer.echo, _platforms(platform))
    archives = {
        artifact.url: artifact.size or 0 for each in manifest.modules for artifact in each.artifacts.values()
    }
    size = sum(archives.values()) / 1e6
    typer.echo(f"{out}: {len(manifest.modules)} modules, {len(archives)} archives, {size:.1f} MB")


@app.command("check")
def check_command(
    catalog: Annotated[str, typer.Argument(metavar="DIR|URL", help="The catalog's folder or address.")],
) -> None:
    """Read every byte of a catalog and name all that is wrong with it."""
    from vsrt_gui.publish.check import check  # noqa: PLC0415

    findings = check(catalog, typer.echo)
    for finding in findings:
        typer.echo(str(finding), err=True)
    if findings:
        raise typer.Exit(FOUND_WRONG)
    typer.echo("Every file is there and right.")


@app.command("serve")
def serve_command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="The catalog's folder.")
    ],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[
        str, typer.Option("--host", help="The default can be reached from this computer only.")
    ] = "127.0.0.1",
) -> None:
    """Serve a catalog's folder over HTTP until Ctrl-C."""

    def show(served: Served) -> None:
        typer.echo(f"{served.status} {served.method} {served.path} {served.start}+{served.sent}")

    try:
        server = CatalogServer(folder, host, port, show)
    except OSError as error:
        raise typer.BadParameter(
            f"port {port} can't be opened: {error.strerror}", param_hint="--port"
        ) from error
    with server:
        typer.echo(server.url)
        server.wait()
