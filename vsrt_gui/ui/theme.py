"""The look: follows the system's light or dark scheme live, and dresses the whole application in it.

The rules of the design:

- Colours have names and live in `tokens.py`: light, dark, and both in high contrast. A widget asks the theme for
  them, and only `stylesheet.py` fills them in. Text has a contrast of 4.5 : 1 or more, what can be used 3 : 1; a
  test measures it.
- Five sizes of text (`Size`), all factors of the system's own font, which is kept. One title a page.
- A page's margin is 28, a sheet's 24, a card's 16, in device-independent pixels; things that belong together stand
  closer to each other than to the next. Cards have round corners.
- One filled button a page: what most people want. What takes something away has a red line and is never the
  default. Links and side matters are `quiet`. Every control shows its focus, and has a name to be read out.
- Colour never speaks alone: a tone (`Tone`) comes with an icon and with words.
- Icons are line drawings on a grid of 24, 1.75 wide, in `currentColor`; they are drawn anew for each colour and
  scale.
- Texts wrap and are never cut; only paths and names in lists are shortened, with the whole as a tooltip.
- Nothing moves but bars, and they do not where the system asks for no animations.
"""

from enum import Enum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from vsrt_gui.model.settings import Appearance
from vsrt_gui.ui.icons import Icons
from vsrt_gui.ui.stylesheet import stylesheet
from vsrt_gui.ui.tokens import DARK, DARK_CONTRAST, LIGHT, LIGHT_CONTRAST, Tokens, Tone

SMALLEST_BODY = 10.0
SMALLEST_POINTS = 9.5
"""No text gets smaller than this, however small the system's font is."""


class Size(Enum):
    """The type scale: a factor of the system's font size, and a weight."""

    TITLE = (1.7, QFont.Weight.DemiBold)
    HEADING = (1.15, QFont.Weight.DemiBold)
    BODY = (1.0, QFont.Weight.Normal)
    STRONG = (1.0, QFont.Weight.DemiBold)
    SMALL = (0.92, QFont.Weight.Normal)


class Theme(QObject):
    """The colours, fonts and icons in force."""

    changed = Signal()

    def __init__(self, app: QApplication, icons: Icons, parent: QObject) -> None:
        """Dress the application.

        Args:
            app: the application.
            icons: the product's icons.
            parent: the window that it lives as long as.
        """
        super().__init__(parent)
        self._app = app
        self._icons = icons
        self.tokens: Tokens = LIGHT
        if not app.styleSheet():
            app.setStyle(
                "Fusion"
            )  # once: a second one, under a style sheet, leaves live widgets with a dead one
        font = app.font()
        font.setPointSizeF(max(SMALLEST_BODY, font.pointSizeF()))
        app.setFont(font)
        app.setWindowIcon(icons.window_icon())
        # Kept: PySide invalidates what came out of it together with the last Python reference to it.
        hints = self._hints = app.styleHints()
        self._appearance = Appearance.SYSTEM
        self._dark = hints.colorScheme() == Qt.ColorScheme.Dark
        hints.colorSchemeChanged.connect(self._scheme_changed)
        hints.accessibility().contrastPreferenceChanged.connect(lambda _: self._follow())
        self._follow()

    def prefer(self, appearance: Appearance) -> None:
        """Show these colours from now on; `SYSTEM` follows the system again, live."""
        if appearance is self._appearance:
            return
        self._appearance = appearance
        # Qt is asked, too: it colours title bars and the system's own dialogs.
        if appearance is Appearance.SYSTEM:
            self._hints.unsetColorScheme()
            self._dark = self._hints.colorScheme() == Qt.ColorScheme.Dark
        else:
            self._dark = appearance is Appearance.DARK
            self._hints.setColorScheme(Qt.ColorScheme.Dark if self._dark else Qt.ColorScheme.Light)
        self._follow()

    def colour(self, name: str) -> QColor:
        """Return one colour by its token's name."""
        return QColor(getattr(self.tokens, name))

    def tone(self, tone: Tone) -> QColor:
        """Return the colour that says this."""
        return QColor(self.tokens.tone(tone))

    def icon(self, name: str, tone: Tone = Tone.NEUTRAL, size: int = 18) -> QIcon:
        """Return an icon for a button; white on a primary one is the stylesheet's matter."""
        return self._icons.icon(name, self.tone(tone), size)

    def icon_on_fill(self, name: str, size: int = 18) -> QIcon:
        """Return an icon for a primary button."""
        return self._icons.icon(name, self.colour("on_fill"), size)

    @property
    def icons(self) -> Icons:
        """The icons, for widgets that paint them themselves."""
        return self._icons

    @property
    def legible(self) -> bool:
        """Whether this system has a font that can write; without one a window shows no letters at all."""
        return QFontMetrics(self._app.font()).inFontUcs4(ord("A"))

    def font(self, size: Size) -> QFont:
        """Return the system's font in one size of the scale."""
        factor, weight = size.value
        font = QFont(self._app.font())
        font.setPointSizeF(max(SMALLEST_POINTS, font.pointSizeF() * factor))
        font.setWeight(weight)
        return font

    def repaints(self, widget: QWidget) -> None:
        """Paint a widget again whenever the colours change; for as long as it lives."""
        self.changed.connect(widget.update)

    def _scheme_changed(self, scheme: Qt.ColorScheme) -> None:
        if self._appearance is not Appearance.SYSTEM:
            return  # the user chose for himself
        self._dark = scheme == Qt.ColorScheme.Dark
        self._follow()

    def _follow(self) -> None:
        """Take the colours that the system asks for now."""
        preference = self._hints.accessibility().contrastPreference()
        strong = preference == Qt.ContrastPreference.HighContrast
        plain, contrasting = (DARK, DARK_CONTRAST) if self._dark else (LIGHT, LIGHT_CONTRAST)
        self.wear(contrasting if strong else plain)

    def wear(self, tokens: Tokens) -> None:
        """Dress the application in these colours, until the system asks for others."""
        self.tokens = tokens
        sheet = stylesheet(tokens)
        if sheet != self._app.styleSheet():
            self._app.setPalette(_palette(tokens))
            self._app.setStyleSheet(sheet)
        self.changed.emit()


def _palette(tokens: Tokens) -> QPalette:
    """Return Qt's palette for the parts of its own that the stylesheet does not reach."""
    role = QPalette.ColorRole
    palette = QPalette()
    for which, colour in {
        role.Window: tokens.window,
        role.WindowText: tokens.text,
        role.Base: tokens.surface,
        role.AlternateBase: tokens.raised,
        role.Text: tokens.text,
        role.Button: tokens.surface,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.on_fill,
        role.ToolTipBase: tokens.surface,
        role.ToolTipText: tokens.text,
        role.PlaceholderText: tokens.muted,
        role.Highlight: tokens.fill,
        role.HighlightedText: tokens.on_fill,
        role.Accent: tokens.fill,
        role.Link: tokens.accent,
        role.LinkVisited: tokens.accent,
        role.Light: tokens.raised,
        role.Midlight: tokens.line,
        role.Mid: tokens.line,
        role.Dark: tokens.edge,
        role.Shadow: tokens.edge,
    }.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(tokens.muted))
    return palette
