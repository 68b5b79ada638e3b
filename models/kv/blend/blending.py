"""One pass over a prompt in which most keys and values come from its chunks."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from ..partial import attend, merged
from .chunks import ChunkKV
from .decoder import Decoder

_ROWS_AT_ONCE = 512


class Blending:
    """The attention of a pass over a whole prompt: each layer's `route`.

    Layers up to `check_layer` compute all tokens. There the `share` of tokens whose keys deviate
    most from those of the chunks is chosen, and the last token. The layers above compute these
    alone, and take the keys and values of the others from the chunks, moved to their places in the
    prompt (CacheBlend: Yao et al. 2024, arXiv 2405.16444, section 4).
    """

    def __init__(
        self,
        decoder: Decoder,
        chunks: Sequence[ChunkKV],
        device: torch.device,
        *,
        check_layer: int,
        share: float,
    ) -> None:
        self.layers: list[tuple[Tensor, Tensor]] = []
        self._decoder = decoder
        self._chunks = chunks
        self._check_layer = check_layer
        self._share = share
        lengths = torch.tensor([chunk.keys.shape[2] for chunk in chunks])
        starts = (lengths.cumsum(0) - lengths).repeat_interleave(lengths)
        self._turn = decoder.turn(starts.to(device))
        self._chosen = torch.arange(starts.shape[0], device=device)

    def route(
        self,
        layer: int,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        scale: float,
        _window: int | None,
    ) -> Tensor:
        """Return the attention output, shaped like `query` (1, heads, tokens, channels)."""
        if layer < self._check_layer:
            self.layers.append((key, value))
            return scaled_dot_product_attention(
                query, key, value, is_causal=True, scale=scale, enable_gqa=True
            )
        if layer == self._check_layer:
            return self._check(query, key, value, scale)
        keys, values = self._keys_of_chunks(layer, key), self._values_of_chunks(layer, value)
        keys[:, :, self._chosen], values[:, :, self._chosen] = key, value
        self.layers.append((keys, values))
        return attend_at(query, keys, values, self._chosen, scale)

    @contextmanager
    def fewer_rows(self) -> Generator[None]:
        """Let the layers above the check compute the chosen tokens only."""
        with ExitStack() as stack:
            for layer in self._decoder.layers[self._check_layer + 1 :]:
                hook = layer.register_forward_pre_hook(self._fewer, with_kwargs=True)
                stack.callback(hook.remove)
            yield

    def _check(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """Choose tokens, and attend with their queries; the output of others is not used."""
        deviation = (key.float() - self._keys_of_chunks(self._check_layer, key).float()).square()
        self._chosen = most_deviating(deviation.sum((0, 1, 3)), self._share)
        # All keys and values are fresh here, and so they are all used.
        self.layers.append((key, value))
        output = torch.zeros_like(query)
        rows = query[:, :, self._chosen]
        output[:, :, self._chosen] = attend_at(rows, key, value, self._chosen, scale)
        return output

    def _fewer(
        self, _layer: Any, args: tuple[Tensor, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Tensor, ...], dict[str, Any]]:
        """Return the chosen rows of what a layer is called with."""
        hidden, *rest = args
        cos, sin = kwargs["position_embeddings"]
        if hidden.shape[1] == cos.shape[1]:
            hidden = hidden[:, self._chosen]
        embeddings = (cos[:, self._chosen], sin[:, self._chosen])
        return (hidden, *rest), {**kwargs, "position_embeddings": embeddings}

    def _keys_of_chunks(self, layer: int, like: Tensor) -> Tensor:
        keys = torch.cat([chunk.keys[layer] for chunk in self._chunks], 1)
        return self._decoder.moved(keys.to(like.device)[None], self._turn)

    def _values_of_chunks(self, layer: int, like: Tensor) -> Tensor:
        values = torch.cat([chunk.values[layer] for chunk in self._chunks], 1)
        return values.to(like.device)[None]


def most_deviating(deviation: Tensor, share: float) -> Tensor:
    """Return the `share` of tokens with the largest `deviation` (tokens), and the last; ascending.

    The number is rounded down (the official `LMCBlender.process_qkv`).
    """
    tokens = deviation.shape[0]
    largest = deviation.topk(int(tokens * share)).indices
    last = torch.tensor([tokens - 1], device=deviation.device)
    return torch.cat([largest, last]).unique()


def attend_at(query: Tensor, key: Tensor, value: Tensor, positions: Tensor, scale: float) -> Tensor:
    """Return causal attention of queries that stand at ascending `positions` (queries).

    `query` (1, heads, queries, channels), `key` and `value` (1, KV heads, tokens, channels). What
    stands before a block of queries is read by a fused kernel, what stands among them with a mask.
    """
    outputs: list[Tensor] = []
    for rows, places in zip(
        query.split(_ROWS_AT_ONCE, 2), positions.split(_ROWS_AT_ONCE), strict=True
    ):
        first, stop = int(places[0]), int(places[-1]) + 1
        among = slice(first, stop)
        visible = torch.arange(first, stop, device=places.device) <= places[:, None]
        part = attend(
            rows, key[:, :, among], value[:, :, among], scale=scale, visible=visible[None]
        )
        if first:
            before = attend(rows, key[:, :, :first], value[:, :, :first], scale=scale)
            part = merged(before, part)
        outputs.append(part.output)
    return torch.cat(outputs, 2)
