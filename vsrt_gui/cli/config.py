"""The commands that show the settings, say where each came from, and change the user's own."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vsrt_gui.cli.completing import complete_settings
from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.jsonl import JsonLines
from vsrt_gui.cli.options import Call, Json
from vsrt_gui.cli.outlet import Line
from vsrt_gui.cli.prose import overruled
from vsrt_gui.model.events import Outcome, RunFinished
from vsrt_gui.model.layers import NAMES, unsigned
from vsrt_gui.model.settings import Effective, Origin, Source

if TYPE_CHECKING:
    from vsrt_gui.cli.stage import Job, Stage
    from vsrt_gui.engine.settings_port import SettingsFiles

_ORIGINS: Mapping[Origin, str] = {
    Origin.DEFAULT: "the usual value",
    Origin.ADMIN: "this computer's settings",
    Origin.USER: "your settings",
    Origin.ENVIRONMENT: "the environment",
    Origin.COMMAND_LINE: "the command line",
}
Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", autocompletion=complete_settings, help="A setting, as `vsrt config show` lists it."
    ),
]
NewValue = Annotated[
    str, typer.Argument(metavar="VALUE", help="Its new value; several with commas between them.")
]


def config_app(doors: Doors) -> typer.Typer:
    """Return the group `vsrt config`.

    Args:
        doors: what the commands need of the rest of the program.
    """
    app = typer.Typer(no_args_is_help=True, help="Show and change the settings.")

    @app.command()
    def show(as_json: Json = False) -> None:
        """Show every setting, and where its value comes from."""
        _conduct(doors, Call(None, None, as_json=as_json), _show)

    @app.command("set")
    def change(name: Name, value: NewValue, as_json: Json = False) -> None:
        """Change one setting for you, for good."""
        _write(doors, Call(None, None, as_json=as_json), {_written(name): value})

    @app.command()
    def unset(name: Name, as_json: Json = False) -> None:
        """Take one setting out of your settings, so that the usual value counts again."""
        _write(doors, Call(None, None, as_json=as_json), {_written(name): None})

    @app.command()
    def path(as_json: Json = False) -> None:
        """Say where the settings stand: your own, and those for all users of this computer."""
        _conduct(doors, Call(None, None, as_json=as_json), _path)

    return app


def _conduct(doors: Doors, call: Call, job: "Job") -> None:
    from vsrt_gui.cli.stage import conduct  # noqa: PLC0415 -- `--help` never waits for the loop

    conduct(doors, call, job)


def _written(name: str) -> str:
    """Return a setting's name, however it was written: `VSRT_LOG_LEVEL`, `log-level`."""
    return name.lower().removeprefix("vsrt_").replace("-", "_")


def _store(stage: "Stage") -> "SettingsFiles":
    return stage.doors.settings(stage.call.given)


def _show(stage: "Stage") -> RunFinished:
    effective = _store(stage).read()
    if isinstance(stage.screen, JsonLines):
        stage.screen.write({"event": "settings", **_report(effective)})
    else:
        stage.out.say(_lines(effective))
    return stage.finish(Outcome.FAILED if effective.faults else Outcome.COMPLETED, effective.faults)


def _path(stage: "Stage") -> RunFinished:
    store = _store(stage)
    if isinstance(stage.screen, JsonLines):
        files = {"user": str(store.user_file), "admin": str(store.admin_file)}
        stage.screen.write({"event": "settings-files", **files})
    else:
        stage.out.line(f"Your settings: {store.user_file}")
        stage.out.line(f"For all users of this computer: {store.admin_file}")
    return stage.finish(Outcome.COMPLETED)


def _write(doors: Doors, call: Call, changes: Mapping[str, str | None]) -> None:
    def job(stage: "Stage") -> RunFinished:
        effective = _store(stage).write(changes)
        for name in changes:
            if isinstance(stage.screen, JsonLines):
                stage.screen.write({"event": "setting", "name": name, **_one(effective, name)})
            else:
                stage.out.say([_line(effective, name)])
                stage.err.say(_hindered(effective, name))
        return stage.finish(Outcome.COMPLETED)

    _conduct(doors, call, job)


def _hindered(effective: Effective, name: str) -> list[Line]:
    """Say that what was written does not count yet."""
    source = effective.source(name)
    if source.origin not in {Origin.ENVIRONMENT, Origin.COMMAND_LINE}:
        return []
    return [Line(f"{source.place} says otherwise, and counts more.", "yellow")]


def _report(effective: Effective) -> Mapping[str, Any]:
    return {
        "settings": {name: _one(effective, name) for name in NAMES},
        "unknown": [{"name": name, "place": place} for name, place in effective.unknown],
        "overruled": [one.model_dump(mode="json") for one in effective.overruled],
    }


def _one(effective: Effective, name: str) -> Mapping[str, Any]:
    value = effective.settings.model_dump(mode="json")[name]
    return {"value": _hidden(value), **effective.source(name).model_dump(mode="json")}


def _hidden(value: Any) -> Any:
    """Keep to ourselves what lets somebody in: this is what people send to support."""
    if isinstance(value, list):
        return [_hidden(each) for each in value]
    return unsigned(value) if isinstance(value, str) else value


def _lines(effective: Effective) -> list[Line]:
    known = [_line(effective, name) for name in NAMES]
    unknown = [Line(f"{name} in {place} is not known to this version.") for name, place in effective.unknown]
    return [*known, *unknown, *overruled(effective)]


def _line(effective: Effective, name: str) -> Line:
    value = _hidden(effective.settings.model_dump(mode="json")[name])
    return Line(f"{name} = {_spoken(value)}   ({_whence(effective.source(name))})")


def _spoken(value: Any) -> str:
    match value:
        case None | [] | "":
            return "(none)"
        case list():
            return ", ".join(value)
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _whence(source: Source) -> str:
    words = _ORIGINS[source.origin]
    where = f"{words}, {source.place}" if source.place and source.origin is not Origin.DEFAULT else words
    return f"{where}, locked" if source.locked else where
