"""The attention that models on the torch endpoint compute with.

No mask is ever built by transformers: a prompt's queries attend causally to its own keys, and what
comes behind a prompt takes a route of its own, which knows what each layer kept.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.attention.bias import causal_lower_right
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from ...core.errors import EndpointError

ATTENTION = "evalrun_causal"


class Route(Protocol):
    """Attention in place of the causal one: given to a model's forward pass as `route=`."""

    def __call__(
        self,
        layer: int,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        scale: float,
        window: int | None,
    ) -> Tensor:
        """Return the output, shaped like `query` (batch, heads, queries, channels).

        `key` and `value` (batch, KV heads, queries, channels) are those of the new tokens, or of
        all tokens where the pass has a cache; `window` is the layer's sliding window.
        """
        ...


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
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    route: Route | None = kwargs.get("route")
    if route is None:
        output = _causal(query, key, value, scale, sliding_window)
    else:
        layer: Any = module.layer_idx
        output = route(layer, query, key, value, scale, sliding_window)
    return output.transpose(1, 2).contiguous(), None


def _causal(query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None) -> Tensor:
    """Attend causally, the newest query to the newest key: by torch's kernel for the device."""
    return scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=_bias(query.shape[-2], key.shape[-2], window, query.device),
        is_causal=1 < query.shape[-2] == key.shape[-2] and not _binds(window, key),
        scale=scale,
        enable_gqa=query.shape[1] != key.shape[1],
    )


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
