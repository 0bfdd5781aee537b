"""What the screens write to."""

import pytest
from cli_runs import Paper


@pytest.fixture
def paper() -> Paper:
    return Paper()
