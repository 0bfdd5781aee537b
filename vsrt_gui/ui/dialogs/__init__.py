"""Dialogs that are opened and awaited; none ever runs a loop of its own."""
