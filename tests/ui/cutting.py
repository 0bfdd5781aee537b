"""Finds text that is cut off, and controls that stick out of the window or can't be read aloud."""

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QTabBar,
    QTreeView,
    QWidget,
)

from vsrt_gui.ui.text import BREAK
from vsrt_gui.ui.widgets.button import Choice
from vsrt_gui.ui.widgets.labels import Elided
from vsrt_gui.ui.widgets.steps import StepList

SLACK = 1
"""Pixels that rounding may cost."""
LINE_PADDING = 11
"""What the style sheet keeps free beside a line's text."""


def faults_of(window: QWidget) -> list[str]:
    """Return everything in a window that can't be read wholly."""
    found: list[str] = []
    for widget in _shown(window):
        found += [f"{_name(widget)}: {why}" for why in (*_cut(widget), *_outside(widget, window))]
    return found


def nameless(window: QWidget) -> list[str]:
    """Return the controls that a screen reader could not name."""
    kinds = (
        QAbstractButton,
        QComboBox,
        QDoubleSpinBox,
        QLineEdit,
        QPlainTextEdit,
        QTreeView,
        QProgressBar,
        QTabBar,
    )
    return [
        _name(widget)
        for widget in _shown(window)
        if isinstance(widget, kinds) and not _spoken(widget) and not _part_of_another(widget)
    ]


def _shown(window: QWidget) -> Iterator[QWidget]:
    return (w for w in window.findChildren(QWidget) if w.isVisible() and w.window() is window)


def _name(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
    return f"{type(widget).__name__} {widget.objectName()} {text[:40]!r}"


def _spoken(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text


def _part_of_another(widget: QWidget) -> bool:
    return any(_inside(widget, kind) for kind in (QPlainTextEdit, QDoubleSpinBox, QTabBar))


def _inside(widget: QWidget, kind: type[QWidget]) -> bool:
    parent = widget.parentWidget()
    return parent is not None and (isinstance(parent, kind) or _inside(parent, kind))


def _cut(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QLabel) and not isinstance(widget, Elided) and widget.text():
        yield from _cut_label(widget)
    if isinstance(widget, QAbstractButton) and not isinstance(widget, Choice) and widget.text():
        yield from _small(widget)
    if isinstance(widget, QComboBox | QDoubleSpinBox | QTabBar):
        yield from _small(widget)
    if isinstance(widget, QLineEdit) and not widget.text() and widget.placeholderText():
        wanted = widget.fontMetrics().horizontalAdvance(widget.placeholderText())
        room = widget.width() - 2 * LINE_PADDING
        if wanted > room + SLACK:
            yield f"its example needs {wanted}, has {room}"
    if isinstance(widget, StepList) and not widget.narrow and widget.widest() > widget.width() + SLACK:
        yield f"the longest step needs {widget.widest()}, has {widget.width()}"


def _small(widget: QWidget) -> Iterator[str]:
    wanted = widget.sizeHint()
    if widget.width() + SLACK < wanted.width() or widget.height() + SLACK < wanted.height():
        yield f"needs {wanted.width()}x{wanted.height()}, has {widget.width()}x{widget.height()}"


def _cut_label(label: QLabel) -> Iterator[str]:
    metrics = QFontMetrics(label.font())
    widest = max(metrics.horizontalAdvance(word) for word in label.text().replace(BREAK, " ").split() or [""])
    if widest > label.width() + SLACK:
        yield f"a word needs {widest}, has {label.width()}"
    if label.wordWrap():
        wanted = label.heightForWidth(label.width())
        if wanted > label.height() + SLACK:
            yield f"needs a height of {wanted}, has {label.height()}"
    elif label.sizeHint().width() > label.width() + SLACK:
        yield f"needs {label.sizeHint().width()}, has {label.width()}"


def _outside(widget: QWidget, window: QWidget) -> Iterator[str]:
    """Tell of a parent that a widget sticks out of; a scroll area may be left downwards only."""
    if isinstance(widget, QAbstractScrollArea) or not isinstance(
        widget, QLabel | QAbstractButton | QLineEdit | QComboBox | QDoubleSpinBox
    ):
        return
    parent = widget.parentWidget()
    while parent is not None:
        box = QRect(widget.mapTo(parent, QPoint(0, 0)), widget.size())
        room = parent.rect().adjusted(-SLACK, -SLACK, SLACK, SLACK)
        scrolls = isinstance(parent.parentWidget(), QScrollArea)
        fits = room.left() <= box.left() and box.right() <= room.right() if scrolls else room.contains(box)
        if not fits:
            yield f"sticks out of {type(parent).__name__} {parent.objectName()}: {box} in {room}"
            return
        if parent is window or scrolls:
            return
        parent = parent.parentWidget()
