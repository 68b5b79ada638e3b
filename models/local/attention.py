"""Causal attention over caches whose layers hold different numbers of tokens.

transformers builds one mask for all layers from the length of the first, which is wrong once an
evicting method has cut layers to different lengths. Here each layer aligns the newest query with
its own newest key, so no mask is built at all: flash kernels apply where torch has them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention.bias import causal_lower_right
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from ...core.errors import EndpointError

ATTENTION = "evalrun_causal"


def register_attention() -> None:
    """Make the attention known to transformers under the name `ATTENTION`."""
    AttentionInterface.register(ATTENTION, causal_attention)


def causal_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,  # noqa: ARG001 - of the transformers interface; models here only infer
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Return attention output (batch, queries, heads, channels) and no weights.

    `query` (batch, heads, queries, channels) are the newest tokens of `key` and `value`
    (batch, KV heads, tokens, channels). Raises EndpointError for kinds of attention that need
    more than causality: padding masks, soft-capped scores, learned sinks.
    """
    sliding_window: int | None = kwargs.get("sliding_window")
    refused = [name for name in ("softcap", "s_aux") if kwargs.get(name) is not None]
    if refused or attention_mask is not None:
        raise EndpointError(
            f"{type(module).__name__} needs {', '.join(refused) or 'a mask'} in its attention, "
            "which engine=torch does not offer; use model.engine=vllm"
        )
    output = scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=_bias(query.shape[-2], key.shape[-2], sliding_window, query.device),
        is_causal=1 < query.shape[-2] == key.shape[-2] and not _binds(sliding_window, key),
        scale=scaling,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return output.transpose(1, 2).contiguous(), None


def _bias(queries: int, keys: int, window: int | None, device: torch.device) -> Tensor | None:
    """Return what hides keys from queries, None where nothing or only causality does."""
    if window is not None and window < keys:
        age = torch.arange(keys - queries, keys, device=device)[:, None] - torch.arange(
            keys, device=device
        )
        return (age >= 0) & (age < window)
    if queries in (1, keys):
        return None
    return causal_lower_right(queries, keys)


def _binds(window: int | None, key: Tensor) -> bool:
    return window is not None and window < key.shape[-2]
