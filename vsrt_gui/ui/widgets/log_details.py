"""A run's story on demand: grows also while it is closed."""

from vsrt_gui.ui.entries import Entry
from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.widgets.disclosure import Fold
from vsrt_gui.ui.widgets.log_view import LogView


class LogDetails(Fold):
    """Opens a log."""

    def __init__(self, theme: Theme, name: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: prefix of its object names: `<name>Button`, and those of the log.
        """
        self.log = LogView(theme, name)
        super().__init__(theme, name, self.log)

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        self.log.add((entry,))

    def clear(self) -> None:
        """Forget all entries and close."""
        self.log.clear()
        self.toggle.setChecked(False)

    @property
    def text(self) -> str:
        """All entries, a line for each."""
        return self.log.text
