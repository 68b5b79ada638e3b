"""H2O: the column sums of the whole attention matrix, without the matrix."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("kvpress")

import torch
from kvpress import AdaKVPress
from pressing import (
    GROUP,
    HEADS,
    KV_HEADS,
    LAYERS,
    attention_rows,
    best,
    cached,
    kept_positions,
    method,
    queries_and_keys,
    random_ids,
    sets,
    tiny_llama,
    treatment,
    votes,
)

from evalrun.models.kv.method import UNTREATED
from evalrun.models.kv.presses import h2o_press
from evalrun.models.kv.presses.h2o_press import H2OPress

TOKENS = 70


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny_llama()


@pytest.fixture(scope="module")
def sums(model: Any) -> list[list[list[float]]]:
    """Return the attention that each early token gets, [layer][query head][token]."""
    return [
        [votes(rows, TOKENS - 8) for rows in attention_rows(q, k, TOKENS)]
        for q, k in queries_and_keys(model, random_ids(TOKENS))
    ]


def expected(sums: list[list[list[float]]], budget: int) -> list[list[set[int]]]:
    return [
        [{*best(head, budget - 8), *range(TOKENS - 8, TOKENS)} for head in heads] for heads in sums
    ]


def test_kv_heads_keep_what_their_queries_attend_to_together(model: Any, sums: Any) -> None:
    grouped = [
        [
            [sum(column) for column in zip(*heads[h * GROUP : (h + 1) * GROUP], strict=True)]
            for h in range(KV_HEADS)
        ]
        for heads in sums
    ]
    kept = kept_positions(model, random_ids(TOKENS), method("h2o", budget=25, window_size=8))
    assert sets(kept) == expected(grouped, 25)


def test_query_heads_keep_what_each_attends_to(model: Any, sums: Any) -> None:
    kv = method("h2o", budget=25, window_size=8, granularity="query_head")
    kept = kept_positions(model, random_ids(TOKENS), kv)
    assert [len(heads) for heads in kept] == [HEADS] * LAYERS
    assert sets(kept) == expected(sums, 25)


def test_rows_are_taken_in_pieces(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kv = method("h2o", budget=25, window_size=8)
    whole = kept_positions(model, random_ids(TOKENS), kv)
    monkeypatch.setattr(h2o_press, "rows_at_once", lambda _heads, _tokens: 9)
    assert sets(kept_positions(model, random_ids(TOKENS), kv)) == sets(whole)


@pytest.mark.parametrize("settings", [{"compression_ratio": 0.0}, {"budget": 70}, {"budget": 99}])
def test_a_prompt_that_fits_is_left_alone(settings: dict[str, Any]) -> None:
    assert treatment(method("h2o", **settings), TOKENS) is UNTREATED


@pytest.mark.parametrize("budget", [1, 2, 8, 69])
@pytest.mark.parametrize("granularity", ["kv_head", "query_head"])
def test_exactly_the_budget_is_kept(model: Any, budget: int, granularity: str) -> None:
    kv = method("h2o", budget=budget, granularity=granularity)
    kept = kept_positions(model, random_ids(TOKENS), kv)
    assert {len(head) for heads in kept for head in heads} == {budget}
    assert all(TOKENS - 1 in head for heads in kept for head in heads)


def test_half_precision_keeps_nearly_the_same(model: Any, sums: Any) -> None:
    half = tiny_llama().bfloat16()
    kv = method("h2o", budget=25, window_size=8, granularity="query_head")
    kept = sets(kept_positions(half, random_ids(TOKENS), kv))[0]
    shared = [len(a & b) for a, b in zip(kept, expected(sums, 25)[0], strict=True)]
    assert min(shared) >= 22


def test_other_presses_of_kvpress_can_work_around_it(model: Any) -> None:
    press = AdaKVPress(H2OPress(compression_ratio=0.5, window_size=8), alpha_safeguard=0.0)
    for heads in cached(model, random_ids(TOKENS), press):
        lengths = [len(keys) for keys, _ in heads]
        assert sum(lengths) == KV_HEADS * TOKENS // 2
        assert min(lengths) >= 8


def test_it_needs_the_hidden_states_of_the_whole_prompt(model: Any) -> None:
    module = model.model.layers[0].self_attn
    keys = torch.zeros(1, KV_HEADS, 5, 16)
    with pytest.raises(ValueError, match="prefill"):
        H2OPress().score(module, torch.zeros(1, 3, 64), keys, keys, None, {})
