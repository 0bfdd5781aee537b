"""The commands: what each is called, what it takes, and what it asks for."""

from typing import Annotated

import typer

from vsrt_gui import __version__
from vsrt_gui.cli.breaker import breaker_app
from vsrt_gui.cli.cache import cache_app
from vsrt_gui.cli.config import config_app
from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.front import front
from vsrt_gui.cli.helping import add_helping
from vsrt_gui.cli.options import (
    Call,
    Catalog,
    Json,
    KeepDownloads,
    Listed,
    Modules,
    NoBrowser,
    Prefix,
    Stop,
    To,
    WithData,
    Yes,
    with_settings,
)
from vsrt_gui.cli.usage import UsageError
from vsrt_gui.model.request import Request, Verb

_HELP = "Install, repair and update the VS Code Runtime."


def build_app(doors: Doors) -> typer.Typer:
    """Return the whole command line.

    Args:
        doors: what the commands need of the rest of the program.
    """
    app = typer.Typer(
        name="vsrt",
        cls=front(doors),
        help=_HELP,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback(invoke_without_command=True)(_start)
    _add_installing(app, doors)
    _add_choosing(app, doors)
    _add_removing(app, doors)
    _add_mending(app, doors)
    _add_going_back(app, doors)
    _add_looking(app, doors)
    _add_launching(app, doors)
    add_helping(app, doors)
    _add_window(app, doors)
    app.add_typer(breaker_app(doors), name="breaker")
    app.add_typer(cache_app(doors), name="cache")
    app.add_typer(config_app(doors), name="config")
    for group in (app, *(each.typer_instance for each in app.registered_groups)):
        for command in group.registered_commands if group else ():
            command.callback = with_settings(command.callback) if command.callback else None
    for name, extra in doors.extra:
        app.add_typer(extra, name=name)
    return app


def _start(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Show the version and leave.")] = False,
) -> None:
    if show_version:
        typer.echo(f"vsrt {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


def _wish(doors: Doors, call: Call, wish: Request) -> None:
    from vsrt_gui.cli.actions import bring_about  # noqa: PLC0415 -- `--help` never waits for the loop and Rich

    bring_about(doors, call, wish)


def _add_installing(app: typer.Typer, doors: Doors) -> None:
    @app.command()
    def install(
        modules: Modules = None,
        catalog: Catalog = None,
        prefix: Prefix = None,
        yes: Yes = False,
        as_json: Json = False,
    ) -> None:
        """Install the runtime, finish an installation, or add one module or more and what they need."""
        wish = Request(verb=Verb.INSTALL, modules=frozenset(modules or ()))
        _wish(doors, Call(catalog, prefix, yes, as_json), wish)


def _add_choosing(app: typer.Typer, doors: Doors) -> None:
    @app.command("modules")
    def choose(
        modules: Modules = None,
        catalog: Catalog = None,
        prefix: Prefix = None,
        yes: Yes = False,
        as_json: Json = False,
    ) -> None:
        """List the modules; with names: have exactly these and what they need."""
        call = Call(catalog, prefix, yes, as_json)
        if modules:
            _wish(doors, call, Request(verb=Verb.CHANGE, modules=frozenset(modules)))
        else:
            from vsrt_gui.cli.actions import show_modules  # noqa: PLC0415 -- as in `_wish`

            show_modules(doors, call)


def _add_removing(app: typer.Typer, doors: Doors) -> None:
    @app.command()
    def uninstall(
        modules: Modules = None,
        *,
        keep_downloads: KeepDownloads = False,
        with_data: WithData = False,
        catalog: Catalog = None,
        prefix: Prefix = None,
        yes: Yes = False,
        as_json: Json = False,
    ) -> None:
        """Remove one module or more, and what depends on them; without names: everything but your own data."""
        names = frozenset(modules or ())
        if names and with_data:
            raise UsageError("Your own data goes only with everything: leave out the names.")
        wish = Request(verb=Verb.UNINSTALL, modules=names, keep_downloads=keep_downloads, with_data=with_data)
        _wish(doors, Call(catalog, prefix, yes, as_json), wish)


def _add_mending(app: typer.Typer, doors: Doors) -> None:
    _add_plain(
        app, doors, Verb.REPAIR, "Look at every file, and replace those that are not as they should be."
    )
    _add_plain(app, doors, Verb.UPDATE, "Bring every module to the newest version.")
    _add_plain(app, doors, Verb.VERIFY, "Look at every file, and change nothing.")


def _add_plain(app: typer.Typer, doors: Doors, verb: Verb, words: str) -> None:
    """Add a command that takes nothing but the common options."""

    def command(
        catalog: Catalog = None, prefix: Prefix = None, yes: Yes = False, as_json: Json = False
    ) -> None:
        _wish(doors, Call(catalog, prefix, yes, as_json), Request(verb=verb))

    app.command(verb.value, help=words)(command)


def _add_going_back(app: typer.Typer, doors: Doors) -> None:
    @app.command()
    def rollback(
        to: To = None,
        *,
        listed: Listed = False,
        catalog: Catalog = None,
        prefix: Prefix = None,
        yes: Yes = False,
        as_json: Json = False,
    ) -> None:
        """Go back to the version before, or to another one that is kept."""
        call = Call(catalog, prefix, yes, as_json)
        if listed:
            from vsrt_gui.cli.actions import show_generations  # noqa: PLC0415 -- as in `_wish`

            show_generations(doors, call)
        else:
            _wish(doors, call, Request(verb=Verb.ROLLBACK, generation=to))


def _add_looking(app: typer.Typer, doors: Doors) -> None:
    @app.command()
    def status(
        catalog: Catalog = None, prefix: Prefix = None, yes: Yes = False, as_json: Json = False
    ) -> None:
        """Show what is installed, and how it is."""
        from vsrt_gui.cli.actions import show_status  # noqa: PLC0415 -- as in `_wish`

        show_status(doors, Call(catalog, prefix, yes, as_json))

    @app.command()
    def clean(
        catalog: Catalog = None, prefix: Prefix = None, yes: Yes = False, as_json: Json = False
    ) -> None:
        """Remove leftover downloads, and what is no longer needed."""
        from vsrt_gui.cli.actions import clean_up  # noqa: PLC0415 -- as in `_wish`

        clean_up(doors, Call(catalog, prefix, yes, as_json))


def _add_launching(app: typer.Typer, doors: Doors) -> None:
    @app.command()
    def launch(
        stop: Stop = False,
        no_browser: NoBrowser = False,
        catalog: Catalog = None,
        prefix: Prefix = None,
        as_json: Json = False,
    ) -> None:
        """Start the editor, or open the one that runs, in your browser."""
        from vsrt_gui.cli import launching  # noqa: PLC0415 -- as in `_wish`

        call = Call(catalog, prefix, as_json=as_json)
        if stop:
            launching.stop(doors, call)
        else:
            launching.launch(doors, call, browser=not no_browser)


def _add_window(app: typer.Typer, doors: Doors) -> None:
    @app.command()
    def window(catalog: Catalog = None, prefix: Prefix = None) -> None:
        """Open the window."""
        raise typer.Exit(doors.window(Call(catalog, prefix).given))
