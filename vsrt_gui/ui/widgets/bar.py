"""A progress bar that glides, says its value to a screen reader, and is calm while the end is unknown."""

from PySide6.QtCore import QEasingCurve, QRectF, QSize, QVariantAnimation
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPainterPath, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QStyle

from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.tokens import Tone

STEPS = 1000
"""Of the whole bar."""
GLIDE_MS = 180
SWEEP_MS = 1600
SWEEP_SHARE = 0.3


class Bar(QProgressBar):
    """A thin bar."""

    def __init__(self, theme: Theme, height: int = 6) -> None:
        super().__init__()
        self._theme = theme
        self._height = height
        self._tone = Tone.ACCENT
        self._shown = 0.0
        self._sweep = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=SWEEP_MS)
        self._sweep.setLoopCount(-1)
        self._sweep.setEasingCurve(QEasingCurve.Type.InOutSine)
        self._sweep.valueChanged.connect(self.update)
        self._glide = QVariantAnimation(self, duration=GLIDE_MS)
        self._glide.valueChanged.connect(self._glided)
        self.setRange(0, STEPS)
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.repaints(self)

    def show_fraction(self, fraction: float | None, tone: Tone = Tone.ACCENT) -> None:
        """Show how much is done, 0 to 1; None while that is unknown."""
        if tone is not self._tone:
            self._tone = tone
            self.update()
        if fraction is None:
            self.setRange(0, 0)
        else:
            self.setRange(0, STEPS)
            self.setValue(round(fraction * STEPS))
            self._move_to(fraction)
        self._animate()

    def sizeHint(self) -> QSize:
        """Return its height and a sensible width."""
        return QSize(120, self._height)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest useful bar."""
        return QSize(40, self._height)

    def showEvent(self, event: QShowEvent) -> None:
        """Move only while it is seen."""
        super().showEvent(event)
        self._animate()

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while it is not seen."""
        super().hideEvent(event)
        self._sweep.stop()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the track and what is done of it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        track = QPainterPath()
        track.addRoundedRect(box, box.height() / 2, box.height() / 2)
        painter.fillPath(track, self._theme.colour("track"))
        painter.setClipPath(track)
        done = self._done(box)
        if done.width() > 0:
            shape = QPainterPath()
            shape.addRoundedRect(done, box.height() / 2, box.height() / 2)
            painter.fillPath(shape, self._colour())
        painter.end()

    def _done(self, box: QRectF) -> QRectF:
        if self.maximum():
            return QRectF(0, 0, box.width() * self._shown, box.height())
        if not self._moves():
            return QRectF(0, 0, box.width() * SWEEP_SHARE, box.height())
        width = box.width() * SWEEP_SHARE
        place = float(self._sweep.currentValue() or 0.0)
        return QRectF(place * (box.width() + width) - width, 0, width, box.height())

    def _colour(self) -> QColor:
        return self._theme.colour("fill") if self._tone is Tone.ACCENT else self._theme.tone(self._tone)

    def _move_to(self, fraction: float) -> None:
        if not self.isVisible() or not self._moves():
            self._shown = fraction
            self.update()
        elif self._glide.endValue() != fraction or self._shown != fraction:
            self._glide.stop()
            self._glide.setStartValue(self._shown)
            self._glide.setEndValue(fraction)
            self._glide.start()

    def _glided(self, value: float) -> None:
        self._shown = value
        self.update()

    def _animate(self) -> None:
        wanted = self.maximum() == 0 and self.isVisible() and self._moves()
        running = self._sweep.state() == QVariantAnimation.State.Running
        if wanted and not running:
            self._sweep.start()
        elif running and not wanted:
            self._sweep.stop()

    def _moves(self) -> bool:
        """Tell whether this system wants animations."""
        return bool(self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, self))
