"""What a session works with: the settings in force and the tools that fit them, made anew when a setting changes."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import RLock

from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.settings_port import SettingsStore
from vsrt_gui.model.layers import NAMES, check_free, checked, overridden
from vsrt_gui.model.settings import Appearance, Effective, Origin, Settings, Source

SESSION = "this session"
"""Where a value stands that was chosen for one session only."""
_LOOKS = {"appearance": Appearance.SYSTEM, "language": None}


class Outfit:
    """Keeps settings and tools in step. Thread-safe.

    A run keeps the tools that it began with; tools that were replaced let their connections go once nobody uses them.

    Attributes:
        effective: the settings in force.
        tools: what fits them.
    """

    def __init__(
        self, tools_for: Callable[[Settings], Tools], effective: Effective, store: SettingsStore | None
    ) -> None:
        """Make the first tools.

        Args:
            tools_for: makes tools that fit settings.
            effective: the settings, as `store` read them.
            store: where changes go; None keeps them for this session only.

        Raises:
            InstallerError: `setting-invalid` when no tools can be made of these settings.
        """
        self._tools_for = tools_for
        self._store = store
        self._stored = effective
        self._overrides: dict[str, object] = {}
        self._lock = RLock()
        self._users: Counter[int] = Counter()
        self._retired: list[Tools] = []
        self.effective = effective
        self.tools = tools_for(effective.settings)

    @classmethod
    def fixed(cls, tools: Tools) -> "Outfit":
        """Return an outfit whose tools are the same whatever is set."""
        sources = dict.fromkeys(NAMES, Source())
        return cls(lambda _settings: tools, Effective(settings=Settings(), sources=sources), None)

    @contextmanager
    def lent(self) -> Iterator[Tools]:
        """Lend the tools; until the block ends their connections stay open, whatever is set meanwhile."""
        tools = self.borrow()
        try:
            yield tools
        finally:
            self.give_back(tools)

    def borrow(self) -> Tools:
        """Lend the tools until `give_back`."""
        with self._lock:
            self._users[id(self.tools)] += 1
            return self.tools

    def give_back(self, tools: Tools) -> None:
        """Take borrowed tools back, and close them when they were replaced and nobody else has them."""
        with self._lock:
            self._users[id(tools)] -= 1
            self._close_unused()

    def override(self, values: Mapping[str, object | None]) -> Effective:
        """Set values for this session only, over every layer; None takes an earlier one back.

        Raises:
            InstallerError: `setting-invalid`; then nothing has changed.
        """
        with self._lock:
            merged = {**self._overrides, **values}
            overrides = {name: value for name, value in merged.items() if value is not None}
            for name in values.keys() - overrides.keys():
                check_free(self._stored, name, "")
            self._adopt(self._with(self._stored, overrides))
            self._overrides = overrides
            return self.effective

    def write(self, changes: Mapping[str, object | None], *, anew: bool = False) -> Effective:
        """Change the user's own settings; nothing is written when no tools can be made of them.

        A value that this session was given takes part no longer once the same setting is written.

        Args:
            changes: setting to value, None takes it out.
            anew: whether a file that can't be read is set aside first.

        Raises:
            InstallerError: `setting-invalid`, `settings-unreadable`, disk codes; then nothing has changed.
        """
        with self._lock:
            overrides = {name: value for name, value in self._overrides.items() if name not in changes}
            tools = self._tools_for(self._previewed(changes, overrides).settings)
            try:
                if anew and self._store:
                    self._store.set_aside()
                self._stored = self._store.write(changes) if self._store else self._previewed(changes, {})
                self._overrides = overrides
                self._adopt(self._with(self._stored, overrides))
            finally:
                _close(tools, unless=self.tools)
            return self.effective

    def close(self) -> None:
        """Let every connection go."""
        with self._lock:
            for tools in (*self._retired, self.tools):
                _close(tools)
            self._retired.clear()

    def _previewed(self, changes: Mapping[str, object | None], overrides: Mapping[str, object]) -> Effective:
        """Return about what will be in force; it need only show whether the values are usable.

        Raises:
            InstallerError: `setting-invalid`.
        """
        for name, value in changes.items():
            check_free(self._stored, name, value)
        given = {name: checked(name, value) for name, value in changes.items() if value is not None}
        taken = {name: Settings.model_fields[name].default for name in changes if name not in given}
        below = overridden(self._stored, {**given, **taken}, Origin.USER)
        return self._with(below, overrides)

    @staticmethod
    def _with(below: Effective, overrides: Mapping[str, object]) -> Effective:
        return overridden(below, overrides, Origin.COMMAND_LINE, SESSION)

    def _adopt(self, effective: Effective) -> None:
        """Work with these settings from now on."""
        if _fits_otherwise(effective.settings, self.effective.settings):
            tools = self._tools_for(effective.settings)
            if tools is not self.tools:
                self._retired.append(self.tools)
                self.tools = tools
        self.effective = effective
        self._close_unused()

    def _close_unused(self) -> None:
        unused = [tools for tools in self._retired if not self._users[id(tools)]]
        self._retired = [tools for tools in self._retired if self._users[id(tools)]]
        for tools in unused:
            _close(tools)


def _fits_otherwise(one: Settings, other: Settings) -> bool:
    """Tell whether two settings need different tools: how things look and are said touches none of them."""
    return one.but(**_LOOKS) != other.but(**_LOOKS)


def _close(tools: Tools, unless: Tools | None = None) -> None:
    if tools is not unless:
        for close in tools.close:
            close()
