"""Says on the terminal what was measured, whatever is captured."""

import pytest


def say(config: pytest.Config, line: str) -> None:
    """Write one line."""
    terminal = config.pluginmanager.getplugin("terminalreporter")
    capturing = config.pluginmanager.getplugin("capturemanager")
    assert terminal is not None
    assert capturing is not None
    with capturing.global_and_fixture_disabled():
        terminal.ensure_newline()
        terminal.write_line(line)
