"""Composition root: the only file that knows every room; it hands each what it needs."""

import sys
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from platformdirs import user_cache_path, user_data_path, user_log_path, user_state_path

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.adapters.breaker_notes import DiskNotes
from vsrt_gui.adapters.catalog import UrlCatalog
from vsrt_gui.adapters.fault_reports import FaultReports
from vsrt_gui.adapters.folder import FolderSource, address_of
from vsrt_gui.adapters.hints import hints
from vsrt_gui.adapters.host import SystemHost, current_platform
from vsrt_gui.adapters.host.language import system_language
from vsrt_gui.adapters.host.servers import LocalServers
from vsrt_gui.adapters.host.shells import install_completion
from vsrt_gui.adapters.http import HttpSource, Service
from vsrt_gui.adapters.keyring_secrets import KeyringSecrets
from vsrt_gui.adapters.log_files import LogFiles
from vsrt_gui.adapters.manifest_cache import ManifestCache
from vsrt_gui.adapters.prefix import DiskPrefix, choose_prefix
from vsrt_gui.adapters.sources import Sources
from vsrt_gui.adapters.support_desk import LocalSupportDesk, private_here
from vsrt_gui.cli.commands import build_app
from vsrt_gui.cli.doors import Doors, Local
from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.host_port import Host
from vsrt_gui.engine.mirrors import Copies
from vsrt_gui.engine.outfit import Outfit
from vsrt_gui.engine.ports import Prefix
from vsrt_gui.engine.service import services
from vsrt_gui.engine.session import Session
from vsrt_gui.logs import Logs
from vsrt_gui.model.hints import Hints
from vsrt_gui.model.policies import Policies
from vsrt_gui.model.redaction import Redaction
from vsrt_gui.model.settings import Settings
from vsrt_gui.publish.commands import app as publish
from vsrt_gui.resources import resource, resource_text
from vsrt_gui.runbook.languages import spoken
from vsrt_gui.runbook.library import Runbook, load
from vsrt_gui.settings import LayeredSettings, TriedSettings


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
        catalog: address or folder of a catalog; None takes the one that is set, else the one that is shipped.
        prefix: where to install; None takes what is set, else `default_prefix`.
        policies: the numbers; None takes those that are set.
        host: the computer, with its browser; None takes the real one.

    Raises:
        InstallerError: `setting-invalid` when the catalog's address is none.
    """
    named = {"manifest_url": catalog, "prefix": prefix}
    given = {name: value for name, value in named.items() if value is not None}
    return session_for(given, Workshop(policies, host or SystemHost()))


def session_for(given: Mapping[str, object], workshop: "Workshop | None" = None) -> Session:
    """Put the house together for what a command line says.

    What is wrong with the settings is in `Session.effective`: each front decides whether to go on.

    Args:
        given: setting to value.
        workshop: makes the tools; None makes them for this computer.

    Raises:
        InstallerError: `setting-invalid` for a name on the command line that is no setting.
    """
    workshop = workshop or Workshop()
    store = TriedSettings(open_settings(given), workshop.attempt)
    outfit = Outfit(workshop.tools_for, store.read(), store)
    reports = FaultReports(lambda: outfit.effective.settings, Redaction(private_here()), workshop.secrets)
    session = Session(outfit, default_prefix(), reports.bug)
    if workshop.logs is not None:
        workshop.logs.record(session)
    session.subscribe(reports.heard)
    return session


def open_settings(given: Mapping[str, object]) -> LayeredSettings:
    """Return where settings stand, under what a command line says."""
    return LayeredSettings(given)


class Workshop:
    """Makes the tools that fit settings; what knows of no setting is made once."""

    def __init__(
        self, policies: Policies | None = None, host: Host | None = None, logs: Logs | None = None
    ) -> None:
        """Make what knows of no setting.

        Args:
            policies: the numbers; None takes those that are set.
            host: the computer, with its browser; None takes the real one.
            logs: where what happens is written; None writes nothing.
        """
        self.logs = logs
        self._files = logs.files if logs else log_files()
        self._policies = policies
        self._host = host or SystemHost()
        self._servers = LocalServers()
        self._archives = ArchiveLibrary()
        self.secrets = KeyringSecrets()

    def attempt(self, settings: Settings) -> None:
        """Try what only this computer can tell of settings.

        Raises:
            InstallerError: `setting-invalid` when the log file can't be written.
        """
        if self.logs is not None:
            self.logs.heed(settings)

    def tools_for(self, settings: Settings) -> Tools:
        """Return tools that fit.

        Raises:
            InstallerError: `setting-invalid` when the catalog's address is none, or the log file can't be written.
        """
        self.attempt(settings)
        rules = self._policies or settings.policies
        folder = FolderSource()
        source = Sources(HttpSource(settings.network, secrets=self.secrets), folder)
        manifests = Sources(HttpSource(settings.network, Service.MANIFESTS, self.secrets), folder)
        cache = ManifestCache(cache_folder() / "manifests", rules.manifest_ttl)
        catalog = UrlCatalog(
            settings.manifest_url or str(resource("catalog/manifest.json")), manifests, cache
        )
        asking, fetching = services(rules)
        return Tools(
            catalog=catalog,
            cache=cache,
            logbook=self._files,
            source=source,
            archives=self._archives,
            host=self._host,
            servers=self._servers,
            prefix_at=partial(_prefix_at, settings.download_dir),
            platform=current_platform(),
            policies=rules,
            catalog_service=asking,
            download_service=fetching,
            notes=DiskNotes(state_folder() / "breakers"),
            copies=Copies(catalog.folder, tuple(map(address_of, settings.mirrors))),
            close=(source.close, manifests.close),
            secrets=self.secrets,
        )


def _prefix_at(downloads: Path | None, folder: Path) -> Prefix:
    return DiskPrefix(choose_prefix(folder), downloads=downloads)


def open_runbook(language: str | None = None) -> Runbook:
    """Return the words for faults.

    Args:
        language: None follows the system; one that is not there gives English.
    """
    name = spoken(language or system_language(), languages())
    return load(resource_text(f"runbook/{name}.toml"))


def languages() -> tuple[str, ...]:
    """Return the languages that there are words in."""
    return tuple(sorted(path.stem for path in resource("runbook").glob("*.toml")))


def set_runbook(given: Mapping[str, object]) -> Runbook:
    """Return the words for faults in the language that is set; where there is no choice, nothing is looked up."""
    if len(languages()) == 1:
        return open_runbook()
    return open_runbook(open_settings(given).read().settings.language)


def shell_hints(given: Mapping[str, object]) -> Hints:
    """Return what a shell can offer to complete a word, for what the command line says."""
    settings = open_settings(given).read().settings
    catalog = Workshop().tools_for(settings).catalog
    return hints(settings.prefix or default_prefix(), catalog)


LOCAL = Local(LocalSupportDesk, shell_hints, install_completion)


def log_files() -> LogFiles:
    """Return the logs of this user."""
    return LogFiles(user_log_path("vscode-runtime", appauthor=False), Redaction(private_here()))


def open_window(given: Mapping[str, object], workshop: Workshop | None = None) -> int:
    """Show the window for what the command line says, and return the program's exit code.

    Qt is imported here and not before: the command line must run on machines that have no display and no Qt.
    """
    window = import_module("vsrt_gui.ui.window")
    session = partial(session_for, given, workshop)
    return int(window.run_window(session, set_runbook(given), resource, LocalSupportDesk()))


def main() -> int:
    """Run the command line and return its exit code."""
    with Logs(log_files()) as logs:
        workshop = Workshop(logs=logs)
        doors = Doors(
            partial(session_for, workshop=workshop),
            set_runbook({}),
            partial(open_window, workshop=workshop),
            open_settings,
            (("publish", publish),),
            local=LOCAL,
        )
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
