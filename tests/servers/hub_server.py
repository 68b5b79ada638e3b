"""A real server on localhost that speaks as much of the Hugging Face hub as downloads need.

`/api/datasets/REPO/revision/REV`, `.../tree/REV`, and `/datasets/REPO/resolve/REV/PATH` by HEAD and
by GET, with ranges; of a model likewise, but `/REPO/resolve/REV/PATH`. Files named in `large` are
described by their SHA-256, as the hub does with LFS files, the others by git's blob hash.
"""

from __future__ import annotations

import hashlib
import json
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from servers.threaded import ThreadedServer

REPO = "owner/Bench"
REVISION = "0123456789abcdef0123456789abcdef01234567"


class HubServer:
    """Serves `files` of one repository of a `kind` at one revision, which `main` is too.

    Faults: `gated` refuses access, `down` answers 503 to everything, `cut_after` closes the first
    download of each file after so many bytes, `corrupt` names files whose content is not what their
    description says. `downloads` lists (path, Range header) in the order of the requests.
    """

    def __init__(
        self,
        files: dict[str, bytes],
        *,
        large: tuple[str, ...] = (),
        kind: Literal["datasets", "models"] = "datasets",
    ) -> None:
        self.files = files
        self.kind = kind
        self.large = large
        self.gated = False
        self.down = False
        self.cut_after: int | None = None
        self.corrupt: set[str] = set()
        self.downloads: list[tuple[str, str | None]] = []
        self.tokens: list[str | None] = []
        self.cut: set[str] = set()
        self._server = ThreadedServer(self._handler())

    @property
    def endpoint(self) -> str:
        return self._server.url

    def __enter__(self) -> HubServer:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def description(self) -> dict[str, Any]:
        """Return what the hub says of the repository and its files."""
        siblings = [
            {
                "rfilename": name,
                "size": len(content),
                "blobId": blob_id(content),
                **({"lfs": self._lfs(content)} if name in self.large else {}),
            }
            for name, content in self.files.items()
        ]
        return {"id": REPO, "sha": REVISION, "private": False, "siblings": siblings}

    def tree(self) -> list[dict[str, Any]]:
        """Return the files as the hub lists them."""
        return [
            {
                "type": "file",
                "path": sibling["rfilename"],
                "size": sibling["size"],
                "oid": sibling["blobId"],
            }
            for sibling in self.description()["siblings"]
        ]

    def etag(self, name: str) -> str:
        content = self.files[name]
        return self._lfs(content)["sha256"] if name in self.large else blob_id(content)

    def _lfs(self, content: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        return {"sha256": digest, "size": len(content), "pointerSize": 130}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(_Handler):
            server_state = hub

        return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: HubServer

    def do_GET(self) -> None:
        self._respond(with_body=True)

    def do_HEAD(self) -> None:
        self._respond(with_body=False)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def _respond(self, *, with_body: bool) -> None:
        hub = self.server_state
        hub.tokens.append(self.headers.get("Authorization"))
        path = unquote(urlsplit(self.path).path)
        api = f"/api/{hub.kind}/{REPO}/"
        resolve = f"/{REPO}/resolve/" if hub.kind == "models" else f"/datasets/{REPO}/resolve/"
        if hub.down:
            self._fail(503, None)
        elif path.startswith(f"{api}revision/"):
            self._describe(path.removeprefix(f"{api}revision/"), hub.description())
        elif path.startswith(f"{api}tree/"):
            self._describe(path.removeprefix(f"{api}tree/"), hub.tree())
        elif path.startswith(resolve):
            revision, _, name = path.removeprefix(resolve).partition("/")
            self._resolve(revision, name, with_body=with_body)
        else:
            self._fail(404, "RepoNotFound")

    def _describe(self, revision: str, answer: Any) -> None:
        if self.server_state.gated:
            self._fail(403, "GatedRepo")
        elif revision not in (REVISION, "main"):
            self._fail(404, "RevisionNotFound")
        else:
            self._send(200, json.dumps(answer).encode(), {})

    def _resolve(self, revision: str, name: str, *, with_body: bool) -> None:
        hub = self.server_state
        if revision != REVISION:
            return self._fail(404, "RevisionNotFound")
        if name not in hub.files:
            return self._fail(404, "EntryNotFound")
        content = hub.files[name]
        headers = {"X-Repo-Commit": REVISION, "ETag": f'"{hub.etag(name)}"'}
        if name in hub.large:
            headers |= {"X-Linked-ETag": f'"{hub.etag(name)}"', "X-Linked-Size": str(len(content))}
        if not with_body:
            return self._send(200, content, headers, with_body=False)
        return self._download(name, content, headers)

    def _download(self, name: str, content: bytes, headers: dict[str, str]) -> None:
        hub = self.server_state
        asked = self.headers.get("Range")
        hub.downloads.append((name, asked))
        if name in hub.corrupt:
            content = content[:-1] + bytes([content[-1] ^ 1])
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        if start:
            end = len(content) - 1
            headers = {**headers, "Content-Range": f"bytes {start}-{end}/{len(content)}"}
        stop = None
        if hub.cut_after is not None and name not in hub.cut:
            hub.cut.add(name)
            stop = hub.cut_after
        self._send(206 if start else 200, content[start:], headers, stop=stop)

    def _send(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str],
        *,
        with_body: bool = True,
        stop: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body[:stop])
        if stop is not None:
            self.close_connection = True

    def _fail(self, status: int, code: str | None) -> None:
        self._send(status, b"{}", {"X-Error-Code": code} if code else {})


def blob_id(content: bytes) -> str:
    """Return git's name for a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
