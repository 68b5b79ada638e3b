"""The press of `kv=evenly`, which works with kvpress alone, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from kvpress import BasePress
from torch import Tensor, nn

from evalrun_vowels.kv_method import kept_positions


@dataclass
class EvenlyPress(BasePress):
    """Keep `kept` tokens of each layer, the same ones in all layers and heads."""

    kept: int = 1

    def compress(
        self,
        module: nn.Module,
        hidden_states: Tensor,
        keys: Tensor,
        values: Tensor,
        attentions: Tensor | None,
        kwargs: dict[str, Any],
    ) -> tuple[Tensor, Tensor]:
        """Return the kept keys and values, each (batch, KV heads, kept, channels)."""
        positions = torch.tensor(kept_positions(keys.shape[2], self.kept), device=keys.device)
        return keys.index_select(2, positions), values.index_select(2, positions)
