"""Hands: the only room that touches socket, disk and operating system."""
