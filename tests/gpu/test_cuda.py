"""On a GPU: replies as of transformers, bytes by hand, and memory that is measured."""

from __future__ import annotations

import copy
from typing import Any

import pytest

pytest.importorskip("kvpress")

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from evalrun.models.kv.full import Full
from evalrun.models.kv.kivi import KIVI, KIVIOptions
from evalrun.models.kv.method import LocalKVMethod, PromptFacts
from evalrun.models.kv.partial import attend
from evalrun.models.kv.pyramidkv import PyramidKV, PyramidKVOptions
from evalrun.models.kv.snapkv import SnapKV, SnapKVOptions
from evalrun.models.local.attention import ATTENTION, causal_attention, register_attention
from evalrun.models.local.attention_lm import AttentionLM
from evalrun.models.local.causal_lm import State
from evalrun.models.local.measure import cache_bytes, now, peak_memory, start_peak_memory

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
    shape = LlamaConfig(
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
        # A configuration of its own: choosing an attention writes into it.
        model = LlamaForCausalLM(copy.deepcopy(shape)).eval().to(DEVICE)
        model.set_attn_implementation(attention)
        built.append(model)
    return built[0], built[1]


@pytest.fixture(scope="module")
def ids() -> list[int]:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 300, (TOKENS,), generator=generator).tolist()


def encoded(lm: AttentionLM, ids: list[int], kv: LocalKVMethod) -> State:
    return lm.encode(ids, kv.treatment(PromptFacts(tokens=len(ids)), lm.shape))


def greedy(lm: AttentionLM, states: list[State], count: int) -> list[list[int]]:
    branches, replies = lm.branches(states), []
    for _ in range(count):
        replies.append(branches.logits.argmax(-1).tolist())
        branches.advance(replies[-1])
    return [list(reply) for reply in zip(*replies, strict=True)]


def test_branches_together_answer_as_full_prompts_alone(
    models: tuple[Any, Any], ids: list[int]
) -> None:
    lm = AttentionLM(models[0], rows_at_once=100)
    held = encoded(lm, ids, Full())
    queries = ([5, 6, 7], [8], list(range(40)))
    together = greedy(lm, lm.extended([held] * 3, queries), 16)
    for query, mine in zip(queries, together, strict=True):
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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize(("batch", "queries", "keys"), [(1, 1, 7), (5, 1, 1000), (3, 9, 130)])
def test_a_part_and_its_normaliser_are_those_of_the_cpu(
    dtype: torch.dtype, batch: int, queries: int, keys: int
) -> None:
    torch.manual_seed(keys)
    q, k, v = (torch.randn(b, h, n, 64) for b, h, n in ((batch, 8, queries), *[(1, 2, keys)] * 2))
    here = attend(q, k, v, scale=0.125)
    there = attend(*(x.to(DEVICE, dtype) for x in (q, k, v)), scale=0.125)
    close = 1e-4 if dtype == torch.float32 else 3e-2
    torch.testing.assert_close(there.output.float().cpu(), here.output, atol=close, rtol=close)
    torch.testing.assert_close(there.lse.float().cpu(), here.lse, atol=close, rtol=close)


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
    lm = AttentionLM(models[0], rows_at_once=10_000)
    state = encoded(lm, ids, kv)
    assert lm.tokens_kept(state) == kept
    assert cache_bytes(state.held) == 2 * KV_HEADS * CHANNELS * 4 * sum(kept)


def test_kivi_codes_are_packed_on_the_device(models: tuple[Any, Any], ids: list[int]) -> None:
    lm = AttentionLM(models[0], rows_at_once=10_000)
    state, full = encoded(lm, ids, KIVI(KIVIOptions())), encoded(lm, ids, Full())
    assert cache_bytes(state.held) < 0.2 * cache_bytes(full.held)
    assert len(greedy(lm, [state], 40)[0]) == 40


def test_peak_memory_covers_the_cache_and_time_the_work(
    models: tuple[Any, Any], ids: list[int]
) -> None:
    assert start_peak_memory(DEVICE)
    before = torch.cuda.memory_allocated(DEVICE)
    start = now(DEVICE)
    state = encoded(AttentionLM(models[0], rows_at_once=10_000), ids, Full())
    assert now(DEVICE) > start
    peak = peak_memory(DEVICE)
    assert peak is not None
    assert peak - before >= cache_bytes(state.held)
