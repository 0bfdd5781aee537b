"""One module's row of the progress page."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout

from vsrt_gui.ui.rows import RowView
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.widgets.bar import Bar
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import Elided, restyle, short


class ModuleRow(QFrame):
    """Icon, name, bytes and speed; a bar; and what happens, in words."""

    def __init__(self, theme: Theme, module: str) -> None:
        """Make it.

        Args:
            theme: the look.
            module: its id; the row's object name is `row-<id>`.
        """
        super().__init__()
        self.setObjectName("moduleRow")
        self._seen: RowView | None = None
        self._icon = IconView(theme, "clock", size=20)
        self._name = Elided(theme, Size.STRONG)
        self._name.setObjectName(f"name-{module}")
        self._amount = short(theme, Size.SMALL, muted=True)
        self._amount.setObjectName(f"amount-{module}")
        self._phase = Elided(theme, Size.SMALL, muted=True)
        self._phase.setObjectName(f"phase-{module}")
        self._bar = Bar(theme, 5)
        self._bar.setObjectName(f"bar-{module}")
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 9, 16, 10)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.addWidget(self._icon, 0, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self._name, 0, 1)
        grid.addWidget(self._amount, 0, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._bar, 1, 1, 1, 2)
        grid.addWidget(self._phase, 2, 1, 1, 2)
        grid.setColumnStretch(1, 1)

    def show_view(self, view: RowView) -> None:
        """Show a state; nothing happens when it is the one that is shown."""
        if view == self._seen:
            return
        self._seen = view
        self._icon.show_icon(view.icon, view.tone)
        self._name.say(view.name)
        self._amount.setText(view.amount)
        self._phase.say(view.phase)
        restyle(self._phase, "tone", view.tone.value)
        self._bar.show_fraction(view.fraction, view.tone)
        self._bar.setAccessibleName(view.name)
        self._bar.setAccessibleDescription(view.phase)

    def mark_last(self, last: bool) -> None:
        """Leave out the line below the last row."""
        restyle(self, "last", last)
