"""Weights fetched from a real hub server on localhost, and those that need none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_cache import MODEL, WANTED, put_into_cache
from huggingface_hub import constants
from servers.hub_server import REPO, REVISION, HubServer

from evalrun.core.errors import ConfigError, DataError, UnreachableError
from evalrun.models.local.weights import weights_folder, weights_problem, weights_revision
from evalrun.models.local.weights_assets import weights_asset


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[HubServer]:
    with HubServer(dict(MODEL), large=("model.safetensors",), kind="models") as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield server


def test_what_an_engine_reads_arrives_and_nothing_else(hub: HubServer) -> None:
    asset = weights_asset(REPO, gated=False)
    assert asset.name == f"weights {REPO}"
    assert asset.found() is None
    found = asset.fetch()
    assert {path.name for path in found.place.iterdir()} == WANTED
    assert found.revision == REVISION
    assert found.size == sum(len(MODEL[name]) for name in WANTED)
    assert weights_problem(REPO, gated=False) is None
    assert weights_folder(REPO) == found.place
    assert weights_revision(REPO) == REVISION


def test_what_is_there_is_found_without_the_hub(hub: HubServer) -> None:
    asset = weights_asset(REPO, gated=False)
    first = asset.fetch()
    hub.down = True
    assert asset.found() == first
    assert asset.fetch() == first


def test_weights_that_others_downloaded_are_found(cache: Path) -> None:
    snapshot = put_into_cache(cache, {name: MODEL[name] for name in WANTED})
    found = weights_asset(REPO, gated=False).found()
    assert found is not None
    assert (found.place, found.revision) == (snapshot, REVISION)


def test_a_download_that_broke_is_taken_for_none_and_completed(hub: HubServer, cache: Path) -> None:
    """The weights come last: where they are, the tokenizer is."""
    put_into_cache(cache, {name: MODEL[name] for name in WANTED - {"model.safetensors"}})
    asset = weights_asset(REPO, gated=False)
    assert asset.found() is None
    assert {path.name for path in asset.fetch().place.iterdir()} == WANTED
    assert [name for name, _ in hub.downloads] == ["model.safetensors"]


def test_a_model_of_pickles_is_refused(hub: HubServer) -> None:
    del hub.files["model.safetensors"]
    with pytest.raises(DataError, match=f"{REPO} does not hold what .*no safetensors files there"):
        weights_asset(REPO, gated=False).fetch()


def test_several_that_ask_at_once_get_one_download(hub: HubServer) -> None:
    asset = weights_asset(REPO, gated=False)
    threads = [threading.Thread(target=asset.fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(name for name, _ in hub.downloads) == sorted(WANTED)


def test_a_gated_model_says_how_to_get_access(hub: HubServer) -> None:
    hub.gated = True
    with pytest.raises(DataError, match=rf"accept the licence at {hub.endpoint}/{REPO}, then") as e:
        weights_asset(REPO, gated=True).fetch()
    assert "\n" not in str(e.value)
    assert not isinstance(e.value, UnreachableError)


def test_an_unknown_model_is_told(hub: HubServer) -> None:
    with pytest.raises(DataError, match="no such model, or it is private"):
        weights_asset("owner/Nothing", gated=False).fetch()


def test_a_hub_that_cannot_be_reached_is_told_in_one_line(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(UnreachableError, match=r"no connection to the hub .*model\.weights=") as e:
        weights_asset(REPO, gated=False).fetch()
    assert "\n" not in str(e.value)


def test_a_folder_is_an_asset_that_is_there_or_not(tmp_path: Path) -> None:
    asset = weights_asset(str(tmp_path), gated=False)
    assert asset.found() is None
    with pytest.raises(ConfigError, match=r"no config\.json there"):
        asset.fetch()
    for name in WANTED:
        (tmp_path / name).write_bytes(MODEL[name])
    found = asset.found()
    assert found is not None
    assert (found.place, found.revision) == (tmp_path, None)
    assert found == asset.fetch()
