"""KeyDiff: keys that point elsewhere than the mean direction stay."""

from __future__ import annotations

import math
from typing import Any

import pytest

pytest.importorskip("kvpress")

from pressing import (
    best,
    kept_positions,
    method,
    queries_and_keys,
    random_ids,
    sets,
    tiny_llama,
    treatment,
)

from evalrun.models.kv.method import UNTREATED

TOKENS = 60


def cosine(a: list[float], b: list[float]) -> float:
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.hypot(*a) / math.hypot(*b)


def test_each_kv_head_keeps_the_keys_least_like_their_mean_direction() -> None:
    model = tiny_llama()
    expected = []
    for _, keys in queries_and_keys(model, random_ids(TOKENS)):
        heads = []
        for head in keys.double().tolist():
            units = [[x / math.hypot(*key) for x in key] for key in head]
            anchor = [sum(column) / TOKENS for column in zip(*units, strict=True)]
            heads.append(set(best([-cosine(key, anchor) for key in head], 25)))
        expected.append(heads)
    kept = kept_positions(model, random_ids(TOKENS), method("keydiff", budget=25))
    assert sets(kept) == expected


@pytest.mark.parametrize("settings", [{"compression_ratio": 0.0}, {"budget": 60}])
def test_a_prompt_that_fits_is_left_alone(settings: dict[str, Any]) -> None:
    assert treatment(method("keydiff", **settings), TOKENS) is UNTREATED
