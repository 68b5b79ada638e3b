"""KIVI's storage: codes by hand, what stays in full precision, and what it costs."""

from __future__ import annotations

import pytest

pytest.importorskip("transformers")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.models.kv.kivi_cache import KIVILayer, dequantize, quantize
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


def layer(residual: int = 32) -> KIVILayer:
    return KIVILayer(bits=2, group_size=32, residual_length=residual)


def states(tokens: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(1, 2, tokens, 64, generator=generator),
        torch.randn(1, 2, tokens, 64, generator=generator),
    )


def test_a_prompt_is_attended_to_before_it_is_quantized() -> None:
    keys, values = states(100)
    seen = layer().update(keys, values)
    assert torch.equal(seen[0], keys)
    assert torch.equal(seen[1], values)


def test_keys_are_grouped_over_tokens_and_values_over_channels() -> None:
    keys, values = states(100)
    held = layer()
    held.update(keys, values)
    more = states(1, seed=1)
    seen_keys, seen_values = held.update(*more)
    old_keys = dequantize(
        quantize(keys[..., :96, :].mT, bits=2, group_size=32), bits=2, group_size=32
    )
    old_values = dequantize(
        quantize(values[..., :68, :], bits=2, group_size=32), bits=2, group_size=32
    )
    assert torch.equal(seen_keys, torch.cat([old_keys.mT, keys[..., 96:, :], more[0]], -2))
    assert torch.equal(seen_values, torch.cat([old_values, values[..., 68:, :], more[1]], -2))


@pytest.mark.parametrize("pieces", [[1] * 70, [33, 1, 36], [70], [20, 50]])
def test_codes_are_written_once_however_the_tokens_come(pieces: list[int]) -> None:
    keys, values = states(70)
    held, whole = layer(), layer()
    whole.update(keys, values)
    for k, v in zip(keys.split(pieces, -2), values.split(pieces, -2), strict=True):
        held.update(k, v)
    assert held.get_seq_length() == 70
    for mine, theirs in zip(held.update(*states(1)), whole.update(*states(1)), strict=True):
        assert torch.equal(mine, theirs)


def test_bytes_by_hand() -> None:
    """256 tokens of 2 heads x 64 channels in float32.

    Keys: all 256 quantized (4096 codes of 2 bits a head... 2 x 64 x 256 / 4 = 8192 bytes) with
    2 x 64 x 8 scales and minima (8192 bytes). Values: 224 quantized (7168 bytes, 7168 of scales
    and minima), 32 kept (16384 bytes).
    """
    held = layer()
    held.update(*states(256))
    assert cache_bytes([held]) == 8192 + 8192 + 7168 + 7168 + 16384


def test_long_half_precision_prompts_cost_about_three_sixteenths() -> None:
    held = layer()
    keys, values = (s.to(torch.float16) for s in states(4096))
    held.update(keys, values)
    assert cache_bytes([held]) / cache_bytes([keys, values]) == pytest.approx(0.1875, abs=0.005)
