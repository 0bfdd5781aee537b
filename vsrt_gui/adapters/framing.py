"""Counts the bytes of an answer on their way, to tell whether its connection can be trusted with another request."""

import re

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_LONGEST_END = 4
_STATUS_AT = len("HTTP/1.1 ")


class Framing:
    """Follows one connection's answers.

    httpcore takes what came behind an answer for the beginning of the next one: a server (or what stands before it)
    that sends too much, or two answers to one question, would have its say in a request that comes later. A connection
    is clean only where the last answer told its length and exactly so much came; an answer in chunks, which files
    never are, costs its connection.

    Attributes:
        questions: that went out on this connection.
    """

    def __init__(self) -> None:
        self.questions = 0
        self._head = bytearray()
        self._left: int | None = None

    @property
    def waiting(self) -> bool:
        """Whether nothing has come yet of the answer to the last question."""
        return self._left is None and not self._head

    @property
    def stale(self) -> bool:
        """Whether the connection has served before, and nothing has come of this answer."""
        return self.waiting and self.questions > 1

    @property
    def clean(self) -> bool:
        """Whether nothing was asked yet, or the last answer came whole, and nothing besides."""
        return not self.questions or self._left == 0

    def asked(self) -> None:
        """Begin anew: a question goes out, or the next piece of it."""
        self.questions += not self.questions or not self.waiting
        self._head.clear()
        self._left = None

    def came(self, data: bytes) -> None:
        """Count what has come."""
        if self._left is not None:
            self._left -= len(data)
            return
        seen = max(0, len(self._head) - _LONGEST_END)
        self._head += data
        while (end := _HEADER_END.search(self._head, seen)) is not None:
            header = bytes(self._head[: end.end()])
            del self._head[: end.end()]
            seen = 0
            if header[_STATUS_AT : _STATUS_AT + 1] != b"1":  # else a preliminary word; the answer follows
                told = _LENGTH.search(header)
                self._left = (int(told[1]) if told else 0) - len(self._head)
                self._head.clear()
                return
