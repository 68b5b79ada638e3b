"""Which tokens each method keeps, against the papers' definitions written out slowly."""

from __future__ import annotations

import math
from typing import Any

import pytest

pytest.importorskip("kvpress")

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from evalrun.models.kv.full import Full
from evalrun.models.kv.knorm import Knorm, KnormOptions
from evalrun.models.kv.method import LocalKVMethod, PromptFacts
from evalrun.models.kv.pyramidkv import PyramidKV, PyramidKVOptions, layer_budgets
from evalrun.models.kv.snapkv import SnapKV, SnapKVOptions
from evalrun.models.kv.streamingllm import StreamingLLM, StreamingLLMOptions
from evalrun.models.kv.tova import TOVA, TOVAOptions
from evalrun.models.local.attention import ATTENTION, register_attention
from evalrun.models.local.attention_lm import AttentionLM
from evalrun.models.local.causal_lm import State
from evalrun.models.local.measure import cache_bytes

LAYERS, HEADS, KV_HEADS, CHANNELS, TOKENS = 3, 4, 2, 16, 90


@pytest.fixture(scope="module")
def model() -> LlamaForCausalLM:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=200,
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KV_HEADS,
        head_dim=CHANNELS,
        initializer_range=0.2,
    )
    register_attention()
    built = LlamaForCausalLM(config).eval()
    built.set_attn_implementation(ATTENTION)
    return built


@pytest.fixture(scope="module")
def ids() -> list[int]:
    return torch.randint(0, 200, (TOKENS,), generator=torch.Generator().manual_seed(2)).tolist()


def encoded(model: Any, ids: list[int], kv: LocalKVMethod) -> State:
    lm = AttentionLM(model, rows_at_once=1000)
    return lm.encode(ids, kv.treatment(PromptFacts(tokens=len(ids)), lm.shape))


def stores(model: Any, ids: list[int], kv: LocalKVMethod) -> Any:
    return encoded(model, ids, kv).held.prompt


def kept_positions(model: Any, ids: list[int], kv: LocalKVMethod) -> list[list[set[int]]]:
    """Return the prompt positions that each KV head of each layer still holds."""
    positions = []
    for full_layer, layer in zip(stores(model, ids, Full()), stores(model, ids, kv), strict=True):
        heads = []
        for h in range(KV_HEADS):
            same = (layer.keys[0, h][:, None] == full_layer.keys[0, h][None]).all(-1)
            assert (same.sum(1) == 1).all()
            order = same.int().argmax(1)
            assert torch.equal(layer.values[0, h], full_layer.values[0, h, order])
            heads.append(set(order.tolist()))
        positions.append(heads)
    return positions


def window_attention(model: Any, ids: list[int], window: int) -> list[Tensor]:
    """Return each layer's attention (heads, window, tokens) of the last `window` queries."""
    queries: list[Tensor] = []

    def keep(module: Any, _args: Any, kwargs: dict[str, Any]) -> None:
        q = module.q_proj(kwargs["hidden_states"]).view(1, TOKENS, HEADS, CHANNELS).transpose(1, 2)
        queries.append(apply_rotary_pos_emb(q, q, *kwargs["position_embeddings"])[0][0])

    hooks = [
        layer.self_attn.register_forward_pre_hook(keep, with_kwargs=True)
        for layer in model.model.layers
    ]
    layers = stores(model, ids, Full())
    for hook in hooks:
        hook.remove()
    attention = []
    for q, layer in zip(queries, layers, strict=True):
        rows = torch.zeros(HEADS, window, TOKENS)
        for h in range(HEADS):
            keys = layer.keys[0, h // (HEADS // KV_HEADS)]
            for i in range(window):
                at = TOKENS - window + i
                scores = keys[: at + 1] @ q[h, at] / math.sqrt(CHANNELS)
                rows[h, i, : at + 1] = torch.softmax(scores, -1)
        attention.append(rows)
    return attention


def snapkv_positions(attention: Tensor, kept: int, window: int, kernel: int) -> list[set[int]]:
    """SnapKV by its definition, a score at a time, for the KV heads of one layer."""
    early, heads = TOKENS - window, []
    group = HEADS // KV_HEADS
    for kv_head in range(KV_HEADS):
        votes = attention[kv_head * group : (kv_head + 1) * group, :, :early].mean((0, 1)).tolist()
        pooled = [
            sum(votes[max(0, j - kernel // 2) : j + kernel // 2 + 1]) / kernel for j in range(early)
        ]
        best = sorted(range(early), key=lambda j: -pooled[j])[: kept - window]
        heads.append({*best, *range(early, TOKENS)})
    return heads


def test_streamingllm_keeps_the_first_and_the_last(model: Any, ids: list[int]) -> None:
    kv = StreamingLLM(StreamingLLMOptions(budget=30, n_sink=4))
    expected = {*range(4), *range(TOKENS - 26, TOKENS)}
    assert kept_positions(model, ids, kv) == [[expected] * KV_HEADS] * LAYERS


def test_snapkv_keeps_the_window_and_what_it_attends_to(model: Any, ids: list[int]) -> None:
    kv = SnapKV(SnapKVOptions(budget=30, window_size=8, kernel_size=5))
    attention = window_attention(model, ids, 8)
    expected = [snapkv_positions(rows, 30, 8, 5) for rows in attention]
    assert kept_positions(model, ids, kv) == expected


def test_pyramidkv_chooses_as_snapkv_with_a_budget_a_layer(model: Any, ids: list[int]) -> None:
    kv = PyramidKV(PyramidKVOptions(budget=30, window_size=8, kernel_size=3))
    shares = layer_budgets(TOKENS, 30, LAYERS, window=8, beta=20)
    assert len(set(shares)) == LAYERS
    attention = window_attention(model, ids, 8)
    expected = [snapkv_positions(a, n, 8, 3) for a, n in zip(attention, shares, strict=True)]
    assert kept_positions(model, ids, kv) == expected


def test_knorm_keeps_the_smallest_keys(model: Any, ids: list[int]) -> None:
    expected = [
        [set(head.norm(dim=-1).argsort()[:30].tolist()) for head in layer.keys[0]]
        for layer in stores(model, ids, Full())
    ]
    assert kept_positions(model, ids, Knorm(KnormOptions(budget=30))) == expected


def test_tova_keeps_what_the_last_token_attends_to(model: Any, ids: list[int]) -> None:
    expected = []
    for rows in window_attention(model, ids, 1):
        best = rows[:, 0, :-1].mean(0).argsort(descending=True)[:29].tolist()
        expected.append([{*best, TOKENS - 1}] * KV_HEADS)
    assert kept_positions(model, ids, TOVA(TOVAOptions(budget=30))) == expected


@pytest.mark.parametrize("budget", [1, 5, 33, 89])
def test_measured_tokens_and_bytes_are_the_budget(model: Any, ids: list[int], budget: int) -> None:
    state = encoded(model, ids, SnapKV(SnapKVOptions(budget=budget)))
    assert state.length == TOKENS
    assert tuple(store.tokens for store in state.held.prompt) == (budget,) * LAYERS
    floats = 2 * LAYERS * KV_HEADS * budget * CHANNELS
    assert cache_bytes(state.held) == 4 * floats


def test_bytes_of_the_full_cache(model: Any, ids: list[int]) -> None:
    """2 (keys, values) x 3 layers x 2 heads x 90 tokens x 16 channels x 4 bytes."""
    assert cache_bytes(stores(model, ids, Full())) == 69120
