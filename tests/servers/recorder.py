"""A server on localhost that gives the same answer to every POST, whatever its address.

Also a proxy that answers itself: what it is asked for is then a whole URL.
"""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

import msgspec
from servers.answers import Answer
from servers.threaded import ThreadedServer


class Asked(msgspec.Struct, frozen=True):
    """A request; the names of its headers are in small letters."""

    path: str
    headers: dict[str, str]
    body: Any


class Recorder:
    """Answers `answer` and keeps what was `asked`."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self._server = ThreadedServer(self._handler())

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> Recorder:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", "0")))
                recorder.asked.append(Asked(self.path, headers, json.loads(body or b"null")))
                self.wfile.write(recorder.answer.encoded())
                self.close_connection = True

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
