"""Which keys have the largest inner products with a query: by torch, or by FAISS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
import torch
from torch import Tensor

_TOKENS_AT_ONCE = 1 << 14
# Links of a vector in an HNSW graph: the default of FAISS's index factory.
_LINKS = 32


class Found(msgspec.Struct, frozen=True):
    """Inner `products` in float32, and of which `tokens`: each (branches, heads, queries, n)."""

    products: Tensor
    tokens: Tensor


class VectorIndex(Protocol):
    """Keys (1, KV heads, tokens, channels) that can be searched.

    Heads of a query that share a KV head stand next to each other.
    """

    def search(self, query: Tensor, n: int) -> Found:
        """Return the `n` largest products of each query (branches, heads, queries, channels)."""
        ...


IndexOf = Callable[[Tensor], VectorIndex]


class ExactIndex(msgspec.Struct, frozen=True):
    """All keys (1, KV heads, tokens, channels), multiplied in float32 where they lie."""

    keys: Tensor

    def search(self, query: Tensor, n: int) -> Found:
        """Return the largest products, as FAISS's flat index does."""
        groups = query.float().unflatten(1, (self.keys.shape[1], -1))
        products = [
            torch.einsum("bkgqc,ktc->bkgqt", groups, some[0].float())
            for some in self.keys.split(_TOKENS_AT_ONCE, 2)
        ]
        largest = torch.cat(products, -1).flatten(1, 2).topk(n, sorted=False)
        return Found(largest.values, largest.indices)


class FaissIndex(msgspec.Struct, frozen=True):
    """An index of FAISS for each KV head, in float32 in the memory of the CPU.

    `memory` are views of what the indices hold: as tensors they are counted with the others.
    """

    heads: tuple[Any, ...]
    memory: tuple[Tensor, ...]

    @classmethod
    def flat(cls, keys: Tensor) -> FaissIndex:
        """Index `keys` (1, KV heads, tokens, channels) for exact search."""
        import faiss

        heads = tuple(faiss.IndexFlatIP(keys.shape[3]) for _ in range(keys.shape[1]))
        _fill(heads, keys)
        return cls(heads, tuple(_vectors(index) for index in heads))

    @classmethod
    def hnsw(cls, keys: Tensor, breadth: int) -> FaissIndex:
        """Index `keys` for approximate search through a graph (arXiv 1603.09320).

        A search keeps `breadth` candidates, which should be as many as it is to find.
        """
        import faiss

        metric = faiss.METRIC_INNER_PRODUCT
        heads: tuple[Any, ...] = tuple(
            faiss.IndexHNSWFlat(keys.shape[3], _LINKS, metric) for _ in range(keys.shape[1])
        )
        for index in heads:
            index.hnsw.efSearch = breadth
        _fill(heads, keys)
        vectors = tuple(_vectors(faiss.downcast_index(index.storage)) for index in heads)
        links = (index.hnsw.neighbors for index in heads)
        return cls(heads, (*vectors, *(_view(some.data(), some.size()) for some in links)))

    def search(self, query: Tensor, n: int) -> Found:
        """Return the largest products; where fewer are found, others have no weight."""
        branches, _, queries, channels = query.shape
        by_head = query.float().cpu().unflatten(1, (len(self.heads), -1)).transpose(0, 1)
        found = [
            index.search(rows.reshape(-1, channels).numpy(), n)
            for index, rows in zip(self.heads, by_head, strict=True)
        ]
        shape = (len(self.heads), branches, -1, queries, n)
        products, tokens = (
            torch.stack([torch.from_numpy(one) for one in part]).view(shape).transpose(0, 1)
            for part in zip(*found, strict=True)
        )
        return Found(
            products.flatten(1, 2).to(query.device),
            tokens.flatten(1, 2).clamp(min=0).to(query.device),
        )


def _fill(heads: tuple[Any, ...], keys: Tensor) -> None:
    vectors = keys[0].float().cpu().contiguous().numpy()
    for index, of_head in zip(heads, vectors, strict=True):
        index.add(of_head)


def _vectors(flat: Any) -> Tensor:
    return _view(flat.get_xb(), flat.ntotal * flat.d)


def _view(pointer: Any, size: int) -> Tensor:
    import faiss

    return torch.from_numpy(faiss.rev_swig_ptr(pointer, size))
