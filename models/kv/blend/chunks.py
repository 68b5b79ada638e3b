"""A prompt cut into chunks, and the keys and values of chunks, kept for other prompts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import msgspec
from torch import Tensor

Chunk = tuple[int, ...]


class ChunkKV(msgspec.Struct, frozen=True):
    """What a model makes of a chunk that stands alone, from position 0 on, on the CPU.

    `keys` and `values` are (layers, KV heads, tokens, channels).
    """

    keys: Tensor
    values: Tensor

    @property
    def bytes(self) -> int:
        """The memory of both."""
        return self.keys.nbytes + self.values.nbytes


class ChunkStore:
    """Chunks by their token ids, at most `limit` bytes; those used longest ago go first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self._chunks: OrderedDict[Chunk, ChunkKV] = OrderedDict()

    def get(self, chunk: Chunk) -> ChunkKV | None:
        """Return what is held of `chunk`, and count it as used."""
        if chunk in self._chunks:
            self._chunks.move_to_end(chunk)
        return self._chunks.get(chunk)

    def put(self, chunk: Chunk, kv: ChunkKV) -> None:
        """Hold `chunk`, which is not held yet, unless it is too large by itself."""
        if kv.bytes > self.limit:
            return
        self._chunks[chunk] = kv
        self.bytes += kv.bytes
        while self.bytes > self.limit:
            _, oldest = self._chunks.popitem(last=False)
            self.bytes -= oldest.bytes


def cut(ids: Sequence[int], chunk_size: int, separator: Sequence[int] | None) -> list[Chunk]:
    """Return the chunks of a prompt, in order.

    They end behind each occurrence of the token ids `separator`, or, without one, after
    `chunk_size` tokens. The last chunk is what remains.
    """
    if not separator:
        return [tuple(ids[i : i + chunk_size]) for i in range(0, len(ids), chunk_size)]
    chunks: list[Chunk] = []
    start = 0
    for stop in range(1, len(ids) + 1):
        found = tuple(ids[max(start, stop - len(separator)) : stop]) == tuple(separator)
        if found or stop == len(ids):
            chunks.append(tuple(ids[start:stop]))
            start = stop
    return chunks
