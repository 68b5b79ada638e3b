"""RetrievalAttention: keys found by vector search (Liu et al. 2024, arXiv 2409.10516)."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from ...core.config import NonNegative, Options, Positive
from ...core.errors import MissingExtraError
from .method import LayerFacts, ModelShape, PromptFacts, Slot, Treatment, label_with_changes

if TYPE_CHECKING:
    from torch import Tensor

    from .store import LayerStore
    from .stores.vector_index import IndexOf


class RetrievalAttentionOptions(Options, frozen=True):
    """The first `n_init` and the newest `n_local` tokens are always read, and `top_k` others.

    `index` says how those are found: `exact` multiplies with every key where the model is;
    `faiss` does the same on the CPU, and `faiss_hnsw` follows a graph there, approximately.
    """

    method: Literal["retrieval_attention"] = "retrieval_attention"
    n_init: NonNegative = 128
    n_local: NonNegative = 512
    top_k: Positive = 4096
    index: Literal["exact", "faiss", "faiss_hnsw"] = "exact"


class RetrievalAttention:
    """Keep every token; each query of each head reads those with the largest inner products.

    SCBench runs the method with an exact index. A prompt is attended to fully, and so is what
    stands behind it. A layer that keeps no more tokens than a query may read is read whole.
    """

    Options = RetrievalAttentionOptions
    slots: frozenset[Slot] = frozenset({"storage"})

    def __init__(self, options: RetrievalAttentionOptions) -> None:
        if options.index != "exact" and find_spec("faiss") is None:
            raise MissingExtraError(f"kv.index={options.index}", "retrieval")
        self.options = options
        self.label = label_with_changes(
            f"retrieval_attention-{options.top_k}", options, said=("top_k",)
        )

    def treatment(self, prompt: PromptFacts, shape: ModelShape) -> Treatment:  # noqa: ARG002
        """Return the storage with an index in each layer."""
        return Treatment(storage=self._store)

    def _store(self, keys: Tensor, values: Tensor, facts: LayerFacts) -> LayerStore:  # noqa: ARG002
        from .store import DenseStore
        from .stores.retrieval_store import RetrievalStore

        options = self.options
        if keys.shape[2] <= options.n_init + options.n_local + options.top_k:
            return DenseStore(keys, values)
        return RetrievalStore.of(
            keys,
            values,
            n_init=options.n_init,
            n_local=options.n_local,
            top_k=options.top_k,
            index_of=self._index(),
        )

    def _index(self) -> IndexOf:
        from .stores.vector_index import ExactIndex, FaissIndex

        match self.options.index:
            case "exact":
                return ExactIndex
            case "faiss":
                return FaissIndex.flat
            case "faiss_hnsw":
                return partial(FaissIndex.hnsw, breadth=self.options.top_k)
