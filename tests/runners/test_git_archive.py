"""Official files of a GitHub repository, from a real server on localhost."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from servers.threaded import ThreadedServer

from evalrun.core.errors import ConfigError, DataError
from evalrun.core.options import to_options
from evalrun.core.source import FileSource
from evalrun.runners.fetch import fetch

REVISION = "0123456789abcdef0123456789abcdef01234567"
FILES = {"data/a.json": b"[1]", "data/b.json": b"[2]", "README.md": b"# Bench\n"}
SOURCE = FileSource(git="owner/bench", revision=REVISION, files=("data/*.json",))
PATH = f"/owner/bench/tar.gz/{REVISION}"


def archive(files: dict[str, bytes], *, link: bool = False) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        for name, content in files.items():
            member = tarfile.TarInfo(f"bench-{REVISION}/{name}")
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo(f"bench-{REVISION}/data/link.json")
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            made.addfile(member)
    return out.getvalue()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """What the server has, by path; everything else is not found."""
    contents: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = contents.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadedServer(Handler)
    server.start()
    monkeypatch.setenv("EVALRUN_GIT_ENDPOINT", server.url)
    yield contents
    server.stop()


def test_the_files_asked_for_arrive_with_a_manifest(served, tmp_path: Path) -> None:
    served[PATH] = archive(FILES)
    manifest = fetch(SOURCE, tmp_path)
    assert {p.name for p in (tmp_path / "data").iterdir()} == {"a.json", "b.json"}
    assert (tmp_path / "data/a.json").read_bytes() == b"[1]"
    assert (manifest.repo, manifest.revision) == ("owner/bench", REVISION)
    assert manifest.origin.endswith("/owner/bench")
    served.clear()
    assert fetch(SOURCE, tmp_path) == manifest


def test_links_and_paths_that_lead_out_are_no_files(served, tmp_path: Path) -> None:
    served[PATH] = archive({"data/a.json": b"[1]", "../../data/b.json": b"x"}, link=True)
    assert list(fetch(SOURCE, tmp_path / "d").files) == ["data/a.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["d"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the server answers 404; check repository and revision"),
        (archive(FILES)[:120], "not a whole archive"),
        (b"<html>", "not a whole archive"),
        (archive({"README.md": b""}), r"no file 'data/\*\.json'"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(served, tmp_path, content, message) -> None:
    if content is not None:
        served[PATH] = content
    with pytest.raises(DataError, match=message) as failure:
        fetch(SOURCE, tmp_path)
    assert "\n" not in str(failure.value)


def test_a_server_that_is_not_there_is_named_with_the_way_out(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("EVALRUN_GIT_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9/.*; check the network, or .*--from DIR"):
        fetch(SOURCE, tmp_path)


@pytest.mark.parametrize("named", [{}, {"hub": "a/b", "git": "c/d"}])
def test_a_source_names_one_place(named) -> None:
    with pytest.raises(ConfigError, match="names one place: hub, git or url"):
        to_options({**named, "revision": REVISION, "files": ["*"]}, FileSource, "benchmark.fetch")
