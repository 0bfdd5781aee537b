"""What a shell can offer to complete a word."""

from collections.abc import Mapping

from vsrt_gui.model.value import Value


class Hints(Value):
    """What is known without asking anybody.

    Attributes:
        modules: id to name, installed or known from the last look at the catalog.
        installed: the ids that are installed.
        generations: number to when it was installed, of those that can be gone back to.
    """

    modules: Mapping[str, str] = {}
    installed: frozenset[str] = frozenset()
    generations: Mapping[int, str] = {}
