"""Presses in front of a storage keep the same tokens, in the order of positions."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

pytest.importorskip("kvpress")

import torch
from kvpress import KnormPress
from test_kept_tokens import KV_HEADS, TOKENS, ids, model, stores

from evalrun.models.kv.composed import Composed, ComposedOptions
from evalrun.models.kv.full import Full
from evalrun.models.kv.presses.in_order import in_order
from evalrun.models.registry import KV_METHODS

__all__ = ["ids", "model"]

EVICTIONS: dict[str, dict[str, Any]] = {
    "knorm": {"budget": 30},
    "snapkv": {"budget": 40},
    "snapkv by query head": {"method": "snapkv", "budget": 40, "granularity": "query_head"},
    "pyramidkv": {"budget": 40, "window_size": 8},
    "streamingllm": {"budget": 30, "n_sink": 4},
    "windowkv": {"budget": 30, "shared_layers": 1, "beta": 4},
}


def positions(full: Any, keys: torch.Tensor) -> list[list[int]]:
    """Return where the keys (1, heads, kept, channels) of each head stand in the prompt."""
    heads = []
    for head, kept in enumerate(keys[0]):
        whole = full.keys[0, head * KV_HEADS // keys.shape[1]]
        heads.append((kept[:, None] == whole[None]).all(-1).int().argmax(1).tolist())
    return heads


@pytest.mark.parametrize("name", EVICTIONS)
def test_the_same_tokens_come_in_order(model: Any, ids: list[int], name: str) -> None:
    section = {"method": name, **EVICTIONS[name]}
    cls = KV_METHODS.load(section["method"])
    alone = cls(msgspec.convert(section, cls.Options))
    # The last token budget reads everything, so the store is dense and its keys can be looked at.
    quest = {"method": "quest", "token_budget": 1000}
    composed = Composed(ComposedOptions(parts={"eviction": section, "quest": quest}))
    full = stores(model, ids, Full())
    kept, ordered = stores(model, ids, alone), stores(model, ids, composed)
    for whole, one, other in zip(full, kept, ordered, strict=True):
        as_chosen, in_place = positions(whole, one.keys), positions(whole, other.keys)
        assert in_place == [sorted(head) for head in as_chosen]
        assert len(in_place[0]) < TOKENS
    assert any(
        positions(whole, one.keys) != positions(whole, other.keys)
        for whole, one, other in zip(full, kept, ordered, strict=True)
    )


def test_a_press_that_drops_nothing_stays_so(model: Any, ids: list[int]) -> None:
    press = in_order(KnormPress(0.0))
    keys = torch.randn(1, 2, 9, 4)
    assert press.compress(None, None, keys, keys, None, {})[0] is keys
