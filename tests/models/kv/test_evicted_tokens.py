"""On the torch endpoint, a question sees what each method kept of the prompt, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("kvpress")

import torch
from pressing import (
    kept_positions,
    logits_without_evicted,
    method,
    model_in,
    random_ids,
    tiny_llama,
    treatment,
)

from evalrun.models.local.attention import ATTENTION, register_attention
from evalrun.models.local.attention_lm import AttentionLM

TOKENS = 80
QUESTION = torch.tensor([[5, 250, 17, 99]])
WINDOW = {"budget": 30, "window_size": 8}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return model_in(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def lm(model: Any) -> AttentionLM:
    register_attention()
    same = tiny_llama()
    same.config.name_or_path = model.config.name_or_path
    same.set_attn_implementation(ATTENTION)
    return AttentionLM(same, rows_at_once=1000)


@pytest.mark.parametrize("branches", [1, 5])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("adakv", WINDOW),
        ("h2o", WINDOW),
        ("h2o", {**WINDOW, "granularity": "query_head"}),
        ("keydiff", {"budget": 30}),
        ("kvzip", {"budget": 30}),
        ("kvzip", {"budget": 30, "kvzip_plus_normalization": True}),
        ("press", {"budget": 30}),
        ("press", {"budget": 30, "press": "AdaKVPress", "settings": {"press": "KnormPress"}}),
        ("pyramidkv", {**WINDOW, "granularity": "query_head"}),
        ("snapkv", {**WINDOW, "granularity": "query_head"}),
        ("windowkv", {"budget": 30, "shared_layers": 2}),
        ("windowkv", {"budget": 30, "shared_layers": 2, "strategy": "max"}),
    ],
)
def test_a_question_sees_what_was_kept(
    model: Any, lm: AttentionLM, name: str, settings: dict[str, Any], branches: int
) -> None:
    kv, ids = method(name, **settings), random_ids(TOKENS)
    state = lm.encode(ids[0].tolist(), treatment(kv, TOKENS))
    asked = lm.extended([state] * branches, [QUESTION[0].tolist()] * branches)
    kept = kept_positions(model, ids, kv)
    expected = logits_without_evicted(model, ids, QUESTION, kept)[-1]
    for branch in asked:
        assert torch.allclose(branch.logits, expected, atol=2e-4)
    whole = logits_without_evicted(model, ids, QUESTION, [[[*range(TOKENS)]]] * len(kept))[-1]
    assert not torch.allclose(expected, whole, atol=0.01)
    tokens = [sum(map(len, heads)) / len(heads) for heads in kept]
    assert list(lm.tokens_kept(state)) == pytest.approx(tokens)
