"""Attention over a part of the keys, such that the parts can be put together exactly.

Softmax attention over two sets of keys is the mean of the attention over each, weighted by the
sums of exponentials that normalise them (Milakov and Gimelshein 2018, arXiv 1805.02867). So the
cache of a prompt is read once for all questions about it, and what each question adds is read
apart.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import torch
from torch import Tensor

# Stands for minus infinity: a row without any visible key then has no NaN, and no weight.
NOTHING = -1e30
_SCORES_AT_ONCE = 1 << 26
_PREFIX = "_scaled_dot_product_"


class Partial(msgspec.Struct, frozen=True):
    """Attention over some keys: `output` (batch, heads, queries, channels) and its normaliser.

    `lse` (batch, heads, queries) is the logarithm of the sum of exponentials, in float32.
    """

    output: Tensor
    lse: Tensor


def attend(
    query: Tensor, key: Tensor, value: Tensor, *, scale: float, visible: Tensor | None = None
) -> Partial:
    """Return the attention of `query` over all of `key`, or over those that are `visible`.

    `query` (batch, heads, queries, channels); `key` and `value` (batch or 1, KV heads, tokens,
    channels), read once for the whole batch when theirs is 1; `visible` (batch, queries, tokens) of
    booleans. Heads that share a KV head stand next to each other.
    """
    batch, heads, queries, _ = query.shape
    shared = key.shape[0] == 1 < batch
    rows = _rows(query, key.shape[1], shared=shared)
    if visible is None:
        output, lse = _kernel(rows, key, value, scale)
    else:
        seen = visible[:, None].expand(batch, heads // key.shape[1], *visible.shape[1:])
        seen = seen.reshape(key.shape[0], 1, rows.shape[2], key.shape[2])
        output, lse = _plain(rows, key, value, scale, seen)
    shape = (batch, heads, queries)
    return Partial(
        _unrowed(output, shape, key.shape[1], shared=shared),
        _unrowed(lse.unsqueeze(-1), shape, key.shape[1], shared=shared).squeeze(-1),
    )


def merged(one: Partial, other: Partial) -> Partial:
    """Return the attention over the keys of both parts, which have none in common."""
    weight = torch.sigmoid(one.lse - other.lse).unsqueeze(-1)
    output = torch.lerp(other.output.float(), one.output.float(), weight)
    return Partial(output.to(one.output.dtype), torch.logaddexp(one.lse, other.lse))


def _rows(query: Tensor, kv_heads: int, *, shared: bool) -> Tensor:
    """Put all queries that read a KV head side by side: (batch or 1, KV heads, rows, channels)."""
    batch, _, queries, channels = query.shape
    split = query.reshape(batch, kv_heads, -1, queries, channels)
    if shared:
        return split.transpose(0, 1).reshape(1, kv_heads, -1, channels)
    return split.reshape(batch, kv_heads, -1, channels)


def _unrowed(rows: Tensor, shape: tuple[int, int, int], kv_heads: int, *, shared: bool) -> Tensor:
    batch, heads, queries = shape
    if shared:
        split = rows.reshape(kv_heads, batch, heads // kv_heads, queries, -1)
        return split.transpose(0, 1).reshape(batch, heads, queries, -1)
    return rows.reshape(batch, heads, queries, -1)


def _kernel(query: Tensor, key: Tensor, value: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Return output and normaliser by a fused kernel of the device, which adds up in float32.

    The kernels are those of `scaled_dot_product_attention`, which does not hand out the normaliser.
    """
    call = _operator(query) if query.shape[-1] == value.shape[-1] else None
    if call is None:
        return _plain(query, key, value, scale, None)
    output, lse = call(query, key, value, scale=scale)[:2]
    return output, lse[..., : query.shape[2]]


def _operator(query: Tensor) -> Any:
    """Return torch's kernel for the device and dtype of `query`, None where there is none."""
    if query.device.type == "cpu":
        return getattr(torch.ops.aten, _PREFIX + "flash_attention_for_cpu")
    if query.device.type != "cuda":
        return None
    if query.dtype in (torch.float16, torch.bfloat16):
        return getattr(torch.ops.aten, _PREFIX + "flash_attention")
    efficient = getattr(torch.ops.aten, _PREFIX + "efficient_attention")
    return partial(efficient, attn_bias=None, compute_log_sumexp=True)


def _plain(
    query: Tensor, key: Tensor, value: Tensor, scale: float, visible: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return output and normaliser by matrix products, some rows at a time."""
    at_once = max(1, _SCORES_AT_ONCE // (key.shape[0] * key.shape[1] * key.shape[2] or 1))
    outputs: list[Tensor] = []
    normalisers: list[Tensor] = []
    keys, values = key.float().mT, value.float()
    for start in range(0, query.shape[2], at_once):
        scores = (query[:, :, start : start + at_once].float() @ keys) * scale
        if visible is not None:
            scores = scores.masked_fill(~visible[:, :, start : start + at_once], NOTHING)
        lse = scores.logsumexp(-1, keepdim=True)
        outputs.append(((scores - lse).exp() @ values).to(query.dtype))
        normalisers.append(lse.squeeze(-1))
    return torch.cat(outputs, 2), torch.cat(normalisers, 2)
