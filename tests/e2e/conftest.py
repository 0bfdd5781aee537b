"""What the end-to-end tests share: the sample catalog, the window's loop, and one good installation to break."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from bad_input_house import World, copied, make_template
from editor_home import earlier_sources
from PySide6.QtWidgets import QApplication
from sharing import CACHE, built
from simulators.http_server import HttpServer
from simulators.served_runtime import Runtime
from window_home import Home

from vsrt_gui.resources import resource
from vsrt_gui.ui.loop import WindowLoop

SCENARIO_SECONDS = 280


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(template: World, tmp_path: Path) -> World:
    return copied(template, tmp_path)


@pytest.fixture(scope="session")
def sample_catalog() -> Path:
    """Build the sample catalog of real packages, or leave it when it is as its sources say; returns its folder."""
    out = CACHE / "catalog"
    built(resource("catalog/sample.toml"), out)
    return out


@pytest.fixture(scope="session")
def editor_catalog() -> Path:
    """Build the sample catalog with the editor in it, which the first time takes minutes; returns its folder."""
    out = CACHE / "catalog-with-server"
    built(resource("catalog/server.toml"), out)
    return out


@pytest.fixture(scope="session")
def earlier_editor_catalog() -> Path:
    """Build the same with the editor's version before, compiled likewise the first time; returns its folder."""
    out = CACHE / "catalog-with-earlier-server"
    built(earlier_sources(CACHE / "earlier-sources"), out)
    return out


@pytest.fixture
def play(qapp: QApplication) -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Run a scenario on the window's own loop."""
    loop = WindowLoop(qapp)

    def run(scenario: Coroutine[Any, Any, Any]) -> Any:
        return loop.run_until_complete(asyncio.wait_for(scenario, SCENARIO_SECONDS))

    yield run
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


@pytest.fixture
def home(sample_catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """The sample catalog on a server and an empty folder; what belongs to the user lies in the test's folder."""
    with _home(sample_catalog, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def editor_home(editor_catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home whose catalog has the editor in it; if that runs at the end, it is stopped."""
    with _home(editor_catalog, tmp_path, monkeypatch) as made:
        yield made
        Runtime(made.catalog, made.prefix).stop()


@contextmanager
def _home(catalog: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    for name in ("XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    with HttpServer(catalog) as server:
        yield Home(server, catalog, folder / "runtime")
