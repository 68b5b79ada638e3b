"""Which tokens of a prompt the published eviction methods keep, at query-head granularity.

Pure functions of one layer's queries `q` and keys `k` after RoPE, (1, query heads, T, channels).
SCBench and KVCache-Factory repeat the cache to all query heads before they choose, so each query
head keeps tokens of its own. Keys may also come with their KV heads as they are, which gives the
same: query heads that share a KV head stand next to each other. Of `q` the last rows are enough
where only those are looked at.

What is returned are positions in the prompt, (query heads, kept), or (kept,) where all heads keep
the same: chosen tokens in the order of falling scores, then the last ones in their own order, as
the official classes store them. A prompt that is kept whole stays in its own order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from .pyramidkv import layer_budgets

Pooling = Literal["avg", "max"]
Strategy = Literal["average", "max"]

_SCORES_AT_ONCE = 1 << 26


def streamingllm_positions(tokens: int, n_init: int, n_local: int) -> Tensor:
    """Return the first `n_init` and the last `n_local` positions, the same for all heads (kept,).

    SCBench's `StreamingLLMKVCluster`: fewer than `n_init + n_local` tokens are all kept.
    """
    if tokens < n_init + n_local:
        return torch.arange(tokens)
    return torch.cat([torch.arange(n_init), torch.arange(tokens - n_local, tokens)])


def snapkv_positions(
    q: Tensor,
    k: Tensor,
    *,
    window_size: int,
    max_capacity: int,
    kernel_size: int,
    pooling: Pooling = "avg",
) -> Tensor:
    """Return the last `window_size` tokens and those before that they attend to most.

    SCBench's `SnapKVCluster`: attention is summed over the rows of the window and pooled over
    `kernel_size` neighbours; averages count zeros beyond the ends. Fewer than `max_capacity`
    tokens are all kept. `max_capacity` is at least `window_size`, `kernel_size` is odd.
    """
    if k.shape[2] < max_capacity:
        return _all(q, k)
    votes = _window_votes(q, k, window_size)
    pool = functional.avg_pool1d if pooling == "avg" else functional.max_pool1d
    pooled = pool(votes, kernel_size, stride=1, padding=kernel_size // 2)
    return _best_and_last(pooled, max_capacity - window_size, k.shape[2])


def pyramidkv_positions(  # noqa: PLR0913 - the settings of the official class
    q: Tensor,
    k: Tensor,
    layer: int,
    layers: int,
    *,
    window_size: int,
    max_capacity: int,
    kernel_size: int,
    pooling: Pooling = "avg",
    beta: int = 20,
) -> Tensor:
    """Return what SnapKV keeps with the share that is due to `layer`, of `layers`.

    SCBench's `PyramidKVCluster`, with its three cases: below `max_capacity` tokens all are kept,
    below twice the chosen part every layer keeps `max_capacity`, and from there on lower layers
    keep more.
    """
    tokens = k.shape[2]
    if tokens < max_capacity:
        return _all(q, k)
    shares = layer_budgets(tokens, max_capacity, layers, window=window_size, beta=beta)
    return snapkv_positions(
        q,
        k,
        window_size=window_size,
        max_capacity=shares[layer],
        kernel_size=kernel_size,
        pooling=pooling,
    )


def h2o_positions(q: Tensor, k: Tensor, *, window_size: int, max_capacity: int) -> Tensor:
    """Return the last `window_size` tokens and those before that all queries attend to most.

    KVCache-Factory's `H2OKVCluster`, with `q` of the whole prompt: attention is summed over all
    rows. Fewer than `max_capacity` tokens are all kept.
    """
    tokens = k.shape[2]
    if tokens < max_capacity:
        return _all(q, k)
    blocks = q.split(rows_at_once(q.shape[1], tokens), dim=2)
    (sums,) = column_sums(blocks, k, q.shape[1])
    return _best_and_last(sums[:, : tokens - window_size], max_capacity - window_size, tokens)


def windowkv_positions(
    q: Tensor,
    k: Tensor,
    *,
    budget: int,
    suffix_size: int,
    review_window_size: int,
    strategy: Strategy,
) -> Tensor:
    """Return the last `suffix_size` tokens and whole windows before, the same for all heads.

    What the first layer of a group keeps in WindowKV's `WindowKVCluster.update_kv`; the others
    keep the same. Windows whose dropping leaves at most `budget` of the tokens before the suffix
    are dropped, those of the lowest scores; where that were all tokens, only the suffix stays.
    """
    tokens = k.shape[2]
    review = tokens - suffix_size
    if review <= budget:
        return torch.arange(tokens, device=k.device)
    suffix = torch.arange(review, tokens, device=k.device)
    dropped = math.ceil((review - budget) / review_window_size)
    if dropped * review_window_size >= review:
        return suffix
    scores = _window_scores(_window_votes(q, k, suffix_size), review_window_size, strategy)
    # Windows of equal scores stay in order, as in Python's sort.
    kept = scores.argsort(descending=True, stable=True)[: len(scores) - dropped]
    inside = kept[:, None] * review_window_size + torch.arange(review_window_size, device=k.device)
    return torch.cat([inside[inside < review], suffix])


def column_sums(blocks: Iterable[Tensor], k: Tensor, heads: int) -> Tensor:
    """Return how much attention each token gets from all rows of causal attention, in float32.

    `blocks` are the queries (batch, `heads`, rows, channels) of consecutive rows, together as many
    as `k` (batch, KV heads, T, channels) has tokens. Returns (batch, heads, T). Only the scores of
    one block exist at a time.
    """
    sums = torch.zeros((k.shape[0], heads, k.shape[2]), dtype=torch.float32, device=k.device)
    end = 0
    for q in blocks:
        end += q.shape[2]
        sums[..., :end] += causal_weights(q, k[:, :, :end]).sum(2)
    return sums


def rows_at_once(heads: int, tokens: int) -> int:
    """Return for how many rows the scores of `heads` over `tokens` fit in a quarter of a GiB."""
    return max(1, _SCORES_AT_ONCE // (heads * tokens))


def causal_weights(q: Tensor, k: Tensor) -> Tensor:
    """Return the attention weights (batch, heads, rows, T) of the last rows, in float32.

    `q` (batch, heads, rows, channels) are the queries of the last tokens of `k` (batch, KV heads,
    T, channels). Scores are computed in the dtype of `q`, as the official classes do.
    """
    batch, heads, rows, channels = q.shape
    tokens = k.shape[2]
    grouped = q.reshape(batch, k.shape[1], -1, channels)
    scores = (grouped @ k.mT).view(batch, heads, rows, tokens) / math.sqrt(channels)
    later = torch.ones(rows, tokens, dtype=torch.bool, device=q.device).triu(tokens - rows + 1)
    return scores.masked_fill(later, -math.inf).softmax(-1, dtype=torch.float32)


def _window_votes(q: Tensor, k: Tensor, window: int) -> Tensor:
    """Return the attention (heads, T - window) of the last `window` rows to the tokens before.

    Weights are rounded to the dtype of `q` before they are summed, as the official classes do.
    """
    (weights,) = causal_weights(q[:, :, -window:], k).to(q.dtype)
    return weights[..., : k.shape[2] - window].sum(1)


def _window_scores(votes: Tensor, size: int, strategy: Strategy) -> Tensor:
    """Return one score for each window of `size` tokens; the last one may be shorter."""
    tokens = votes.shape[1]
    whole = tokens // size * size
    scores = [_mean_votes(votes[:, :whole].unflatten(1, (-1, size)), size, strategy)]
    if whole < tokens:
        scores.append(_mean_votes(votes[:, None, whole:], size, strategy))
    return torch.cat(scores)


def _mean_votes(windows: Tensor, size: int, strategy: Strategy) -> Tensor:
    """Return the mean over heads and tokens of `windows` (heads, windows, tokens).

    The strategy max takes, per head, only the best `size // 2` tokens of a window (at least one:
    the official code takes none of windows of one token, and has no score then).
    """
    if strategy == "max":
        best = min(max(1, size // 2), windows.shape[2])
        windows = windows.topk(best, dim=2).values
    return windows.mean((0, 2))


def _best_and_last(scores: Tensor, best: int, tokens: int) -> Tensor:
    """Return the `best` positions of `scores` (heads, early) a head, then all after `early`."""
    heads, early = scores.shape
    last = torch.arange(early, tokens, device=scores.device).expand(heads, -1)
    return torch.cat([scores.topk(best, dim=1).indices, last], dim=1)


def _all(q: Tensor, k: Tensor) -> Tensor:
    return torch.arange(k.shape[2], device=k.device).expand(q.shape[1], -1)
