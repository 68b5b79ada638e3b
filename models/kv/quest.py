"""Quest: pages of keys that may matter to a query (Tang et al. 2024, arXiv 2406.10774)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ...core.config import NonNegative, Options, Positive
from .method import LayerFacts, ModelShape, PromptFacts, Slot, Treatment, label_with_changes

if TYPE_CHECKING:
    from torch import Tensor

    from .store import LayerStore


class QuestOptions(Options, frozen=True):
    """A query of a head reads `token_budget` tokens of a prompt, in pages of `chunk_size` tokens.

    It reads at least three pages. The lowest `dense_layers` layers read every token: none in
    SCBench, two in the official code of Quest.
    """

    method: Literal["quest"] = "quest"
    chunk_size: Positive = 16
    token_budget: Positive = 1024
    dense_layers: NonNegative = 0


class Quest:
    """Keep every token, and read the pages whose keys may have the largest product with a query.

    Each query head chooses. A prompt is attended to fully, and so is what stands behind it: the
    official code divides that into pages too. A layer that keeps no more than `token_budget` tokens
    is read whole.
    """

    Options = QuestOptions
    slots: frozenset[Slot] = frozenset({"storage"})

    def __init__(self, options: QuestOptions) -> None:
        self.options = options
        self.label = label_with_changes(
            f"quest-{options.token_budget}", options, said=("token_budget",)
        )

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the paged storage."""
        return Treatment(storage=self._store)

    def _store(self, keys: Tensor, values: Tensor, facts: LayerFacts) -> LayerStore:
        from .store import DenseStore
        from .stores.quest_store import QuestStore

        options = self.options
        if facts.layer < options.dense_layers or keys.shape[2] <= options.token_budget:
            return DenseStore(keys, values)
        return QuestStore.of(
            keys, values, chunk_size=options.chunk_size, token_budget=options.token_budget
        )
