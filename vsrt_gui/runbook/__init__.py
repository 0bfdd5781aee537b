"""The words for a fault: pages by code and language."""
