"""Which models have recurrent layers, told by their configuration, and which of them run here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .shape import text_part

# What transformers 5.2 computes rightly: tested against whole prompts, without a cache.
SUPPORTED = (
    "bamba",
    "falcon_h1",
    "falcon_mamba",
    "granitemoehybrid",
    "jamba",
    "lfm2",
    "lfm2_moe",
    "mamba",
    "mamba2",
    "qwen3_5_moe_text",
    "qwen3_5_text",
    "qwen3_next",
    "rwkv",
    "xlstm",
    "zamba",
)
# What it does not, as measured with version 5.2.
_REFUSED = {
    "minimax": "its linear attention misreads the mask of a padded batch, so conversations of "
    "different lengths cannot be decoded together",
    "recurrent_gemma": "it keeps its states in its modules, those of one conversation at a time, "
    "and loses track of prompts longer than its attention window",
    "zamba2": "without CUDA kernels, the tokens of a prompt behind its first chunk "
    "(config.chunk_size) are computed wrongly",
}


def kind_of(config: Mapping[str, Any]) -> str:
    """Return the type of a model with `config`, as in its config.json; its text part's, if any."""
    kind: str = text_part(config).get("model_type") or config.get("model_type") or ""
    return kind


def is_recurrent(config: Mapping[str, Any]) -> bool:
    """Say whether a model with `config`, as in its config.json, has layers that do not attend.

    Kinds that are not known by name show it by the names of their layers, if they list them.
    """
    kind = kind_of(config)
    return kind in SUPPORTED or kind in _REFUSED or not all(map(_attends, _layers(config)))


def kind_refusal(kind: str) -> str | None:
    """Say why engine=torch does not run recurrent models of a kind, None if it does."""
    if kind in SUPPORTED:
        return None
    reason = _REFUSED.get(kind)
    if reason is None:
        return (
            f"engine=torch knows recurrent models of the kinds {', '.join(SUPPORTED)}, not {kind}"
        )
    return f"engine=torch does not run {kind} models: {reason}"


def _layers(config: Mapping[str, Any]) -> Iterator[str]:
    text = text_part(config)
    yield from text.get("layer_types") or ()
    yield from text.get("layers_block_type") or ()


def _attends(layer: str) -> bool:
    """Return whether a layer of this type keeps keys: full, sliding, chunked attention."""
    return layer.endswith("attention") and layer != "linear_attention"
