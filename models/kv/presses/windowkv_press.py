"""WindowKV as a kvpress press."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from kvpress import BasePress
from torch import Tensor, nn

from ..published import windowkv_positions
from ..windowkv import layer_budgets
from .queries import rotated_queries


@dataclass
class WindowKVPress(BasePress):
    """Keep whole windows of neighbouring tokens, the same ones in all layers of a group.

    `max_capacity` is how many tokens before the last `suffix_size` a layer keeps on average; see
    `layer_budgets`. The first layer of `shared_layers` chooses, the others keep what it kept.
    Keys and values are stored in the order of falling window scores, suffix last, or `in_order` of
    their positions. It takes one prompt at a time.
    """

    max_capacity: int = 2048
    strategy: Literal["average", "max"] = "average"
    suffix_size: int = 16
    review_window_size: int = 8
    shared_layers: int = 8
    beta: int = 14
    in_order: bool = False
    _budgets: tuple[int, ...] = field(init=False, repr=False, default=())
    _kept: Tensor | None = field(init=False, repr=False, default=None)

    def post_init_from_model(self, model: Any) -> None:
        """Share the budget out among the layers of `model`, and forget the last prompt."""
        layers: int = model.config.get_text_config(decoder=True).num_hidden_layers
        self._budgets = layer_budgets(
            self.max_capacity, layers, shared_layers=self.shared_layers, beta=self.beta
        )
        self._kept = None

    def compress(
        self,
        module: nn.Module,
        hidden_states: Tensor,
        keys: Tensor,
        values: Tensor,
        attentions: Tensor | None,  # noqa: ARG002 - of the kvpress interface
        kwargs: dict[str, Any],
    ) -> tuple[Tensor, Tensor]:
        """Return the kept keys and values (1, KV heads, kept, channels)."""
        layer: Any = module.layer_idx
        if layer % self.shared_layers == 0:
            suffix = slice(-self.suffix_size, None)
            self._kept = windowkv_positions(
                rotated_queries(module, hidden_states, kwargs, suffix),
                keys,
                budget=self._budgets[layer],
                suffix_size=self.suffix_size,
                review_window_size=self.review_window_size,
                strategy=self.strategy,
            )
        if self._kept is None:
            raise ValueError("WindowKVPress has to see the layers of a model in order")
        kept = self._kept.to(keys.device)
        if self.in_order:
            kept = kept.sort().values
        if len(kept) == keys.shape[2]:
            return keys, values
        return keys.index_select(2, kept), values.index_select(2, kept)
