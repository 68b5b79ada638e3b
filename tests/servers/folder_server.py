"""A real server on localhost that hands out the files of a folder."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

from servers.threaded import ThreadedServer


class FolderServer(ThreadedServer):
    """Serves what lies in a folder, also as a proxy; `asked` lists the paths of its requests."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        super().__init__(partial(_Handler, self.asked, directory=str(folder)))  # type: ignore[arg-type]

    def __enter__(self) -> FolderServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, asked: list[str], *arguments: object, **options: object) -> None:
        self._asked = asked
        super().__init__(*arguments, **options)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer; a request to a proxy names the whole address."""
        self.path = urlsplit(self.path).path
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Note the request, and stay quiet."""
        self._asked.append(self.path)
