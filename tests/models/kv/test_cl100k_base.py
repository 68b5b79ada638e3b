"""tiktoken's file: where it is looked for, where it is put, and what a bad network says."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("tiktoken")

from evalrun.core.cache import cache_dir
from evalrun.core.errors import UnreachableError
from evalrun.models.kv.cl100k_base import FILE, Cl100kBase


@pytest.fixture(autouse=True)
def _no_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    monkeypatch.delenv("DATA_GYM_CACHE_DIR", raising=False)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "tmp"))


def put(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(b"ranks")
    return folder / FILE


def test_it_is_found_where_tiktoken_is_told_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "told"))
    put(cache_dir() / "tiktoken")
    assert Cl100kBase().found() is None
    file = put(tmp_path / "told")
    found = Cl100kBase().found()
    assert found is not None
    assert (found.place, found.size) == (file, 5)


def test_it_is_found_in_the_users_cache_and_in_tiktokens_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = put(tmp_path / "tmp" / "data-gym-cache")
    assert (found := Cl100kBase().found())
    assert found.place == usual
    shared = put(cache_dir() / "tiktoken")
    assert (found := Cl100kBase().found())
    assert found.place == shared
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")  # so that the choice is undone with the test
    del os.environ["TIKTOKEN_CACHE_DIR"]
    Cl100kBase().choose()
    assert os.environ["TIKTOKEN_CACHE_DIR"] == str(shared.parent)


def test_the_real_file_in_the_cache_is_taken_and_a_wrong_one_fetched_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """tiktoken compares it with a hash of its own."""
    pytest.importorskip("litellm")
    from tiny_classifier import tiktoken_files

    folder = cache_dir() / "tiktoken"
    folder.mkdir(parents=True)
    shutil.copy(tiktoken_files() / FILE, folder / FILE)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    found = Cl100kBase().fetch()
    assert found.size == (tiktoken_files() / FILE).stat().st_size
    (folder / FILE).write_bytes(b"damaged")
    with pytest.raises(UnreachableError, match=f"try again, or put the file into {folder}") as e:
        Cl100kBase().fetch()
    assert "\n" not in str(e.value)
    assert "TIKTOKEN_CACHE_DIR" not in os.environ
