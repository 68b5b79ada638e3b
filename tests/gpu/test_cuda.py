"""On a GPU: replies as of transformers, bytes by hand, and memory that is measured."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("kvpress")

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from evalrun.models.kv.full import Full
from evalrun.models.kv.kivi import KIVI, KIVIOptions
from evalrun.models.kv.method import LocalKVMethod
from evalrun.models.kv.pyramidkv import PyramidKV, PyramidKVOptions
from evalrun.models.kv.snapkv import SnapKV, SnapKVOptions
from evalrun.models.local.attention import ATTENTION, causal_attention, register_attention
from evalrun.models.local.causal_lm import AttentionLM, State
from evalrun.models.local.measure import (
    cache_bytes,
    now,
    peak_memory,
    start_peak_memory,
    tokens_per_layer,
)

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]
LAYERS, KV_HEADS, CHANNELS, TOKENS = 4, 2, 64, 512
DEVICE = torch.device("cuda")


@pytest.fixture(scope="module")
def models() -> tuple[Any, Any]:
    """The same random Llama with our attention and with transformers' eager one, in float32."""
    register_attention()
    config = LlamaConfig(
        vocab_size=300,
        hidden_size=256,
        intermediate_size=256,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=KV_HEADS,
        head_dim=CHANNELS,
        initializer_range=0.1,
    )
    built = []
    for attention in (ATTENTION, "eager"):
        torch.manual_seed(0)
        model = LlamaForCausalLM(config).eval().to(DEVICE)
        model.set_attn_implementation(attention)
        built.append(model)
    return built[0], built[1]


@pytest.fixture(scope="module")
def ids() -> list[int]:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 300, (TOKENS,), generator=generator).tolist()


def greedy(lm: AttentionLM, state: State, count: int) -> list[int]:
    tokens: list[int] = []
    for _ in range(count):
        tokens.append(int(state.logits.argmax()))
        state = lm.extended(state, tokens[-1:])
    return tokens


def test_branches_answer_as_full_prompts_alone(models: tuple[Any, Any], ids: list[int]) -> None:
    lm = AttentionLM(models[0])
    held = lm.encode(ids, Full())
    for query in ([5, 6, 7], [8], list(range(40))):
        mine = greedy(lm, lm.extended(lm.branched(held), query), 16)
        whole = torch.tensor([[*ids, *query]], device=DEVICE)
        with torch.inference_mode():
            out = models[1].generate(
                whole,
                attention_mask=torch.ones_like(whole),
                max_new_tokens=16,
                do_sample=False,
                eos_token_id=-1,
                pad_token_id=0,
            )
        assert mine == out[0, whole.shape[1] :].tolist()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("queries", "keys"), [(1, 100), (7, 100), (100, 100)])
def test_attention_is_that_of_the_cpu(dtype: torch.dtype, queries: int, keys: int) -> None:
    torch.manual_seed(queries)
    q, k, v = (torch.randn(1, h, n, 64) for h, n in ((8, queries), (2, keys), (2, keys)))
    here, _ = causal_attention(torch.nn.Module(), q, k, v, None)
    q, k, v = (x.to(DEVICE, dtype) for x in (q, k, v))
    there, _ = causal_attention(torch.nn.Module(), q, k, v, None)
    close = 1e-4 if dtype == torch.float32 else 3e-2
    torch.testing.assert_close(there.float().cpu(), here, atol=close, rtol=close)


@pytest.mark.parametrize(
    ("kv", "kept"),
    [
        (Full(), (512,) * LAYERS),
        (SnapKV(SnapKVOptions(budget=100)), (100,) * LAYERS),
        (PyramidKV(PyramidKVOptions(budget=100)), (165, 122, 79, 36)),
    ],
)
def test_tokens_and_bytes_by_hand(
    models: tuple[Any, Any], ids: list[int], kv: LocalKVMethod, kept: tuple[int, ...]
) -> None:
    state = AttentionLM(models[0]).encode(ids, kv)
    assert tokens_per_layer(state.cache, state.length) == kept
    assert cache_bytes(state.cache) == 2 * KV_HEADS * CHANNELS * 4 * sum(kept)


def test_kivi_codes_are_packed_on_the_device(models: tuple[Any, Any], ids: list[int]) -> None:
    lm = AttentionLM(models[0])
    state = lm.encode(ids, KIVI(KIVIOptions()))
    full = lm.encode(ids, Full())
    assert cache_bytes(state.cache) < 0.2 * cache_bytes(full.cache)
    assert len(greedy(lm, lm.branched(state), 40)) == 40


def test_peak_memory_covers_the_cache_and_time_the_work(
    models: tuple[Any, Any], ids: list[int]
) -> None:
    assert start_peak_memory(DEVICE)
    before = torch.cuda.memory_allocated(DEVICE)
    start = now(DEVICE)
    state = AttentionLM(models[0]).encode(ids, Full())
    assert now(DEVICE) > start
    peak = peak_memory(DEVICE)
    assert peak is not None
    assert peak - before >= cache_bytes(state.cache)
