"""Prompts through a model by CacheBlend."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from transformers import PreTrainedModel

from ....core.errors import ConfigError
from ..method import Encoded
from .blending import Blending
from .chunks import ChunkKV, ChunkStore, cut
from .decoder import Decoder
from .encoding import encoded


class BlendEncoder:
    """Encodes prompts, and holds the chunks of earlier ones: at most `chunk_cache_bytes` a model.

    `chunk_size` and `separator` are those of `cut`, `check_layer` and `share` those of `Blending`.
    """

    def __init__(
        self,
        *,
        chunk_size: int,
        separator: Sequence[int] | None,
        check_layer: int,
        share: float,
        chunk_cache_bytes: int,
    ) -> None:
        self._chunk_size = chunk_size
        self._separator = separator
        self._check_layer = check_layer
        self._share = share
        self._chunk_cache_bytes = chunk_cache_bytes
        self._stores: WeakKeyDictionary[PreTrainedModel, ChunkStore] = WeakKeyDictionary()

    @torch.inference_mode()
    def __call__(self, model: PreTrainedModel, ids: Tensor) -> Encoded:
        """Return the blended keys and values of the prompt `ids` (1, tokens), and its logits.

        Raises ConfigError for a model whose keys cannot be moved or layers cannot be reached.
        """
        decoder = Decoder.of(model)
        chunks = self._chunks(model, decoder, ids)
        decoder.require_movable(ids, chunks[0].keys)
        blending = Blending(
            decoder, chunks, ids.device, check_layer=self._check_layer, share=self._share
        )
        with blending.fewer_rows():
            output = model(input_ids=ids, use_cache=False, logits_to_keep=1, route=blending.route)
        if len(blending.layers) != len(decoder.layers):
            raise ConfigError(
                f"kv=cacheblend needs attention in every layer, and {decoder.name} has it in "
                f"{len(blending.layers)} of {len(decoder.layers)}; choose another KV method"
            )
        return Encoded(tuple(blending.layers), output.logits[0, -1])

    def _chunks(self, model: PreTrainedModel, decoder: Decoder, ids: Tensor) -> list[ChunkKV]:
        """Return the keys and values of a prompt's chunks; those that are not held are computed."""
        chunks = cut(ids[0].tolist(), self._chunk_size, self._separator)
        store = self._stores.setdefault(model, ChunkStore(self._chunk_cache_bytes))
        held = {chunk: store.get(chunk) for chunk in chunks}
        missing = [chunk for chunk, kv in held.items() if kv is None]
        found = {chunk: kv for chunk, kv in held.items() if kv is not None}
        for chunk, kv in encoded(decoder, missing, ids.device):
            store.put(chunk, kv)
            found[chunk] = kv
        return [found[chunk] for chunk in chunks]
