"""The window's own controls; each paints with the theme and can be read by a screen reader."""
