"""Says on the terminal what was measured, whatever is captured, also from a worker of several that run at once."""

from typing import Any

import pytest

FIGURES = pytest.StashKey[list[str]]()
"""What was said, to be repeated where the whole run is summed up."""
CARRIED = "figures"
"""What a worker's figures are called on their way to the terminal."""


def say(config: pytest.Config, line: str) -> None:
    """Write one line at once, if this process has the terminal, and once more at the end of all tests."""
    config.stash.setdefault(FIGURES, []).append(line)
    terminal = config.pluginmanager.getplugin("terminalreporter")
    capturing = config.pluginmanager.getplugin("capturemanager")
    if terminal is None or capturing is None:  # a worker has none
        return
    with capturing.global_and_fixture_disabled():
        terminal.ensure_newline()
        terminal.write_line(line)


class Aloud:
    """Brings what workers said to the terminal."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send a worker's figures along with its last word."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[CARRIED] = session.config.stash.get(FIGURES, [])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take them; a worker that crashed has no last word."""
        said = getattr(node, "workeroutput", {}).get(CARRIED, [])
        node.config.stash.setdefault(FIGURES, []).extend(said)

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        """Repeat all of them where they are found."""
        if config.stash.get(FIGURES, []):
            terminalreporter.section("measured")
            for line in config.stash[FIGURES]:
                terminalreporter.write_line(line)
