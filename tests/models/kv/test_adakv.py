"""AdaKV: SnapKV's scores, and one competition of all KV heads of a layer."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("kvpress")

from pressing import (
    GROUP,
    KV_HEADS,
    attention_rows,
    best,
    kept_positions,
    method,
    pooled,
    queries_and_keys,
    random_ids,
    sets,
    tiny_llama,
    treatment,
    votes,
)

from evalrun.models.kv.method import UNTREATED

TOKENS, WINDOW = 80, 8


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny_llama()


def slow_adakv(rows: list[list[list[float]]], budget: int, safeguard: float) -> list[set[int]]:
    """AdaKV by its definition, from the window's attention [query head][row][token]."""
    early = TOKENS - WINDOW
    of_queries = [pooled(votes(head, early), 5, "avg") for head in rows]
    always = [2.0 * GROUP * WINDOW] * WINDOW
    scores = [
        [sum(s) for s in zip(*of_queries[h * GROUP : (h + 1) * GROUP], strict=True)] + always
        for h in range(KV_HEADS)
    ]
    kept = [set(best(head, max(1, int(budget * safeguard)))) for head in scores]
    rest = [
        (score, h, j)
        for h, head in enumerate(scores)
        for j, score in enumerate(head)
        if j not in kept[h]
    ]
    for _, h, j in sorted(rest, reverse=True)[: KV_HEADS * budget - sum(map(len, kept))]:
        kept[h].add(j)
    return kept


@pytest.mark.parametrize("safeguard", [0.2, 0.9])
def test_heads_compete_above_their_safeguard(model: Any, safeguard: float) -> None:
    kv = method("adakv", budget=30, window_size=WINDOW, alpha_safeguard=safeguard)
    kept = sets(kept_positions(model, random_ids(TOKENS), kv))
    assert kept == [
        slow_adakv(attention_rows(q, k, WINDOW), 30, safeguard)
        for q, k in queries_and_keys(model, random_ids(TOKENS))
    ]
    assert any(len(heads[0]) != len(heads[1]) for heads in kept)


@pytest.mark.parametrize("budget", [1, 9, 79])
def test_the_budget_is_the_mean_over_heads(model: Any, budget: int) -> None:
    kept = kept_positions(model, random_ids(TOKENS), method("adakv", budget=budget))
    assert {sum(map(len, heads)) for heads in kept} == {KV_HEADS * budget}


@pytest.mark.parametrize("settings", [{"compression_ratio": 0.0}, {"budget": 80}])
def test_a_prompt_that_fits_is_left_alone(settings: dict[str, Any]) -> None:
    assert treatment(method("adakv", **settings), TOKENS) is UNTREATED
