"""The keys and values of chunks that stand alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import torch

from .chunks import Chunk, ChunkKV
from .decoder import Decoder

_TOKENS_AT_ONCE = 1 << 13


def encoded(
    decoder: Decoder, chunks: Sequence[Chunk], device: torch.device
) -> Iterator[tuple[Chunk, ChunkKV]]:
    """Yield each of `chunks` with its keys and values; chunks of one length share a pass."""
    for length, same in groupby(sorted(chunks, key=len), key=len):
        of_length = list(same)
        step = max(1, _TOKENS_AT_ONCE // length)
        for start in range(0, len(of_length), step):
            together = of_length[start : start + step]
            states = decoder.states(torch.tensor(together, device=device))
            for row, chunk in enumerate(together):
                keys = torch.stack([keys[row].cpu() for keys, _ in states])
                values = torch.stack([values[row].cpu() for _, values in states])
                yield chunk, ChunkKV(keys, values)
