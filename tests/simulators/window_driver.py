"""Drives the real window by real clicks and keys, from a coroutine on the window's own loop.

drive = Driver(wizard)
wizard.show()
await drive.click("installButton")          # waits until it is there and enabled
await drive.page(PageId.COMPONENTS)
await drive.click("nextButton")
...
await drive.page(PageId.FINISH)
"""

import asyncio
import time
from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QProgressBar, QWidget

from vsrt_gui.ui.dialogs.sheet import Sheet
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.text import BREAK
from vsrt_gui.ui.wizard import Wizard

PATIENCE = 30.0
"""Seconds until something that never comes fails the test."""
BETWEEN = 0.01


class Driver:
    """A user's hands and eyes."""

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard

    async def until(self, condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        """Wait for something; fails with what the window shows instead."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}; the window says: {self.texts()}")
            await asyncio.sleep(BETWEEN)

    def find(self, name: str) -> QWidget | None:
        """Return the visible control of that object name, None while there is none."""
        found = self.wizard.findChildren(QWidget, name)
        return next((widget for widget in found if widget.isVisible()), None)

    def button(self, name: str) -> QAbstractButton:
        """Return a visible button."""
        found = self.find(name)
        assert isinstance(found, QAbstractButton), f"no {name}; the window says: {self.texts()}"
        return found

    def sees(self, name: str) -> bool:
        """Tell whether a control is visible."""
        return self.find(name) is not None

    async def click(self, name: str) -> None:
        """Click a button as soon as it can be clicked."""
        await self.until(lambda: self._ready(name), f"{name} never could be clicked")
        QTest.mouseClick(self.button(name), Qt.MouseButton.LeftButton)

    async def press(self, key: Qt.Key, name: str = "") -> None:
        """Press a key in the focused control, or in a named one."""
        if not name:
            await self.until(self._focus, "the focus is nowhere")
        target = self.find(name) if name else self._focus()
        assert target is not None, name
        QTest.keyClick(target, key)

    async def write(self, name: str, text: str) -> None:
        """Replace the text of a field, key by key."""
        await self.until(lambda: self.sees(name), f"no {name}")
        field = self.find(name)
        assert isinstance(field, QLineEdit)
        field.selectAll()
        QTest.keyClicks(field, text)

    async def tick(self, module: str) -> None:
        """Click on a module's row."""
        tree = self.wizard.components.tree
        tree.scrollToItem(tree.item_of(module))
        QTest.mouseClick(
            tree.viewport(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            tree.row_centre(module),
        )

    async def page(self, page: PageId, seconds: float = PATIENCE) -> None:
        """Wait for a page."""
        await self.until(lambda: self.wizard.currentId() == page, f"{page.name} never came", seconds)

    async def dialog(self, name: str) -> Sheet:
        """Wait for a dialog."""
        await self.until(lambda: self.sees(name), f"{name} never came")
        found = self.find(name)
        assert isinstance(found, Sheet)
        return found

    def text(self, name: str) -> str:
        """Return what a visible label or button says, empty while it is not there."""
        found = self.find(name)
        readable = isinstance(found, QLabel | QAbstractButton | QLineEdit)
        return found.text().replace(BREAK, "") if readable else ""

    @property
    def title(self) -> str:
        """The title of the page that is shown."""
        return self.text("pageTitle")

    def texts(self) -> list[str]:
        """Return everything that can be read now, top to bottom."""
        shown = [w for w in self.wizard.findChildren(QWidget) if w.isVisible()]
        readable = [w for w in shown if isinstance(w, QLabel | QAbstractButton)]
        readable.sort(key=lambda w: (w.mapTo(self.wizard, QPoint()).y(), w.mapTo(self.wizard, QPoint()).x()))
        return [w.text() for w in readable if w.text()]

    def percent(self) -> float:
        """Return where the overall bar stands, 0 to 100."""
        bar = self.find("overallBar")
        assert isinstance(bar, QProgressBar)
        return 100 * bar.value() / bar.maximum() if bar.maximum() else 0.0

    def _focus(self) -> QWidget | None:
        focused = self.wizard.focusWidget()
        return focused if focused is not None and focused.isVisible() else None

    def _ready(self, name: str) -> bool:
        found = self.find(name)
        return isinstance(found, QAbstractButton) and found.isEnabled()
