"""Official files of a web server that knows no revisions, over TLS from localhost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import msgspec
import pytest
from servers.certificates import self_signed
from servers.threaded import ThreadedServer

from evalrun.core.errors import ConfigError, DataError
from evalrun.core.options import to_options
from evalrun.core.source import FileSource
from evalrun.runners.fetch import fetch

FILES = {"v1/dev.tsv": b"index\timage\n1\tx\n", "cc.tsv": b"index\n1\n"}
MD5 = {name: hashlib.md5(content).hexdigest() for name, content in FILES.items()}


class Web:
    """A folder on a web server: its files, where it sends those who ask, and who asked."""

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.handler = handler
        self.url = f"https://127.0.0.1:{port}/data"
        self.files = dict(FILES)
        self.moved: dict[str, str] = {}
        self.asked: list[str] = []

    def source(self) -> FileSource:
        return FileSource(url=self.url, files=tuple(FILES), md5=MD5)


@pytest.fixture
def web(tmp_path_factory: pytest.TempPathFactory, monkeypatch) -> Iterator[Web]:
    certificate = self_signed(tmp_path_factory.mktemp("tls"))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/data/")
            served.asked.append(name)
            content = served.files.get(name)
            if name in served.moved:
                self.send_response(302)
                self.send_header("Location", served.moved[name])
            else:
                self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = certificate.server_context().wrap_socket(server.socket, server_side=True)
    served = Web(server.server_port, Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield served
    server.shutdown()
    server.server_close()


def test_files_arrive_with_a_manifest_and_are_not_asked_for_again(web: Web, tmp_path: Path) -> None:
    manifest = fetch(web.source(), tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == FILES
    assert (manifest.repo, manifest.origin, manifest.revision) == (web.url, web.url, None)
    assert manifest.files["cc.tsv"].sha256 == hashlib.sha256(FILES["cc.tsv"]).hexdigest()
    web.asked.clear()
    assert fetch(web.source(), tmp_path) == manifest
    assert web.asked == []


def test_only_what_is_missing_or_damaged_is_fetched(web: Web, tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1/dev.tsv").write_bytes(FILES["v1/dev.tsv"])
    (tmp_path / "cc.tsv").write_bytes(b"damaged")
    fetch(web.source(), tmp_path)
    assert web.asked == ["cc.tsv"]
    assert (tmp_path / "cc.tsv").read_bytes() == FILES["cc.tsv"]


def test_a_file_that_is_not_the_one_meant_is_told(web: Web, tmp_path: Path) -> None:
    web.files["cc.tsv"] = b"another version"
    with pytest.raises(DataError, match=rf"cc\.tsv: its MD5 is \w+, not {MD5['cc.tsv']}"):
        fetch(web.source(), tmp_path)
    assert not (tmp_path / "manifest.json").exists()


def test_a_missing_file_is_told_with_the_way_out(web: Web, tmp_path: Path) -> None:
    del web.files["cc.tsv"]
    with pytest.raises(DataError, match=r"cc\.tsv: the server answers 404; check benchmark\.fetch"):
        fetch(web.source(), tmp_path)


def test_the_way_may_lead_elsewhere(web: Web, tmp_path: Path) -> None:
    web.files["there.tsv"] = FILES["cc.tsv"]
    web.moved["cc.tsv"] = f"{web.url}/there.tsv"
    assert set(fetch(web.source(), tmp_path).files) == FILES.keys()


def test_the_way_may_not_lead_away_from_https(web: Web, tmp_path: Path) -> None:
    plain = ThreadedServer(web.handler)
    plain.start()
    web.moved["cc.tsv"] = f"{plain.url}/data/there.tsv"
    web.files["there.tsv"] = FILES["cc.tsv"]
    with pytest.raises(DataError, match=r"cc\.tsv: the server leads away from https, to http://"):
        fetch(web.source(), tmp_path)
    plain.stop()


def test_copies_are_checked_too_whatever_their_folders(web: Web, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "dev.tsv").write_bytes(FILES["v1/dev.tsv"])
    (mine / "cc.tsv").write_bytes(FILES["cc.tsv"])
    assert set(fetch(web.source(), tmp_path / "data", mine).files) == {"dev.tsv", "cc.tsv"}
    (mine / "dev.tsv").write_bytes(b"index\n")
    with pytest.raises(DataError, match=r"dev\.tsv: its MD5 is"):
        fetch(web.source(), tmp_path / "again", mine)
    assert web.asked == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"url": "http://example.org/data"}, "url should begin with https://"),
        ({"md5": {}}, "each of the files of a url needs its md5"),
        ({"md5": {**MD5, "other.tsv": "0"}}, "each of the files of a url needs its md5"),
        ({"url": None, "hub": "a/b"}, "a repository needs a revision"),
        ({"hub": "a/b"}, "names one place: hub, git or url"),
    ],
)
def test_a_source_says_what_pins_its_files(changed, message: str) -> None:
    section = {"url": "https://example.org/data", "files": list(FILES), "md5": MD5, **changed}
    with pytest.raises(ConfigError, match=message):
        to_options(section, FileSource, "benchmark.fetch")


def test_the_shipped_checksums_are_of_the_shipped_files() -> None:
    shipped = Path(__file__).resolve().parents[2] / "recipes" / "benchmark" / "mmbench.yaml"
    section = msgspec.yaml.decode(shipped.read_bytes())["fetch"]
    source = to_options(section, FileSource, "benchmark.fetch")
    assert all(len(source.md5_of(name) or "") == 32 for name in source.files)
