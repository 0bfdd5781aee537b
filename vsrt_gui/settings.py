"""Where settings stand on this computer: the admin's file, the user's file, the environment, the command line."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from platformdirs import site_config_path, user_config_path

from vsrt_gui.adapters.settings_file import read_settings, set_aside, write_settings
from vsrt_gui.adapters.trust import authorities
from vsrt_gui.engine.settings_port import SettingsStore
from vsrt_gui.model.faults import Fault, InstallerError
from vsrt_gui.model.layers import Layer, check_free, checked, dropped, layered, refused
from vsrt_gui.model.settings import VARIABLE_PREFIX, Effective, Origin, Settings, variable

FILE_NAME = "settings.toml"
LOCKED = "locked"
"""The admin file's list of settings that nobody else may set."""


class LayeredSettings:
    """Answers `SettingsStore` with the files and variables of this computer.

    Attributes:
        user_file: which `write` changes.
        admin_file: for all users of this computer; only read.
    """

    def __init__(
        self,
        command_line: Mapping[str, object] | None = None,
        user_file: Path | None = None,
        admin_file: Path | None = None,
    ) -> None:
        """Make a store; nothing is read yet.

        Args:
            command_line: name to value, as it was given for this call.
            user_file: None takes the usual place.
            admin_file: None takes the usual place.
        """
        self.user_file = user_file or user_config_path("vscode-runtime", appauthor=False) / FILE_NAME
        self.admin_file = admin_file or site_config_path("vscode-runtime", appauthor=False) / FILE_NAME
        self._command_line = dict(command_line or {})

    def read(self) -> Effective:
        """Read all layers; see `SettingsStore.read`.

        Raises:
            InstallerError: `setting-invalid` for an unknown name on the command line: it was meant for this program.
        """
        for name, value in self._command_line.items():
            if name not in Settings.model_fields:
                raise refused(name, value, "there is no such setting", "command line")
        admin, admin_faults = self._file(self.admin_file)
        user, user_faults = self._file(self.user_file)
        locked, lock_faults = self._locked(admin.pop(LOCKED, []))
        place = str(self.admin_file)
        layers = (
            Layer(origin=Origin.ADMIN, place=place, values=admin),
            Layer(origin=Origin.USER, place=str(self.user_file), values=user),
            Layer(origin=Origin.ENVIRONMENT, place="environment", values=environment()),
            Layer(origin=Origin.COMMAND_LINE, place="command line", values=self._command_line),
        )
        found = layered(layers, locked, place)
        return found.but(faults=(*admin_faults, *lock_faults, *user_faults, *found.faults))

    def write(self, changes: Mapping[str, object | None]) -> Effective:
        """Change the user's file; see `SettingsStore.write`."""
        before = self.read()
        for name, value in changes.items():
            check_free(before, name, value)
        values = {name: None if value is None else _plain(name, value) for name, value in changes.items()}
        if certificates := values.get("ca_file"):
            authorities(Path(certificates))  # else only the next download would tell
        write_settings(self.user_file, values)
        return self.read()

    def set_aside(self) -> None:
        """Give the user's file another name; see `SettingsStore.set_aside`."""
        set_aside(self.user_file)

    @staticmethod
    def _file(path: Path) -> tuple[dict[str, Any], tuple[Fault, ...]]:
        try:
            return read_settings(path), ()
        except InstallerError as error:
            return {}, (error.fault,)

    def _locked(self, given: object) -> tuple[frozenset[str], tuple[Fault, ...]]:
        if isinstance(given, list) and all(isinstance(name, str) for name in given):
            return frozenset(given), ()
        error = refused(LOCKED, given, "it should be a list of names", str(self.admin_file))
        return frozenset(), (error.fault,)


class TriedSettings:
    """Answers `SettingsStore`: what proves of no use on this computer counts as a value that can't be used."""

    def __init__(self, store: SettingsStore, attempt: Callable[[Settings], None]) -> None:
        """Take a store.

        Args:
            store: where settings stand.
            attempt: tries settings; raises `setting-invalid` for one.
        """
        self._store = store
        self._attempt = attempt

    def read(self) -> Effective:
        """Read all layers; see `SettingsStore.read`."""
        return self._tried(self._store.read())

    def write(self, changes: Mapping[str, object | None]) -> Effective:
        """Change the user's file; see `SettingsStore.write`."""
        return self._tried(self._store.write(changes))

    def set_aside(self) -> None:
        """Give the user's file another name; see `SettingsStore.set_aside`."""
        self._store.set_aside()

    def _tried(self, found: Effective) -> Effective:
        try:
            self._attempt(found.settings)
        except InstallerError as error:
            facts = error.fault.facts
            return dropped(found, str(facts["setting"]), str(facts["reason"]))
        return found


def environment() -> dict[str, str]:
    """Return what variables say, by setting; an empty one says nothing, and unknown names keep their capitals."""
    # Slow to import, and `--help` needs no settings.
    from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict  # noqa: PLC0415

    class Variables(Settings, BaseSettings):
        model_config = SettingsConfigDict(env_prefix=VARIABLE_PREFIX, enable_decoding=False)

    known = EnvSettingsSource(Variables, env_ignore_empty=True)()
    names = {variable(name) for name in Settings.model_fields}
    others = (name for name in os.environ if name.upper().startswith(VARIABLE_PREFIX))
    return {**known, **{name: os.environ[name] for name in others if name.upper() not in names}}


def _plain(name: str, value: object) -> Any:
    """Return a checked value as TOML says it; none at all is an empty text, which wins over the layers below.

    Raises:
        InstallerError: `setting-invalid`.
    """
    found = checked(name, value, anywhere=True)
    given = Settings.model_validate({name: found}).model_dump(mode="json")[name]
    return "" if given is None else given
