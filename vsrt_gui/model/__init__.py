"""Nouns: frozen values without I/O, loop or clock; everything else speaks in them."""
