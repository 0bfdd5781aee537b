"""Turns the colours into Qt's style sheet; nothing else in the window names a colour."""

from dataclasses import asdict
from string import Template

from vsrt_gui.ui.tokens import Tokens

_SHEET = Template("""
QWizard, QDialog, QMessageBox { background: $window; color: $text; }
QWizardPage, #pageBody, #pageScroll, #rows { background: transparent; }
QLabel { background: transparent; color: $text; }
QLabel[muted="true"] { color: $muted; }
QLabel[tone="success"] { color: $success; }
QLabel[tone="warning"] { color: $warning; }
QLabel[tone="danger"] { color: $danger; }
QToolTip { background: $surface; color: $text; border: 1px solid $edge; padding: 6px 8px; }

#steps { background: $panel; border: none; border-right: 1px solid $line; }
#footerLine { background: $line; }

QPushButton {
  background: $surface; color: $text; border: 1px solid $edge; border-radius: 7px;
  padding: 7px 15px;
}
QPushButton:hover { background: $raised; }
QPushButton:pressed { background: $track; }
QPushButton:focus { border: 2px solid $accent; padding: 6px 14px; }
QPushButton:disabled { color: $muted; border-color: $line; background: transparent; }
QPushButton[primary="true"] { background: $fill; color: $on_fill; border: 1px solid $fill; font-weight: 600; }
QPushButton[primary="true"]:hover { background: $fill_hover; border-color: $fill_hover; }
QPushButton[primary="true"]:pressed { background: $fill_hover; }
QPushButton[primary="true"]:focus { border: 2px solid $text; }
QPushButton[primary="true"]:disabled { background: $track; color: $muted; border-color: $track; }
QPushButton[danger="true"] { color: $danger; border-color: $danger; }
QPushButton[danger="true"]:hover { background: $danger_soft; }
QPushButton[quiet="true"] {
  background: transparent; border: 1px solid transparent; color: $accent; padding: 5px 5px 5px 0; text-align: left;
}
QPushButton[quiet="true"]:hover { background: $raised; }
QPushButton[quiet="true"]:focus { border-bottom: 2px solid $accent; padding: 5px 5px 4px 0; border-radius: 0; }
QPushButton[quiet="true"]:disabled { color: $muted; background: transparent; }
QPushButton[panel="true"] { color: $muted; padding: 6px 10px 6px 0; }
QPushButton[panel="true"]:hover { color: $text; background: transparent; }
QPushButton[panel="true"]:focus { padding: 6px 10px 5px 0; }
QPushButton[inline="true"] { padding: 0; }
QPushButton[inline="true"]:focus { padding: 0; border-bottom: 2px solid $accent; }
QPushButton[bare="true"] { padding: 6px 4px; }
QPushButton[bare="true"]:focus { padding: 6px 4px 5px 4px; }

QPushButton[choice="true"] {
  text-align: left; padding: 0px; border: 1px solid $line; border-radius: 10px; background: $surface;
}
QPushButton[choice="true"]:hover { background: $raised; border-color: $edge; }
QPushButton[choice="true"]:pressed { background: $track; }
QPushButton[choice="true"]:focus { border: 2px solid $accent; }
QPushButton[choice="true"][leads="true"] { background: $accent_soft; border-color: $accent; }
QPushButton[choice="true"][leads="true"]:focus { border: 2px solid $accent; }
QPushButton[choice="true"] QLabel:disabled { color: $muted; }
QPushButton[choice="true"]:disabled { background: transparent; border-color: $line; }

QFrame#card { background: $surface; border: 1px solid $line; border-radius: 10px; }
QFrame#moduleRow { background: transparent; border: none; border-bottom: 1px solid $line; }
QFrame#moduleRow[last="true"] { border-bottom: none; }
QFrame#settingRow { background: transparent; border: none; }
QFrame#settingRow[first="false"] { border-top: 1px solid $line; }
QFrame#settingRow[wrong="true"] { background: $danger_soft; border-radius: 10px; }
QFrame#notice { border-radius: 9px; border: 1px solid transparent; }
QFrame#notice[tone="neutral"] { background: $neutral_soft; }
QFrame#notice[tone="accent"] { background: $accent_soft; }
QFrame#notice[tone="success"] { background: $success_soft; }
QFrame#notice[tone="warning"] { background: $warning_soft; }
QFrame#notice[tone="danger"] { background: $danger_soft; }

QLineEdit, QDoubleSpinBox {
  background: $surface; color: $text; border: 1px solid $edge; border-radius: 7px; padding: 7px 10px;
  selection-background-color: $fill; selection-color: $on_fill;
}
QLineEdit:focus, QDoubleSpinBox:focus { border: 2px solid $accent; padding: 6px 9px; }
QDoubleSpinBox QLineEdit, QDoubleSpinBox QLineEdit:focus { border: none; padding: 0; background: transparent; }
QDoubleSpinBox::up-button, QDoubleSpinBox::down-button { width: 0; border: none; }
QLineEdit:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
  background: transparent; color: $muted; border-color: $line;
}

QComboBox {
  combobox-popup: 0;
  background: $surface; color: $text; border: 1px solid $edge; border-radius: 7px; padding: 7px 32px 7px 12px;
}
QComboBox:hover { background: $raised; }
QComboBox:focus { border: 2px solid $accent; padding: 6px 31px 6px 11px; }
QComboBox::drop-down { border: none; width: 0; }
QComboBox QAbstractItemView {
  background: $surface; color: $text; border: 1px solid $edge; outline: 0; padding: 0;
  selection-background-color: $fill; selection-color: $on_fill;
}
QComboBox QAbstractItemView::item { min-height: 34px; padding: 0 12px; }
QComboBox QAbstractItemView::item:selected { background: $fill; color: $on_fill; }

QTabBar { background: transparent; }
QTabBar::tab {
  background: transparent; color: $muted; border: 2px solid transparent; border-radius: 7px;
  padding: 6px 14px; margin-right: 4px;
}
QTabBar::tab:hover { background: $raised; color: $text; }
QTabBar::tab:selected { background: $accent_soft; color: $accent; }
QTabBar::tab:selected:focus { border: 2px solid $accent; }

QTreeView, QListWidget {
  background: $surface; color: $text; border: 1px solid $line; border-radius: 10px; outline: 0; padding: 4px;
}
QTreeView:focus { border: 1px solid $edge; }
QListWidget:focus { border: 2px solid $accent; padding: 3px; }
QListWidget::item { padding: 5px 8px; border-radius: 6px; }
QListWidget::item:selected { background: $accent_soft; color: $text; }
QPlainTextEdit, QTextEdit {
  background: $surface; color: $muted; border: 1px solid $line; border-radius: 10px; padding: 6px;
  selection-background-color: $fill; selection-color: $on_fill;
}
QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid $accent; padding: 5px; }

QScrollArea { border: none; background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 3px; }
QScrollBar::handle:vertical { background: $edge; border-radius: 3px; min-height: 32px; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 3px; }
QScrollBar::handle:horizontal { background: $edge; border-radius: 3px; min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def stylesheet(tokens: Tokens) -> str:
    """Return the whole application's style sheet in these colours."""
    return _SHEET.substitute(asdict(tokens))
