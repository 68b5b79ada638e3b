"""Presses that keep what they keep in the order of positions.

kvpress stores tokens in the order of their scores, which attention does not mind. A storage that
groups neighbours, or treats the first and the newest tokens apart, has to have them in order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from kvpress import PerLayerCompressionPress, ScorerPress
from kvpress.utils import compute_n_kept
from torch import Tensor, nn

from .query_head_press import QueryHeadPress
from .windowkv_press import WindowKVPress


@dataclass
class InOrderPress(ScorerPress):
    """Keep what `scored_by` would keep at `compression_ratio`, in the order of positions."""

    compression_ratio: float = 0.0
    scored_by: ScorerPress = field(default_factory=ScorerPress)

    def post_init_from_model(self, model: Any) -> None:
        """Prepare the press inside."""
        self.scored_by.post_init_from_model(model)

    def compress(
        self,
        module: nn.Module,
        hidden_states: Tensor,
        keys: Tensor,
        values: Tensor,
        attentions: Any,
        kwargs: dict[str, Any],
    ) -> tuple[Tensor, Tensor]:
        """Return the kept keys and values (batch, KV heads, kept, channels)."""
        if self.compression_ratio == 0:
            return keys, values
        scores = self.scored_by.score(module, hidden_states, keys, values, attentions, kwargs)
        kept = scores.topk(compute_n_kept(keys.shape[2], self.compression_ratio), dim=-1).indices
        rows = kept.sort(dim=-1).values.unsqueeze(-1)
        return (
            keys.gather(2, rows.expand(-1, -1, -1, keys.shape[3])),
            values.gather(2, rows.expand(-1, -1, -1, values.shape[3])),
        )


def in_order(press: Any) -> Any:
    """Return a press that keeps the same tokens in order, `press` itself where none is known."""
    if isinstance(press, ScorerPress):
        return InOrderPress(press.compression_ratio, press)
    if isinstance(press, PerLayerCompressionPress):
        return replace(press, press=in_order(press.press))
    if isinstance(press, WindowKVPress):
        return replace(press, in_order=True)
    if isinstance(press, QueryHeadPress):
        return replace(press, choose=_sorted(press))
    return press


def _sorted(press: QueryHeadPress) -> Any:
    def choose(queries: Tensor, keys: Tensor, layer: int) -> Tensor:
        return press.choose(queries, keys, layer).sort(dim=-1).values

    return choose
