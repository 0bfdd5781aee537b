"""Verbs: what to do and in which order, free of Qt and of the operating system."""
