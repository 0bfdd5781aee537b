"""Composition root: the only file that knows every room; it hands each what it needs."""

import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from platformdirs import user_cache_path, user_data_path, user_state_path

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.adapters.breaker_notes import DiskNotes
from vsrt_gui.adapters.catalog import UrlCatalog
from vsrt_gui.adapters.folder import FolderSource
from vsrt_gui.adapters.host import SystemHost, current_platform
from vsrt_gui.adapters.host.language import system_language
from vsrt_gui.adapters.host.servers import LocalServers
from vsrt_gui.adapters.http import MANIFEST_TIMEOUTS, HttpSource
from vsrt_gui.adapters.manifest_cache import ManifestCache
from vsrt_gui.adapters.prefix import DiskPrefix, choose_prefix
from vsrt_gui.adapters.sources import Sources
from vsrt_gui.cli.commands import build_app
from vsrt_gui.cli.doors import Doors
from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.ports import Host, Prefix
from vsrt_gui.engine.service import services
from vsrt_gui.engine.session import Session
from vsrt_gui.model.policies import Policies
from vsrt_gui.publish.commands import app as publish
from vsrt_gui.resources import resource, resource_text
from vsrt_gui.runbook.library import Runbook, load


def default_prefix() -> Path:
    """Return where the runtime goes when nobody says otherwise: a folder of the user's own, no rights needed."""
    return user_data_path("vscode-runtime", appauthor=False) / "runtime"


def cache_folder() -> Path:
    """Return where lies what can be fetched again at any time."""
    return user_cache_path("vscode-runtime", appauthor=False)


def state_folder() -> Path:
    """Return where lies what programs of one user tell each other."""
    return user_state_path("vscode-runtime", appauthor=False)


def open_session(
    catalog: str | None, prefix: Path | None, policies: Policies | None = None, host: Host | None = None
) -> Session:
    """Put the house together.

    Args:
        catalog: address or folder of a catalog; None takes the one that is shipped.
        prefix: where to install; None takes `default_prefix`.
        policies: the numbers; None takes the usual ones.
        host: the computer, with its browser; None takes the real one.

    Raises:
        InstallerError: `setting-invalid` when the catalog's address is none.
    """
    rules = policies or Policies()
    folder = FolderSource()
    source = Sources(HttpSource(), folder)
    manifests = Sources(HttpSource(MANIFEST_TIMEOUTS), folder)
    cache = ManifestCache(cache_folder() / "manifests", rules.manifest_ttl)
    asked, fetched = services(rules)
    tools = Tools(
        cache=cache,
        catalog=UrlCatalog(catalog or str(resource("catalog/manifest.json")), manifests, cache),
        source=source,
        archives=ArchiveLibrary(),
        host=host or SystemHost(),
        servers=LocalServers(),
        prefix_at=_prefix_at,
        platform=current_platform(),
        policies=rules,
        catalog_service=asked,
        download_service=fetched,
        notes=DiskNotes(state_folder() / "breakers"),
        close=(source.close, manifests.close),
    )
    return Session(tools, prefix or default_prefix())


def _prefix_at(folder: Path) -> Prefix:
    return DiskPrefix(choose_prefix(folder))


def open_runbook() -> Runbook:
    """Return the words for faults."""
    return load(resource_text("runbook/en.toml"))


def open_window(catalog: str | None, prefix: Path | None) -> int:
    """Show the window and return the program's exit code.

    Qt is imported here and not before: the command line must run on machines that have no display and no Qt.
    """
    window = import_module("vsrt_gui.ui.window")
    return int(window.run_window(partial(open_session, catalog, prefix), open_runbook(), resource))


def main() -> int:
    """Run the command line and return its exit code."""
    doors = Doors(open_session, open_runbook(), open_window, (("publish", publish),))
    return int(build_app(doors)(standalone_mode=False) or 0)


def main_window() -> int:
    """Run `vsrt-gui`: the window, with the command line's own options; `--smoke` alone proves the build and ends."""
    if sys.argv[1:] == ["--smoke"]:
        return smoke()
    sys.argv.insert(1, "window")
    return main()


def smoke() -> int:
    """Prove that this build is whole: the first page, the shipped files, a plan; returns 0 when it is."""
    shown = import_module("vsrt_gui.ui.smoke")
    with TemporaryDirectory() as folder:
        session = partial(open_session, None, Path(folder))
        return int(shown.run_smoke(session, open_runbook(), resource))
