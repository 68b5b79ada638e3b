"""NLTK's data as assets: fetched by NLTK from a real server with an index like its own."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.folder_server import FolderServer

from evalrun.core.cache import cache_dir
from evalrun.core.errors import UnreachableError
from evalrun.scorers.instructions.english import stop_words
from evalrun.scorers.instructions.nltk_data import NLTKPackage, nltk_assets

nltk = pytest.importorskip("nltk")

# NLTK fetches from public addresses alone; the proxy is who answers.
PUBLIC = "http://8.8.8.8"
STOPWORDS = {"stopwords/README": b"lists", "stopwords/english": b"the\nof\n"}
SIZE = sum(len(content) for content in STOPWORDS.values())


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FolderServer]:
    """An index of one package, and a machine without any data of NLTK."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in STOPWORDS.items():
            archive.writestr(name, content)
    content = packed.getvalue()
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "stopwords.zip").write_bytes(content)
    monkeypatch.setattr(nltk.data, "path", [])
    stop_words.cache_clear()
    (folder / "index.xml").write_text(
        f"""<nltk_data><packages><package id="stopwords" name="Stop words" unzip="1"
        subdir="corpora" size="{len(content)}" unzipped_size="{SIZE}"
        checksum="{hashlib.md5(content).hexdigest()}"
        sha256_checksum="{hashlib.sha256(content).hexdigest()}"
        url="{PUBLIC}/stopwords.zip"/></packages><collections/></nltk_data>"""
    )
    with FolderServer(folder) as serving:
        monkeypatch.setenv("http_proxy", serving.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("NLTK_ALLOW_PROXIED_URLOPEN", "1")
        monkeypatch.setenv("EVALRUN_NLTK_INDEX", f"{PUBLIC}/index.xml")
        yield serving
    stop_words.cache_clear()


def test_a_package_is_fetched_once_and_read_from_the_cache(server: FolderServer) -> None:
    asset = NLTKPackage("stopwords")
    assert asset.found() is None
    found = asset.fetch()
    assert found.place == cache_dir() / "nltk_data" / "corpora" / "stopwords"
    assert found.size == SIZE
    assert stop_words() == {"the", "of"}
    asked = list(server.asked)
    assert asset.found() == found
    assert server.asked == asked


def test_data_that_the_machine_has_are_found_there(nltk_data) -> None:
    for asset in nltk_assets():
        found = asset.found()
        assert found is not None
        assert found.place.is_relative_to(nltk_data.folder)


def test_a_package_that_the_index_lacks_is_told_in_one_line(
    server: FolderServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(
        UnreachableError, match=r"NLTK's punkt_tab: .*try again, or put it into"
    ) as e:
        NLTKPackage("punkt_tab").fetch()
    assert "\n" not in str(e.value)
    assert capfd.readouterr() == ("", "")


def test_a_bad_network_is_told_in_one_line(
    server: FolderServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(UnreachableError, match=r"NLTK's stopwords: .*try again"):
        NLTKPackage("stopwords").fetch()
    assert capfd.readouterr() == ("", "")
