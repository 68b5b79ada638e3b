"""The storage of KIVI: packed codes, scales and minima, and a full-precision residual."""

from __future__ import annotations

from typing import Any

import msgspec
import torch
from torch import Tensor
from transformers.cache_utils import CacheLayerMixin


class Quantized(msgspec.Struct, frozen=True):
    """Numbers in groups along the last dimension, each `code * scale + minimum`.

    `codes` (..., n * bits / 8) packs 8 / bits codes a byte; `scale` and `minimum` (..., n / group)
    have the dtype of what was quantized.
    """

    codes: Tensor
    scale: Tensor
    minimum: Tensor


def quantize(x: Tensor, *, bits: int, group_size: int) -> Quantized:
    """Quantize `x` (..., n) in groups of `group_size`, asymmetric, to the nearest code (eq. 1)."""
    groups = x.unflatten(-1, (-1, group_size))
    minimum, maximum = groups.amin(-1, keepdim=True), groups.amax(-1, keepdim=True)
    scale = (maximum - minimum) / (2**bits - 1)
    # A group of equal numbers has no range: any divisor gives code 0, which stands for them.
    divisor = torch.where(scale > 0, scale, torch.ones_like(scale))
    codes = ((groups - minimum) / divisor).round().clamp(0, 2**bits - 1).to(torch.uint8)
    return Quantized(_packed(codes.flatten(-2), bits), scale.squeeze(-1), minimum.squeeze(-1))


def dequantize(q: Quantized, *, bits: int, group_size: int) -> Tensor:
    """Return the numbers (..., n) that `q` stands for."""
    codes = _unpacked(q.codes, bits).unflatten(-1, (-1, group_size)).to(q.scale.dtype)
    return (codes * q.scale.unsqueeze(-1) + q.minimum.unsqueeze(-1)).flatten(-2)


class KIVILayer(CacheLayerMixin):
    """One layer's keys and values, (batch, KV heads, tokens, channels) when handed out.

    Keys are grouped over consecutive tokens of a channel, values over channels of a token. The
    newest tokens stay as they are: of keys those that do not fill `residual_length`, of values the
    last `residual_length` (the official `LlamaFlashAttention_KIVI`). Codes are written once.
    """

    is_sliding = False

    def __init__(self, *, bits: int, group_size: int, residual_length: int) -> None:
        super().__init__()
        self.bits = bits
        self.group_size = group_size
        self.residual_length = residual_length
        self.length = 0
        self.quantized_keys: Quantized | None = None
        self.quantized_values: Quantized | None = None

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Start with empty residuals of the shape and dtype that come first."""
        self.dtype, self.device = key_states.dtype, key_states.device
        self.keys = key_states[..., :0, :]
        self.values = value_states[..., :0, :]
        self.is_initialized = True

    def update(
        self,
        key_states: Tensor,
        value_states: Tensor,
        cache_kwargs: dict[str, Any] | None = None,  # noqa: ARG002 - of the transformers interface
    ) -> tuple[Tensor, Tensor]:
        """Store new tokens and return all; new tokens are attended to before they are quantized."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        assert self.keys is not None  # noqa: S101 - set above
        assert self.values is not None  # noqa: S101 - set above
        keys = torch.cat([self.keys, key_states], dim=-2)
        values = torch.cat([self.values, value_states], dim=-2)
        seen = self._with_quantized(keys, values)
        self.length += key_states.shape[-2]
        self._store(keys, values)
        return seen

    def get_seq_length(self) -> int:
        """Return the number of tokens held."""
        return self.length

    def get_mask_sizes(self, cache_position: Tensor) -> tuple[int, int]:
        """Return the length and the offset of keys that a mask has to cover."""
        return self.length + cache_position.shape[0], 0

    def get_max_cache_shape(self) -> int:
        """Return -1: there is no limit."""
        return -1

    def _with_quantized(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        how = {"bits": self.bits, "group_size": self.group_size}
        if self.quantized_keys is not None:
            keys = torch.cat([dequantize(self.quantized_keys, **how).mT, keys], dim=-2)
        if self.quantized_values is not None:
            values = torch.cat([dequantize(self.quantized_values, **how), values], dim=-2)
        return keys, values

    def _store(self, keys: Tensor, values: Tensor) -> None:
        how = {"bits": self.bits, "group_size": self.group_size}
        full = keys.shape[-2] // self.residual_length * self.residual_length
        if full:
            new = quantize(keys[..., :full, :].mT, **how)
            self.quantized_keys = _appended(self.quantized_keys, new, dim=-1)
        old = max(0, values.shape[-2] - self.residual_length)
        if old:
            new = quantize(values[..., :old, :], **how)
            self.quantized_values = _appended(self.quantized_values, new, dim=-2)
        # Clones: a slice would keep the storage of the whole prompt alive.
        self.keys, self.values = keys[..., full:, :].clone(), values[..., old:, :].clone()


def _appended(old: Quantized | None, new: Quantized, *, dim: int) -> Quantized:
    if old is None:
        return new
    return Quantized(
        torch.cat([old.codes, new.codes], dim),
        torch.cat([old.scale, new.scale], dim),
        torch.cat([old.minimum, new.minimum], dim),
    )


def _packed(codes: Tensor, bits: int) -> Tensor:
    shifts = torch.arange(0, 8, bits, device=codes.device, dtype=torch.uint8)
    parts = codes.unflatten(-1, (-1, 8 // bits)) << shifts
    return parts.sum(-1, dtype=torch.uint8)


def _unpacked(packed: Tensor, bits: int) -> Tensor:
    shifts = torch.arange(0, 8, bits, device=packed.device, dtype=torch.uint8)
    return ((packed.unsqueeze(-1) >> shifts) & (2**bits - 1)).flatten(-2)
