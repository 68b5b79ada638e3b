"""KIVI's storage: codes by hand, what stays in full precision, how it is read, what it costs."""

from __future__ import annotations

import pytest

pytest.importorskip("transformers")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_reading import Made, random_prompt, random_queries, slow_reading
from torch import Tensor

from evalrun.core.errors import ConfigError
from evalrun.models.kv.kivi import KIVI, KIVIOptions
from evalrun.models.kv.method import LayerFacts, ModelShape, PromptFacts
from evalrun.models.kv.stores import kivi_store
from evalrun.models.kv.stores.kivi_store import KIVIStore
from evalrun.models.kv.stores.quantization import dequantize, quantize
from evalrun.models.local.measure import cache_bytes


def test_two_bits_by_hand() -> None:
    """Range 0..6 in 4 codes: a step of 2; 2.9 is nearest to 2, 3.1 to 4."""
    x = torch.tensor([[0.0, 2.9, 3.1, 6.0, -1.0, -1.0, -1.0, -1.0]])
    q = quantize(x, bits=2, group_size=4)
    assert q.scale.tolist() == [[2.0, 0.0]]
    assert q.minimum.tolist() == [[0.0, -1.0]]
    assert q.codes.tolist() == [[0 | 1 << 2 | 2 << 4 | 3 << 6, 0]]
    assert dequantize(q, bits=2, group_size=4).tolist() == [[0, 2, 4, 6, -1, -1, -1, -1]]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([2, 4, 8]), st.integers(0, 10_000))
def test_the_error_is_at_most_half_a_step(bits: int, seed: int) -> None:
    x = torch.randn(2, 3, 64, generator=torch.Generator().manual_seed(seed))
    q = quantize(x, bits=bits, group_size=32)
    error = (dequantize(q, bits=bits, group_size=32) - x).abs().unflatten(-1, (-1, 32))
    assert (error <= q.scale.unsqueeze(-1) / 2 + 1e-5).all()
    assert q.codes.shape[-1] == 64 * bits // 8


def stored(keys: Tensor, values: Tensor, bits: int = 2, residual: int = 32) -> KIVIStore:
    return KIVIStore.of(keys, values, bits=bits, group_size=32, residual_length=residual)


def states(tokens: int) -> tuple[Tensor, Tensor]:
    return random_prompt(tokens, channels=64)


def in_few_bits(numbers: list[float], bits: int) -> list[float]:
    """A group of numbers as KIVI gives it back."""
    low, steps = min(numbers), 2**bits - 1
    step = (max(numbers) - low) / steps
    return [low + step * round(min(max((x - low) / step, 0), steps)) for x in numbers]


def slow_kivi(keys: Tensor, values: Tensor, bits: int, residual: int) -> tuple[Tensor, Tensor]:
    """What is read of a prompt, from the definition: a group of 32 at a time."""
    tokens, channels = keys.shape[2:]
    keys, values = keys.clone(), values.clone()
    full, old = tokens - tokens % residual, max(0, tokens - residual)
    for head in range(keys.shape[1]):
        for start in range(0, full, 32):
            for c in range(channels):
                group = keys[0, head, start : start + 32, c]
                group.copy_(torch.tensor(in_few_bits(group.tolist(), bits)))
        for t in range(old):
            for start in range(0, channels, 32):
                group = values[0, head, t, start : start + 32]
                group.copy_(torch.tensor(in_few_bits(group.tolist(), bits)))
    return keys, values


@pytest.mark.parametrize(
    ("tokens", "residual"), [(1, 32), (31, 32), (32, 32), (33, 32), (100, 32), (100, 64), (128, 64)]
)
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_keys_are_grouped_over_tokens_and_values_over_channels(
    tokens: int, residual: int, bits: int
) -> None:
    keys, values = states(tokens)
    store = stored(keys, values, bits, residual)
    old_keys, old_values = slow_kivi(keys, values, bits, residual)
    assert store.tokens == store.tokens_read == tokens
    torch.testing.assert_close(store.keys(0, tokens), old_keys)
    torch.testing.assert_close(store.values(0, tokens), old_values)


@pytest.mark.parametrize(("tokens", "keys_kept", "values_kept"), [(20, 20, 20), (100, 4, 32)])
def test_the_newest_tokens_stay_as_they_are(tokens: int, keys_kept: int, values_kept: int) -> None:
    keys, values = states(tokens)
    store = stored(keys, values)
    assert torch.equal(store.new_keys, keys[:, :, tokens - keys_kept :])
    assert torch.equal(store.new_values, values[:, :, tokens - values_kept :])


@pytest.mark.parametrize("at_once", [1, 64, 100, 1 << 14])
@pytest.mark.parametrize(("branches", "queries"), [(1, 1), (5, 1), (1, 3), (5, 3)])
def test_all_tokens_are_attended_to_however_many_at_once(
    branches: int, queries: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kivi_store, "_TOKENS_AT_ONCE", at_once)
    keys, values = states(150)
    query, positions = random_queries(branches, queries, tokens=150, channels=64)
    part = stored(keys, values).attend(query, positions, 0.1)
    output, lse = slow_reading(query, *slow_kivi(keys, values, 2, 32), 0.1)
    torch.testing.assert_close(part.output, output)
    torch.testing.assert_close(part.lse, lse)


def test_half_precision_is_close_to_single() -> None:
    keys, values = states(150)
    query, positions = random_queries(2, 1, tokens=150, channels=64)
    exact = stored(keys, values, bits=8).attend(query, positions, 0.1)
    halves = (x.bfloat16() for x in (keys, values))
    part = stored(*halves, bits=8).attend(query.bfloat16(), positions, 0.1)
    assert part.output.dtype == torch.bfloat16
    assert part.lse.dtype == torch.float32
    torch.testing.assert_close(part.output.float(), exact.output, atol=0.05, rtol=0.05)


def test_long_prompts_are_not_dequantized_as_a_whole() -> None:
    """40,000 tokens of 32 channels: no tensor of a reading holds more than 16,384 tokens."""
    store = stored(*random_prompt(40_000, kv_heads=1, channels=32))
    query, positions = random_queries(1, 1, tokens=40_000, heads=1, channels=32)
    with Made() as made:
        store.attend(query, positions, 0.1)
    assert made.largest == 16_384 * 32


def test_bytes_by_hand() -> None:
    """256 tokens of 2 heads x 64 channels in float32.

    Keys: all 256 quantized (2 x 64 x 256 codes of 2 bits are 8192 bytes) with 2 x 64 x 8 scales
    and minima (8192 bytes). Values: 224 quantized (7168 bytes, 7168 of scales and minima), 32 kept
    (16384 bytes).
    """
    assert cache_bytes([stored(*states(256))]) == 8192 + 8192 + 7168 + 7168 + 16384


def test_long_half_precision_prompts_cost_about_three_sixteenths() -> None:
    keys, values = (s.to(torch.float16) for s in states(4096))
    cost = cache_bytes([stored(keys, values)])
    assert cost / cache_bytes([keys, values]) == pytest.approx(0.1875, abs=0.005)


def test_the_method_stores_with_its_options() -> None:
    kv = KIVI(KIVIOptions(bits=4, group_size=16, residual_length=48))
    shape = ModelShape(layers=1, heads=4, kv_heads=2, head_dim=64)
    treatment = kv.treatment(PromptFacts(tokens=100), shape)
    assert treatment.storage is not None
    store = treatment.storage(*states(100), LayerFacts(layer=0, tokens_seen=100))
    assert isinstance(store, KIVIStore)
    assert (store.bits, store.group_size) == (4, 16)
    assert (store.new_keys.shape[2], store.new_values.shape[2]) == (4, 48)
    assert kv.slots == {"storage"}


def test_heads_that_do_not_divide_into_groups_are_refused() -> None:
    shape = ModelShape(layers=1, heads=4, kv_heads=2, head_dim=80)
    with pytest.raises(ConfigError, match=r"kv\.group_size=32 should divide the 80 channels"):
        KIVI(KIVIOptions()).treatment(PromptFacts(tokens=100), shape)
