"""H2O as a kvpress press, without eager attention and without the attention matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kvpress import ScorerPress
from torch import Tensor, nn

from ..published import column_sums, rows_at_once
from .queries import query_blocks


@dataclass
class H2OPress(ScorerPress):
    """Keep the tokens that all queries of the prompt attend to most, and a window.

    The score of a token is the sum of its column of the causal attention, averaged over the query
    heads that share a KV head; the last `window_size` tokens score highest. Attention is computed
    again, some rows of queries at a time, so any attention implementation will do. kvpress's own
    `ObservedAttentionPress` divides each sum by the number of rows that see the token instead.
    """

    compression_ratio: float = 0.0
    window_size: int = 32

    def score(
        self,
        module: nn.Module,
        hidden_states: Tensor,
        keys: Tensor,
        values: Tensor,  # noqa: ARG002 - of the kvpress interface
        attentions: Tensor | None,  # noqa: ARG002 - of the kvpress interface
        kwargs: dict[str, Any],
    ) -> Tensor:
        """Return the scores (batch, KV heads, tokens) in float32."""
        if hidden_states.shape[1] != keys.shape[2]:
            raise ValueError("H2OPress needs the hidden states of all tokens: it is for prefill")
        config: Any = module.config
        heads: int = config.num_attention_heads
        rows = rows_at_once(heads, keys.shape[2])
        sums = column_sums(query_blocks(module, hidden_states, kwargs, rows), keys, heads)
        scores = sums.unflatten(1, (keys.shape[1], -1)).mean(2)
        scores[..., max(0, keys.shape[2] - self.window_size) :] = scores.max() + 1
        return scores
