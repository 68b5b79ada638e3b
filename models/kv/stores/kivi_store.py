"""The storage of KIVI: quantized keys and values, and a residual in full precision."""

from __future__ import annotations

from functools import reduce

import msgspec
import torch
from torch import Tensor

from ..partial import Partial, attend, merged
from .quantization import Quantized, dequantize, quantize

_TOKENS_AT_ONCE = 1 << 14


class KIVIStore(msgspec.Struct, frozen=True):
    """Keys grouped over tokens of a channel, values over channels of a token, in `bits` bits.

    `old_keys` and `old_values` come first in the prompt, `new_keys` and `new_values` at its end;
    what they stand for is (1, KV heads, tokens, channels).
    """

    old_keys: Quantized
    new_keys: Tensor
    old_values: Quantized
    new_values: Tensor
    bits: int
    group_size: int

    @classmethod
    def of(
        cls, keys: Tensor, values: Tensor, *, bits: int, group_size: int, residual_length: int
    ) -> KIVIStore:
        """Quantize a prompt's `keys` and `values` (1, KV heads, tokens, channels).

        Of T tokens the newest T mod `residual_length` keys and the newest `residual_length` values
        stay as they are (KIVI, algorithm 1; the official `LlamaFlashAttention_KIVI`).
        """
        tokens = keys.shape[2]
        full = tokens - tokens % residual_length
        old = max(0, tokens - residual_length)
        # Clones: a slice would keep the storage of the whole prompt alive.
        return cls(
            quantize(keys[..., :full, :], bits=bits, group_size=group_size, dim=-2),
            keys[..., full:, :].clone(),
            quantize(values[..., :old, :], bits=bits, group_size=group_size),
            values[..., old:, :].clone(),
            bits,
            group_size,
        )

    @property
    def tokens(self) -> float:
        """How many tokens are held by each KV head."""
        return self.old_values.codes.shape[2] + self.new_values.shape[2]

    @property
    def tokens_read(self) -> float:
        """All of them."""
        return self.tokens

    def attend(self, query: Tensor, positions: Tensor, scale: float) -> Partial:  # noqa: ARG002
        """Return the attention over all tokens, some of which are in full precision at a time."""
        step = max(1, _TOKENS_AT_ONCE // self.group_size) * self.group_size
        tokens = int(self.tokens)
        parts = (
            attend(query, self.keys(start, stop), self.values(start, stop), scale=scale)
            for start in range(0, tokens, step)
            for stop in [min(start + step, tokens)]
        )
        return reduce(merged, parts)

    def keys(self, start: int, stop: int) -> Tensor:
        """Return the keys of the tokens from `start`, at the beginning of a group, to `stop`."""
        size, old = self.group_size, self.old_keys.codes.shape[2]
        first, last = min(start, old), min(stop, old)
        quantized = Quantized(
            self.old_keys.codes[..., first:last, :],
            self.old_keys.scale[..., first // size : last // size, :],
            self.old_keys.minimum[..., first // size : last // size, :],
        )
        new = self.new_keys[..., max(0, start - old) : max(0, stop - old), :]
        whole = dequantize(quantized, bits=self.bits, group_size=size, dim=-2)
        return torch.cat([whole, new], 2)

    def values(self, start: int, stop: int) -> Tensor:
        """Return the values of the tokens from `start` to `stop`."""
        old = self.old_values.codes.shape[2]
        first, last = min(start, old), min(stop, old)
        quantized = Quantized(
            self.old_values.codes[..., first:last, :],
            self.old_values.scale[..., first:last, :],
            self.old_values.minimum[..., first:last, :],
        )
        new = self.new_values[..., max(0, start - old) : max(0, stop - old), :]
        whole = dequantize(quantized, bits=self.bits, group_size=self.group_size)
        return torch.cat([whole, new], 2)
