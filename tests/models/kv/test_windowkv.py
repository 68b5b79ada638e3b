"""WindowKV: budgets of layer groups, windows shared in a group, strategies by task."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("kvpress")

from hypothesis import given
from hypothesis import strategies as st
from pressing import (
    LAYERS,
    attention_rows,
    best,
    cached,
    kept_positions,
    method,
    queries_and_keys,
    random_ids,
    tiny_llama,
    treatment,
    votes,
)

from evalrun.core.errors import ConfigError
from evalrun.models.kv.method import UNTREATED
from evalrun.models.kv.presses.windowkv_press import WindowKVPress
from evalrun.models.kv.windowkv import layer_budgets

TOKENS = 90
SMALL = {"review_window_size": 4, "shared_layers": 2, "suffix_max": 9, "suffix_average": 6}


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny_llama()


def test_budgets_of_the_paper() -> None:
    """2048 x 8 // 14 = 1170 for the last group, 4096 - 1170 for the first; steps of 1756 // 3."""
    assert layer_budgets(2048, 32, shared_layers=8, beta=14) == (
        *(2926,) * 8,
        *(2341,) * 8,
        *(1756,) * 8,
        *(1170,) * 8,
    )


def test_a_last_group_may_be_smaller() -> None:
    """SmolLM2 has 30 layers: three groups of 8 and one of 6."""
    budgets = layer_budgets(2048, 30, shared_layers=8, beta=14)
    assert budgets == layer_budgets(2048, 32, shared_layers=8, beta=14)[:30]


def test_a_single_group_keeps_the_mean() -> None:
    assert layer_budgets(100, 5, shared_layers=8, beta=14) == (100,) * 5


@given(st.integers(1, 5000), st.integers(1, 90), st.integers(1, 13))
def test_budgets_fall_in_steps_of_a_group(capacity: int, layers: int, shared: int) -> None:
    budgets = layer_budgets(capacity, layers, shared_layers=shared, beta=14)
    assert len(budgets) == layers
    assert list(budgets) == sorted(budgets, reverse=True)
    assert all(b == budgets[i - i % shared] for i, b in enumerate(budgets))
    assert budgets[-1] >= 0


def slow_windows(rows: list[list[list[float]]], budget: int, suffix: int, strategy: str) -> list:
    """Return what a group of layers keeps, from attention [head][row][token] of its first layer."""
    review, size = TOKENS - suffix, 4
    if review <= budget:
        return [*range(TOKENS)]
    of_heads = [votes(head, review) for head in rows]
    scores = []
    for start in range(0, review, size):
        window = [head[start : min(start + size, review)] for head in of_heads]
        if strategy == "max":
            window = [sorted(head, reverse=True)[: size // 2] for head in window]
        scores.append(sum(map(sum, window)) / sum(map(len, window)))
    drop = -(-(review - budget) // size)
    inside = [
        j
        for i in best(scores, len(scores) - drop)
        for j in range(i * size, min(i * size + size, review))
    ]
    return [*inside, *range(review, TOKENS)]


@pytest.mark.parametrize(("strategy", "suffix"), [("average", 6), ("max", 9)])
def test_a_group_keeps_the_windows_that_its_first_layer_chose(
    model: Any, strategy: str, suffix: int
) -> None:
    kv = method("windowkv", budget=40, beta=4, strategy=strategy, **SMALL)
    budgets = layer_budgets(40, LAYERS, shared_layers=2, beta=4)
    assert budgets == (60, 60, 20, 20)
    attention = [
        attention_rows(q, k, suffix) for q, k in queries_and_keys(model, random_ids(TOKENS))
    ]
    expected = [
        slow_windows(attention[layer - layer % 2], budgets[layer], suffix, strategy)
        for layer in range(LAYERS)
    ]
    assert kept_positions(model, random_ids(TOKENS), kv) == [[kept] * 2 for kept in expected]


@pytest.mark.parametrize(
    ("budget", "lengths"),
    [
        (60, [90, 90, 34, 34]),  # 84 of review: 90 fit in the first group, 30 in the last: 28
        (2, [6, 6, 6, 6]),  # of 3 and 1 no window of 4 is left: only the suffix stays
    ],
)
def test_followers_do_what_their_leader_did(model: Any, budget: int, lengths: list[int]) -> None:
    kv = method("windowkv", budget=budget, beta=4, **SMALL)
    kept = kept_positions(model, random_ids(TOKENS), kv)
    assert [len(heads[0]) for heads in kept] == lengths
    assert kept[0] == kept[1]
    assert kept[2] == kept[3]


def test_a_press_forgets_the_prompt_before(model: Any) -> None:
    press = WindowKVPress(max_capacity=20, suffix_size=6, shared_layers=2, beta=4)
    first = cached(model, random_ids(TOKENS), press)
    cached(model, random_ids(40), press)
    again = cached(model, random_ids(TOKENS), press)
    for a, b in zip(first, again, strict=True):
        assert all((x[0] == y[0]).all() for x, y in zip(a, b, strict=True))


def press_for(task: str, **settings: Any) -> Any:
    return treatment(method("windowkv", budget=40, **settings), TOKENS, task).press


@pytest.mark.parametrize(
    ("task", "settings", "strategy", "suffix"),
    [
        ("hotpotqa", {}, "max", 32),
        ("narrativeqa", {}, "max", 32),
        ("gov_report", {}, "average", 16),
        ("", {}, "average", 16),
        ("hotpotqa", {"strategy": "average"}, "average", 16),
        ("gov_report", {"strategy": "max"}, "max", 32),
        ("gov_report", {"classes": {"gov_report": "max"}}, "max", 32),
        ("hotpotqa", {"classes": {"gov_report": "max"}}, "average", 16),
    ],
)
def test_the_task_chooses_the_strategy(
    task: str, settings: dict[str, Any], strategy: str, suffix: int
) -> None:
    press = press_for(task, **settings)
    assert (press.strategy, press.suffix_size) == (strategy, suffix)


def test_a_prompt_that_all_layers_keep_is_left_alone() -> None:
    """4 layers are one group: it keeps 84 tokens before a suffix of 6."""
    fitting = {"suffix_average": 6, "budget": 84}
    assert treatment(method("windowkv", **fitting), TOKENS) is UNTREATED
    assert treatment(method("windowkv", **fitting), TOKENS + 1) is not UNTREATED
    assert treatment(method("windowkv", **fitting, shared_layers=2), TOKENS) is not UNTREATED
    assert treatment(method("windowkv", compression_ratio=0.0, shared_layers=2), TOKENS) is (
        UNTREATED
    )


def test_a_ratio_counts_the_suffix_in(model: Any) -> None:
    """Half of 90 tokens: 6 of the suffix and 39 before, of which 36 are whole windows."""
    kv = method("windowkv", compression_ratio=0.5, **{**SMALL, "shared_layers": 4})
    kept = kept_positions(model, random_ids(TOKENS), kv)
    assert {len(head) for heads in kept for head in heads} == {6 + 36}


def test_half_precision_keeps_whole_windows(model: Any) -> None:
    half = tiny_llama().bfloat16()
    kept = kept_positions(half, random_ids(TOKENS), method("windowkv", budget=40, **SMALL))
    for heads in kept:
        assert heads[0] == heads[1]
        inside = {j for j in heads[0] if j < 84}
        assert all({j - j % 4 + i for i in range(4)} <= inside for j in inside)


def test_groups_that_leave_the_lowest_layers_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"kv\.shared_layers=28 .*kv\.beta=14"):
        method("windowkv", shared_layers=28)


def test_labels_tell_classes_apart() -> None:
    assert method("windowkv").label == "windowkv-4096"
    other = method("windowkv", budget=512, classes={"trec": "max"}).label
    assert other == "windowkv-512[classes={'trec': 'max'}]"
