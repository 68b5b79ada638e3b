"""The shape of a model's attention, told by its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kv.method import ModelShape


def text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part of a config.json that describes the language model."""
    part: Mapping[str, Any] | None = config.get("text_config")
    return part or config


def shape_of(config: Mapping[str, Any]) -> ModelShape | None:
    """Return the attention of a model with `config`, as in its config.json; None if it is not told.

    None as well for heads that differ from layer to layer.
    """
    text = text_part(config)
    heads, layers = text.get("num_attention_heads"), text.get("num_hidden_layers")
    if not isinstance(heads, int) or not isinstance(layers, int):
        return None
    kv_heads = text.get("num_key_value_heads") or heads
    head_dim = text.get("head_dim") or text.get("hidden_size", 0) // heads
    if not isinstance(kv_heads, int) or not head_dim:
        return None
    return ModelShape(layers=layers, heads=heads, kv_heads=kv_heads, head_dim=head_dim)


def unlike_heads(config: Mapping[str, Any]) -> str | None:
    """Say how the heads of a model differ from those that KV methods are made for, if they do."""
    text = text_part(config)
    if text.get("kv_lora_rank"):
        return "its heads share latents instead of keys and values (multi-head latent attention)"
    if any(isinstance(text.get(f"num_{kind}_heads"), list) for kind in ("attention", "key_value")):
        return "its layers have different numbers of heads"
    return None
