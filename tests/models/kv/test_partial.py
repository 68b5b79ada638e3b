"""Attention over parts of the keys, put together, is attention over all of them."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from evalrun.models.kv import partial
from evalrun.models.kv.partial import attend, merged
from evalrun.models.kv.store import DenseStore, RaggedStore, WindowStore

SCALE = 0.25


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def slowly(q: Tensor, keys: Tensor, values: Tensor, allowed: list[int]) -> tuple[Tensor, float]:
    """Softmax attention of one query (channels,) over the allowed keys, a score at a time."""
    weights = [math.exp(float(q @ keys[j]) * SCALE) for j in allowed]
    total = sum(weights)
    output = torch.stack([w / total * values[j] for w, j in zip(weights, allowed, strict=True)])
    return output.sum(0), math.log(total)


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("queries", [1, 3])
@pytest.mark.parametrize("own", [False, True], ids=["shared keys", "own keys"])
def test_output_and_normaliser_by_the_definition(batch: int, queries: int, own: bool) -> None:
    q = numbers(batch, 6, queries, 8)
    k, v = (numbers(batch if own else 1, 2, 9, 8, seed=s) for s in (1, 2))
    visible = numbers(batch, queries, 9, seed=3) > -0.5
    for seen in (None, visible):
        part = attend(q, k, v, scale=SCALE, visible=seen)
        for b in range(batch):
            for h in range(6):
                for i in range(queries):
                    allowed = [j for j in range(9) if seen is None or seen[b, i, j]]
                    keys, values = k[b if own else 0, h // 3], v[b if own else 0, h // 3]
                    output, lse = slowly(q[b, h, i], keys, values, allowed)
                    torch.testing.assert_close(part.output[b, h, i], output)
                    assert float(part.lse[b, h, i]) == pytest.approx(lse, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 39), st.integers(0, 1000))
def test_parts_put_together_are_the_whole(cut: int, seed: int) -> None:
    q, k, v = (numbers(2, 2, n, 8, seed=seed + n) for n in (3, 40, 41))
    v = v[:, :, :40]
    whole = attend(q, k, v, scale=SCALE)
    parts = [
        attend(q, k[:, :, span], v[:, :, span], scale=SCALE)
        for span in (slice(0, cut), slice(cut, None))
    ]
    for one, other in (parts, parts[::-1]):
        together = merged(one, other)
        torch.testing.assert_close(together.output, whole.output)
        torch.testing.assert_close(together.lse, whole.lse)


def test_a_row_that_sees_nothing_has_no_weight_and_no_nan() -> None:
    q, k, v = numbers(1, 2, 1, 8), numbers(1, 2, 5, 8), numbers(1, 2, 5, 8)
    nothing = attend(q, k, v, scale=SCALE, visible=torch.zeros(1, 1, 5, dtype=torch.bool))
    something = attend(q, k, v, scale=SCALE)
    together = merged(nothing, something)
    torch.testing.assert_close(together.output, something.output)
    assert torch.isfinite(together.lse).all()


def test_values_may_have_other_channels_than_keys() -> None:
    q, k, v = numbers(1, 2, 1, 8), numbers(1, 2, 5, 8), numbers(1, 2, 5, 3)
    output = attend(q, k, v, scale=SCALE).output
    torch.testing.assert_close(
        output[0, 1, 0], slowly(q[0, 1, 0], k[0, 1], v[0, 1], [*range(5)])[0]
    )


def test_rows_taken_in_pieces_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    q, k, v = numbers(2, 4, 7, 8), numbers(1, 2, 30, 8), numbers(1, 2, 30, 8)
    visible = torch.ones(2, 7, 30, dtype=torch.bool)
    whole = attend(q, k, v, scale=SCALE, visible=visible)
    monkeypatch.setattr(partial, "_SCORES_AT_ONCE", 130)
    pieces = attend(q, k, v, scale=SCALE, visible=visible)
    torch.testing.assert_close(pieces.output, whole.output)


def test_half_precision_is_near_full_precision() -> None:
    q, k, v = numbers(1, 4, 2, 64), numbers(1, 2, 300, 64), numbers(1, 2, 300, 64)
    exact = attend(q, k, v, scale=SCALE / 2)
    half = attend(*(x.bfloat16() for x in (q, k, v)), scale=SCALE / 2)
    assert half.output.dtype == torch.bfloat16
    assert half.lse.dtype == torch.float32
    torch.testing.assert_close(half.output.float(), exact.output, atol=0.03, rtol=0.05)


def test_a_ragged_store_reads_of_each_head_what_that_head_kept() -> None:
    q = numbers(3, 6, 2, 8)
    kept = [(numbers(n, 8, seed=n), numbers(n, 8, seed=n + 1)) for n in (7, 2, 0)]
    store = RaggedStore(tuple(kept))
    part = store.attend(q, torch.zeros(3, 2, dtype=torch.long), SCALE)
    for head, (keys, values) in enumerate(kept[:2]):
        alone = attend(
            q[:, 2 * head : 2 * head + 2], keys[None, None], values[None, None], scale=SCALE
        )
        torch.testing.assert_close(part.output[:, 2 * head : 2 * head + 2], alone.output)
    assert (part.lse[:, 4:] < -1e29).all()
    assert store.tokens == store.tokens_read == 3


def test_a_window_store_hides_what_is_too_old_for_each_query() -> None:
    k, v = numbers(1, 2, 10, 8), numbers(1, 2, 10, 8)
    store = WindowStore(k, v, start=90, window=8)
    q = numbers(2, 4, 2, 8)
    positions = torch.tensor([[100, 101], [103, 104]])
    part = store.attend(q, positions, SCALE)
    for b, i, oldest in ((0, 0, 93), (0, 1, 94), (1, 0, 96), (1, 1, 97)):
        seen = slice(oldest - 90, None)
        alone = DenseStore(k[:, :, seen], v[:, :, seen]).attend(
            q[b : b + 1, :, i : i + 1], positions[:1, :1], SCALE
        )
        torch.testing.assert_close(part.output[b, :, i], alone.output[0, :, 0])
