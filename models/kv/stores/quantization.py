"""Numbers in few bits: packed codes, and a scale and a minimum for each group of them."""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor


class Quantized(msgspec.Struct, frozen=True):
    """Numbers in groups along a dimension, each `code * scale + minimum`.

    `codes` packs 8 / bits codes of the last dimension a byte; `scale` and `minimum` have a number
    for each group, of the dtype of what was quantized.
    """

    codes: Tensor
    scale: Tensor
    minimum: Tensor


def quantize(x: Tensor, *, bits: int, group_size: int, dim: int = -1) -> Quantized:
    """Quantize `x` in groups of `group_size` along the negative `dim`, to the nearest code.

    Asymmetric: KIVI (arXiv 2402.02750), equation 1.
    """
    groups = x.unflatten(dim, (-1, group_size))
    minimum, maximum = groups.amin(dim, keepdim=True), groups.amax(dim, keepdim=True)
    scale = (maximum - minimum) / (2**bits - 1)
    # A group of equal numbers has no range: any divisor gives code 0, which stands for them.
    divisor = torch.where(scale > 0, scale, torch.ones_like(scale))
    codes = ((groups - minimum) / divisor).round().clamp(0, 2**bits - 1).to(torch.uint8)
    packed = _packed(codes.flatten(dim - 1, dim), bits)
    return Quantized(packed, scale.squeeze(dim), minimum.squeeze(dim))


def dequantize(q: Quantized, *, bits: int, group_size: int, dim: int = -1) -> Tensor:
    """Return the numbers that `q` stands for, which were grouped along `dim`."""
    numbers = _unpacked(q.codes, bits).to(q.scale.dtype).unflatten(dim, (-1, group_size))
    return numbers.mul_(q.scale.unsqueeze(dim)).add_(q.minimum.unsqueeze(dim)).flatten(dim - 1, dim)


def _packed(codes: Tensor, bits: int) -> Tensor:
    shifts = torch.arange(0, 8, bits, device=codes.device, dtype=torch.uint8)
    parts = codes.unflatten(-1, (-1, 8 // bits)) << shifts
    return parts.sum(-1, dtype=torch.uint8)


def _unpacked(packed: Tensor, bits: int) -> Tensor:
    shifts = torch.arange(0, 8, bits, device=packed.device, dtype=torch.uint8)
    return ((packed.unsqueeze(-1) >> shifts) & (2**bits - 1)).flatten(-2)
