"""The modules to choose from: grouped, with what each is for, and why one can't be left out."""

from collections.abc import Mapping

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
)

from vsrt_gui.model.manifest import ModuleType, Target
from vsrt_gui.runbook.quantities import listed, size
from vsrt_gui.ui.selection import Selection
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone

ID = Qt.ItemDataRole.UserRole
WHY = Qt.ItemDataRole.UserRole + 1
LOCKED = Qt.ItemDataRole.UserRole + 2
GROUP = Qt.ItemDataRole.UserRole + 3

PAD = 7
BOX = 18
LOCK = 14
Index = QModelIndex | QPersistentModelIndex

ICONS = {
    ModuleType.RUNTIME: "runtime",
    ModuleType.SERVER: "server",
    ModuleType.EXTENSIONS: "extensions",
    ModuleType.LANGUAGE_SERVER: "language-server",
    ModuleType.DEBUG_ADAPTER: "debug-adapter",
}


class _Rows(QStyledItemDelegate):
    """Paints a group's head, and a module with two lines and its tick box."""

    def __init__(self, theme: Theme, parent: QTreeWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the height of two lines, or of a head, and the width of a cell's text."""
        one = self._height(Size.STRONG)
        if index.sibling(index.row(), 0).data(GROUP):
            return QSize(0, one + 2 * PAD)
        text = index.data() or ""
        width = QFontMetrics(self._theme.font(Size.BODY)).horizontalAdvance(text) + 2 * PAD + 2
        return QSize(width, one + self._height(Size.SMALL) + 2 * PAD)

    def editorEvent(
        self, _event: QEvent, _model: QAbstractItemModel, _option: QStyleOptionViewItem, _index: Index
    ) -> bool:
        """Leave ticking to the tree, which knows the rules."""
        return False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = option.rect
        first = index.sibling(index.row(), 0)
        if first.data(GROUP):
            self._head(painter, box, index)
        elif index.column():
            self._ground(painter, option)
            self._cell(painter, box, index)
        else:
            self._ground(painter, option)
            self._module(painter, box, index)
            if option.state & QStyle.StateFlag.State_HasFocus:
                painter.fillRect(box.left(), box.top(), 3, box.height(), self._theme.colour("accent"))
        painter.restore()

    def _height(self, which: Size) -> int:
        return QFontMetrics(self._theme.font(which)).height()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        flag = QStyle.StateFlag
        if option.state & (flag.State_HasFocus | flag.State_Selected | flag.State_MouseOver):
            painter.fillRect(option.rect, self._theme.colour("raised"))

    def _head(self, painter: QPainter, box: QRect, index: Index) -> None:
        if index.column():
            return
        room = box.adjusted(PAD + 30, PAD + 4, 200, -PAD + 4)
        icon = QRectF(box.left() + PAD, room.center().y() - 8, 18, 18)
        name = index.data(GROUP)
        self._theme.icons.paint(painter, name, icon, self._theme.tone(Tone.NEUTRAL))
        painter.setFont(self._theme.font(Size.STRONG))
        painter.setPen(self._theme.colour("muted"))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, index.data())

    def _module(self, painter: QPainter, box: QRect, index: Index) -> None:
        enabled = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        self._tick(painter, QRectF(box.left() + PAD, box.center().y() - BOX / 2 + 1, BOX, BOX), index)
        words = box.adjusted(PAD + BOX + 12, PAD, -PAD, -PAD)
        painter.setFont(self._theme.font(Size.STRONG))
        painter.setPen(self._theme.colour("text" if enabled else "muted"))
        height = painter.fontMetrics().height()
        upper = QRect(words.left(), words.top(), words.width(), height)
        painter.drawText(
            upper, Qt.AlignmentFlag.AlignVCenter, self._fit(painter, index.data(), upper.width())
        )
        if index.data(LOCKED):
            place = painter.fontMetrics().horizontalAdvance(index.data()) + 8
            lock = QRectF(upper.left() + place, upper.center().y() - LOCK / 2 + 1, LOCK, LOCK)
            self._theme.icons.paint(painter, "lock", lock, self._theme.tone(Tone.NEUTRAL))
        painter.setFont(self._theme.font(Size.SMALL))
        painter.setPen(self._theme.colour("muted"))
        lower = QRect(words.left(), upper.bottom() + 3, words.width(), words.bottom() - upper.bottom())
        painter.drawText(lower, Qt.AlignmentFlag.AlignTop, self._fit(painter, index.data(WHY), lower.width()))

    def _tick(self, painter: QPainter, box: QRectF, index: Index) -> None:
        ticked = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole) or 0) == Qt.CheckState.Checked
        locked = bool(index.data(LOCKED))
        enabled = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        shape = box.adjusted(0.75, 0.75, -0.75, -0.75)
        if ticked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("muted" if locked else "fill"))
            painter.drawRoundedRect(box, 5, 5)
            colour = self._theme.colour("window" if locked else "on_fill")
            self._theme.icons.paint(painter, "check", box.adjusted(2, 2, -2, -2), colour)
            return
        painter.setPen(QPen(self._theme.colour("edge" if enabled else "line"), 1.5))
        painter.setBrush(self._theme.colour("surface"))
        painter.drawRoundedRect(shape, 4.5, 4.5)

    def _cell(self, painter: QPainter, box: QRect, index: Index) -> None:
        painter.setFont(self._theme.font(Size.BODY))
        painter.setPen(self._theme.colour("muted"))
        room = box.adjusted(PAD, 0, -PAD, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(room, flags, self._fit(painter, index.data() or "", room.width()))

    @staticmethod
    def _fit(painter: QPainter, text: str, width: int) -> str:
        return painter.fontMetrics().elidedText(text or "", Qt.TextElideMode.ElideRight, width)


class ModuleTree(QTreeWidget):
    """Ticks modules by mouse or space bar, and says when one must stay."""

    changed = Signal(Selection)
    refused = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._selection = Selection(())
        self._items: dict[str, QTreeWidgetItem] = {}
        self.setObjectName("moduleTree")
        self.setAccessibleName(self.tr("Modules"))
        self.setColumnCount(3)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setItemsExpandable(False)
        self.setMouseTracking(True)
        self.setUniformRowHeights(False)
        self.setVerticalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Rows(theme, self))
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        theme.changed.connect(self.viewport().update)

    @property
    def selection(self) -> Selection:
        """What is ticked."""
        return self._selection

    def offer(self, selection: Selection, unavailable: Mapping[str, str]) -> None:
        """Show these modules.

        Args:
            selection: the modules and which are ticked.
            unavailable: modules that this computer can't have, each with the reason.
        """
        self.clear()
        self._items.clear()
        groups: dict[ModuleType, QTreeWidgetItem] = {}
        for kind in ModuleType:
            members = [t for t in selection.targets if t.module.type is kind]
            if members:
                groups[kind] = self._group(self._kind(kind), ICONS[kind])
                for target in members:
                    self._items[target.id] = _item(groups[kind], target)
        if unavailable:
            head = self._group(self.tr("Not for this computer"), "info")
            for module, why in unavailable.items():
                _lost(head, module, why)
        self.expandAll()
        self._show(selection)
        first = next(iter(self._items.values()), None)
        if first is not None:
            self.setCurrentItem(first)

    def toggle(self, module: str) -> None:
        """Tick or untick a module, as far as the rules allow."""
        before = self._selection
        if module in before.ticked:
            after = before.untick(module)
            if after is before:
                self.refused.emit(self.reason(module))
                return
        else:
            after = before.tick(module)
        self._show(after)
        self.changed.emit(after)

    def reason(self, module: str) -> str:
        """Return why a module must stay, empty where it need not."""
        selection = self._selection
        target = selection.target(module)
        if target is None or not selection.locked(module):
            return ""
        if selection.critical(module):
            return self.tr("{name} is part of every installation.").format(name=target.module.name)
        names = [holder.module.name for holder in selection.holders(module)]
        words = self.tr("{holders} needs {name}.") if len(names) == 1 else self.tr("{holders} need {name}.")
        return words.format(holders=listed(names), name=target.module.name)

    def current_module(self) -> str | None:
        """Return the id of the row that has the focus, None on a head."""
        item = self.currentItem()
        return None if item is None else item.data(0, ID)

    def item_of(self, module: str) -> QTreeWidgetItem:
        """Return a module's row."""
        return self._items[module]

    def row_centre(self, module: str) -> QPoint:
        """Return where to click on a module, in the viewport."""
        return self.visualItemRect(self._items[module]).center()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tick by a click anywhere on the row."""
        super().mouseReleaseEvent(event)
        item = self.itemAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and item is not None and item is self.currentItem():
            self._toggle_item(item)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tick by the space bar."""
        item = self.currentItem()
        if event.key() == Qt.Key.Key_Space and item is not None:
            self._toggle_item(item)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            event.ignore()  # the page's default button takes it
        else:
            super().keyPressEvent(event)
            self._pass_head(up=event.key() in {Qt.Key.Key_Up, Qt.Key.Key_PageUp})

    def _pass_head(self, *, up: bool) -> None:
        """Move on from a group's head, on which there is nothing to do."""
        item = self.currentItem()
        if item is None or item.data(0, ID) is not None:
            return
        self.scrollToItem(item)
        following = (self.itemAbove(item) if up else None) or self.itemBelow(item)
        if following is not None:
            self.setCurrentItem(following)

    def _toggle_item(self, item: QTreeWidgetItem) -> None:
        module = item.data(0, ID)
        if module is not None and item.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.toggle(module)

    def _show(self, selection: Selection) -> None:
        self._selection = selection
        for module, item in self._items.items():
            ticked = module in selection.ticked
            item.setCheckState(0, Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
            why = self.reason(module)
            target = selection.target(module)
            about = target.module.description if target else ""
            item.setData(0, LOCKED, selection.locked(module))
            held = bool(why) and not selection.critical(module)
            item.setData(0, WHY, f"{why} {about}".strip() if held else about)
            item.setToolTip(0, "\n".join(filter(None, (about, why))))
            item.setData(0, Qt.ItemDataRole.AccessibleDescriptionRole, f"{about} {why}".strip())

    def _group(self, name: str, icon: str) -> QTreeWidgetItem:
        head = QTreeWidgetItem(self, [name])
        head.setFlags(Qt.ItemFlag.ItemIsEnabled)
        head.setData(0, GROUP, icon)
        head.setFirstColumnSpanned(True)
        return head

    def _kind(self, kind: ModuleType) -> str:
        return {
            ModuleType.RUNTIME: self.tr("Runtime"),
            ModuleType.SERVER: self.tr("Server"),
            ModuleType.EXTENSIONS: self.tr("Extensions"),
            ModuleType.LANGUAGE_SERVER: self.tr("Language support"),
            ModuleType.DEBUG_ADAPTER: self.tr("Debugging"),
        }[kind]


def _item(group: QTreeWidgetItem, target: Target) -> QTreeWidgetItem:
    known = target.artifact.size
    item = QTreeWidgetItem(
        group, [target.module.name, target.module.version, "" if known is None else size(known)]
    )
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
    item.setData(0, ID, target.id)
    return item


def _lost(group: QTreeWidgetItem, module: str, why: str) -> None:
    item = QTreeWidgetItem(group, [module])
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    item.setData(0, WHY, why)
    item.setToolTip(0, why)
