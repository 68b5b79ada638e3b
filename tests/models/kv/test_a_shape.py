"""A-shape and Tri-shape against their masks written out."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch
from slow_attention import Mask, Observed, random_states, slow_attention
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from evalrun.models.kv.a_shape import AShape, AShapeOptions
from evalrun.models.kv.method import UNTREATED, LocalKVMethod, ModelShape, PromptFacts
from evalrun.models.kv.sparse.a_shape import AShapeAttention
from evalrun.models.kv.sparse.tri_shape import TriShapeAttention
from evalrun.models.kv.tri_shape import TriShape, TriShapeOptions

SHAPE = ModelShape(layers=2, heads=4, kv_heads=2, head_dim=16)
SCALE = 0.25


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def a_shape_mask(n_init: int, n_local: int) -> Mask:
    return lambda i, j: j < n_init or i - j < n_local


def tri_shape_mask(tokens: int, n_init: int, n_local: int, n_last: int) -> Mask:
    upper = a_shape_mask(n_init, n_local)
    dense_from = tokens - min(n_last, tokens - 1)
    return lambda i, j: i >= dense_from or upper(i, j)


def full(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=SCALE, enable_gqa=True
    )


def is_untreated(kv: LocalKVMethod, tokens: int) -> bool:
    return kv.treatment(PromptFacts(tokens=tokens), SHAPE) == UNTREATED


# Blocks of 128 rows: prompts below, at, and beyond one block, and not a multiple of it.
@pytest.mark.parametrize("tokens", [1, 2, 127, 128, 129, 300])
@pytest.mark.parametrize(("n_init", "n_local"), [(4, 16), (0, 1), (40, 1), (7, 150), (200, 64)])
def test_a_shape_is_sinks_and_a_window(tokens: int, n_init: int, n_local: int) -> None:
    states = random_states(tokens)
    expected = slow_attention(*states, lambda _b, _h: a_shape_mask(n_init, n_local), SCALE)
    torch.testing.assert_close(AShapeAttention(n_init, n_local)(0, *states, SCALE), expected)


@pytest.mark.parametrize("n_last", [1, 44, 100, 299, 300, 1000])
def test_tri_shape_has_dense_rows_at_the_end(n_last: int) -> None:
    states = random_states(300)
    mask = tri_shape_mask(300, 5, 20, n_last)
    output = TriShapeAttention(5, 20, n_last)(0, *states, SCALE)
    torch.testing.assert_close(output, slow_attention(*states, lambda _b, _h: mask, SCALE))


@pytest.mark.parametrize("tokens", [1, 2, 128])
def test_tri_shape_of_prompts_shorter_than_its_dense_rows(tokens: int) -> None:
    states = random_states(tokens)
    torch.testing.assert_close(TriShapeAttention(1, 1, 500)(0, *states, SCALE), full(*states))


def test_the_last_rows_of_tri_shape_are_full_attention_and_those_above_are_a_shape() -> None:
    states = random_states(260)
    output = TriShapeAttention(5, 20, 30)(0, *states, SCALE)
    torch.testing.assert_close(output[:, :, -30:], full(*states)[:, :, -30:])
    above = AShapeAttention(5, 20)(0, *states, SCALE)
    torch.testing.assert_close(output[:, :, :-30], above[:, :, :-30])
    assert not torch.allclose(above[:, :, -30:], output[:, :, -30:])


def test_prompts_no_longer_than_the_window_are_attended_to_fully() -> None:
    states = random_states(200)
    torch.testing.assert_close(AShapeAttention(3, 200)(0, *states, SCALE), full(*states))
    torch.testing.assert_close(TriShapeAttention(3, 170, 30)(0, *states, SCALE), full(*states))


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_rows_of_a_batch_and_groups_of_heads_are_apart(kv_heads: int) -> None:
    states = random_states(150, batch=2, kv_heads=kv_heads)
    expected = slow_attention(*states, lambda _b, _h: a_shape_mask(4, 16), SCALE)
    torch.testing.assert_close(AShapeAttention(4, 16)(0, *states, SCALE), expected)


def test_bf16_is_close_and_states_need_not_be_contiguous() -> None:
    states = random_states(300)
    expected = slow_attention(*states, lambda _b, _h: tri_shape_mask(300, 5, 20, 30), SCALE)
    # As models give them: (batch, tokens, heads, channels), transposed.
    halves = [x.bfloat16().transpose(1, 2).contiguous().transpose(1, 2) for x in states]
    output = TriShapeAttention(5, 20, 30)(0, halves[0], halves[1], halves[2], SCALE)
    assert output.dtype == torch.bfloat16
    torch.testing.assert_close(output.float(), expected, atol=0.06, rtol=0.02)


def test_only_sinks_and_band_are_read_and_no_mask_is_large() -> None:
    states = random_states(4096, heads=2, kv_heads=1, channels=8)
    with Observed() as observed:
        AShapeAttention(64, 256)(0, *states, SCALE)
    assert max(observed.keys_read) == 64 + 256 + 127
    assert observed.largest < 4096 * 4096 / 100


def test_tri_shape_reads_all_keys_for_its_last_rows_only() -> None:
    states = random_states(4096, heads=2, kv_heads=1, channels=8)
    with Observed() as observed:
        TriShapeAttention(64, 256, 100)(0, *states, SCALE)
    assert observed.keys_read[-1] == 4096
    assert max(observed.keys_read[:-1]) == 64 + 256 + 127
    assert observed.largest <= 4096 * 256


def test_defaults_are_those_of_scbench() -> None:
    assert (AShapeOptions().n_init, AShapeOptions().n_local) == (128, 3968)
    tri = TriShapeOptions()
    assert (tri.n_init, tri.n_local, tri.n_last) == (128, 3968, 100)


def test_prompts_that_fit_in_the_window_are_left_as_they_are() -> None:
    assert is_untreated(AShape(AShapeOptions()), 3968)
    assert not is_untreated(AShape(AShapeOptions()), 3969)
    assert is_untreated(TriShape(TriShapeOptions()), 4068)
    assert not is_untreated(TriShape(TriShapeOptions()), 4069)


def test_treatments_carry_the_options_and_nothing_but_attention() -> None:
    kv = TriShape(TriShapeOptions(n_init=1, n_local=2, n_last=3))
    treatment = kv.treatment(PromptFacts(tokens=50), SHAPE)
    assert treatment.attention == TriShapeAttention(1, 2, 3)
    assert (treatment.press, treatment.storage, treatment.encoder) == (None, None, None)
    assert kv.slots == {"attention"}


def test_labels_say_what_differs_from_the_defaults() -> None:
    assert AShape(AShapeOptions()).label == "a_shape"
    assert AShape(AShapeOptions(n_local=64)).label == "a_shape[n_local=64]"
    assert TriShape(TriShapeOptions(n_last=1)).label == "tri_shape[n_last=1]"
