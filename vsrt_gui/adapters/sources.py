"""Sends each request to the hand that its url's scheme needs."""

from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from vsrt_gui.adapters.folder import FolderSource
from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.adapters.http_answer import bad
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask, Body, Source


class Sources:
    """Answers `Source` for every scheme that a manifest may name."""

    def __init__(self, http: HttpSource, folder: FolderSource) -> None:
        """Make the dispatcher.

        Args:
            http: for http and https.
            folder: for file.
        """
        self._by_scheme: dict[str, Source] = {"http": http, "https": http, "file": folder}
        self._http = http

    def open(self, ask: Ask, stop: Stop) -> AbstractContextManager[Body]:
        """Ask the source of the url's scheme; see `Source.open`."""
        source = self._by_scheme.get(urlsplit(ask.url).scheme)
        if source is None:
            raise bad(ask.url, "it does not begin with http, https or file")
        return source.open(ask, stop)

    def close(self) -> None:
        """Let all connections go."""
        self._http.close()
