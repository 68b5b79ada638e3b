"""KVzip: the highest attention that each key gets while the prompt is repeated."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("kvpress")

import torch
from pressing import (
    CHANNELS,
    CHATML,
    GROUP,
    KV_HEADS,
    LAYERS,
    attention_rows,
    best,
    byte_tokenizer,
    kept_positions,
    method,
    model_in,
    queries_and_keys,
    random_ids,
    sets,
    treatment,
)
from torch import Tensor
from transformers import DynamicCache

from evalrun.models.kv.method import UNTREATED

TOKENS, SINKS = 50, 4


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return model_in(tmp_path_factory.mktemp("model"))


def encoded(text: str) -> Tensor:
    return byte_tokenizer(None).encode(text, return_tensors="pt")


def slow_scores(model: Any, ids: Tensor, start: int, end: int, asked: Tensor) -> Tensor:
    """Return the scores (layers, KV heads, end - start) of the tokens of one chunk.

    `asked` stands between the prompt and the repeated chunk.
    """
    scores = torch.zeros(LAYERS, KV_HEADS, end - start)
    sinks = min(SINKS, start)
    whole = torch.cat([ids, asked, ids[:, start:end]], dim=1)
    for layer, (q, k) in enumerate(queries_and_keys(model, whole)):
        # Attention is over the sinks, the chunk and the repetition itself, causally.
        seen = torch.cat([k[:, :sinks], k[:, start:end], k[:, TOKENS:]], dim=1)
        for h, rows in enumerate(attention_rows(q, seen, q.shape[1] - TOKENS)):
            for row in rows:
                for token, weight in enumerate(row[sinks : sinks + end - start]):
                    highest = max(weight, scores[layer, h // GROUP, token].item())
                    scores[layer, h // GROUP, token] = highest
    return scores


def kept_of(scores: Tensor, budget: int) -> list[list[set[int]]]:
    """Return the best pairs of all layers and heads together."""
    scores[..., :SINKS] = 2.0
    order = best(scores.flatten().tolist(), LAYERS * KV_HEADS * budget)
    kept: list[list[set[int]]] = [[set() for _ in range(KV_HEADS)] for _ in range(LAYERS)]
    for place in order:
        pair, token = divmod(place, TOKENS)
        kept[pair // KV_HEADS][pair % KV_HEADS].add(token)
    return kept


def test_layers_and_heads_compete_for_what_the_repetition_attends_to(model: Any) -> None:
    ids = random_ids(TOKENS)
    asked = encoded("\n\nRepeat the previous context exactly.\n")
    expected = kept_of(slow_scores(model, ids, 0, TOKENS, asked), 20)
    assert sets(kept_positions(model, ids, method("kvzip", budget=20))) == expected


def test_long_prompts_are_repeated_in_chunks(model: Any) -> None:
    """The second chunk is announced by the last 8 tokens of the first."""
    ids = random_ids(TOKENS)
    first = encoded("\n\nRepeat the previous context exactly.\n")
    announced = "\n\nRepeat the part of the previous context exactly, starting with"
    second = torch.cat([encoded(announced), ids[:, 32:40], encoded("\n")], dim=1)
    scores = [
        slow_scores(model, ids, 0, 40, first),
        slow_scores(model, ids, 40, TOKENS, second),
    ]
    expected = kept_of(torch.cat(scores, dim=2), 20)
    assert sets(kept_positions(model, ids, method("kvzip", budget=20, chunk_size=40))) == expected


@pytest.mark.parametrize("budget", [1, 4, 49])
@pytest.mark.parametrize("layerwise", [True, False])
def test_the_budget_is_the_mean_over_layers_and_heads(
    model: Any, budget: int, layerwise: bool
) -> None:
    kv = method("kvzip", budget=budget, layerwise=layerwise)
    kept = kept_positions(model, random_ids(TOKENS), kv)
    lengths = [sum(map(len, heads)) for heads in kept]
    assert sum(lengths) == LAYERS * KV_HEADS * budget
    assert (len(set(lengths)) == 1) or not layerwise


def test_a_chat_template_frames_the_repetition(tmp_path: Path) -> None:
    """The template's beginning is not repeated; of it, only the sinks are sure to stay."""
    templated = model_in(tmp_path, CHATML)
    beginning = byte_tokenizer(None).encode("<|im_start|>user\n", return_tensors="pt")
    ids = torch.cat([beginning, random_ids(TOKENS - beginning.shape[1])], dim=1)
    kept = sets(kept_positions(templated, ids, method("kvzip", budget=40)))
    assert all({0, 1, 2, 3} <= head for heads in kept for head in heads)
    assert not any(4 in head or 5 in head for heads in kept for head in heads)


def test_the_cache_is_whole_until_the_press_is_left(model: Any) -> None:
    plan = treatment(method("kvzip", budget=20), TOKENS)
    assert plan.late
    assert plan.press is not None
    cache = DynamicCache()
    with torch.inference_mode(), plan.press(model):
        model(random_ids(TOKENS), past_key_values=cache)
        assert cache.layers[0].keys.shape == (1, KV_HEADS, TOKENS, CHANNELS)
        assert getattr(model.model.layers[0].self_attn, "masked_key_indices", None) is None
    assert cache.layers[0].keys.shape == (1, KV_HEADS, TOKENS, CHANNELS)
    for layer in model.model.layers:
        assert layer.self_attn.masked_key_indices is not None
        layer.self_attn.masked_key_indices = None


def test_it_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        treatment(method("kvzip", budget=20), TOKENS)
    assert not caplog.records


@pytest.mark.parametrize("settings", [{"compression_ratio": 0.0}, {"budget": 50}])
def test_a_prompt_that_fits_is_left_alone(settings: dict[str, Any]) -> None:
    assert treatment(method("kvzip", **settings), TOKENS) is UNTREATED
