"""The colours of the design, light and dark, each checked for contrast by a test."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Tone(StrEnum):
    """What a coloured thing says."""

    NEUTRAL = "neutral"
    ACCENT = "accent"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"


@dataclass(frozen=True)
class Tokens:
    """One set of colours, `#rrggbb`.

    Attributes:
        dark: whether it is for a dark scheme.
        window: behind everything.
        panel: the side panel and the bar with the buttons.
        surface: cards, lists and fields.
        raised: a surface under the pointer.
        text: what is read.
        muted: what is read second.
        line: between things; decoration only.
        edge: around things that can be used (3:1 against what lies behind).
        accent: lines, icons and links that stand out.
        fill: a primary button; `on_fill` is written on it.
        fill_hover: the same under the pointer.
        on_fill: on `fill`.
        track: the empty part of a bar.
        success: that something is well, as text or line; `warning` and `danger` likewise.
        accent_soft: a calm background for a notice of that tone; so are the other `_soft` ones.
    """

    dark: bool
    window: str
    panel: str
    surface: str
    raised: str
    text: str
    muted: str
    line: str
    edge: str
    accent: str
    fill: str
    fill_hover: str
    on_fill: str
    track: str
    success: str
    warning: str
    danger: str
    accent_soft: str
    success_soft: str
    warning_soft: str
    danger_soft: str
    neutral_soft: str

    def tone(self, tone: Tone) -> str:
        """Return the colour that says this on a surface."""
        return {
            Tone.NEUTRAL: self.muted,
            Tone.ACCENT: self.accent,
            Tone.SUCCESS: self.success,
            Tone.WARNING: self.warning,
            Tone.DANGER: self.danger,
        }[tone]

    def soft(self, tone: Tone) -> str:
        """Return the calm background of this tone."""
        return {
            Tone.NEUTRAL: self.neutral_soft,
            Tone.ACCENT: self.accent_soft,
            Tone.SUCCESS: self.success_soft,
            Tone.WARNING: self.warning_soft,
            Tone.DANGER: self.danger_soft,
        }[tone]


LIGHT = Tokens(
    dark=False,
    window="#f7f8fa",
    panel="#eef1f6",
    surface="#ffffff",
    raised="#f2f5fa",
    text="#1a1e26",
    muted="#556070",
    line="#dde2ea",
    edge="#7d8696",
    accent="#1b5cc9",
    fill="#1f62d6",
    fill_hover="#1850b3",
    on_fill="#ffffff",
    track="#e1e6ee",
    success="#14713f",
    warning="#8a5300",
    danger="#b3261e",
    accent_soft="#e9f1fe",
    success_soft="#e6f5ec",
    warning_soft="#fff4da",
    danger_soft="#fdeeec",
    neutral_soft="#eef1f6",
)

DARK = Tokens(
    dark=True,
    window="#15181e",
    panel="#101318",
    surface="#1d2129",
    raised="#262b35",
    text="#eceff4",
    muted="#a7b0be",
    line="#313743",
    edge="#757f90",
    accent="#82b1ff",
    fill="#2a66d4",
    fill_hover="#336fda",
    on_fill="#ffffff",
    track="#323946",
    success="#6cd49a",
    warning="#f2bd5c",
    danger="#ff9b92",
    accent_soft="#1a2a45",
    success_soft="#17301f",
    warning_soft="#352a12",
    danger_soft="#3b1d1b",
    neutral_soft="#232832",
)

LIGHT_CONTRAST = replace(
    LIGHT, window="#ffffff", panel="#ffffff", text="#000000", muted="#1f2530", line="#000000", edge="#000000"
)
DARK_CONTRAST = replace(
    DARK,
    window="#000000",
    panel="#000000",
    surface="#000000",
    text="#ffffff",
    muted="#e6e9ee",
    line="#ffffff",
    edge="#ffffff",
)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2, "relative luminance")."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)  # noqa: PLR2004
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
