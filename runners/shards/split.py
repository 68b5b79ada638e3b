"""Which samples each shard of a run asks."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from ...core.content import Content
from ...core.hashing import sha256_of
from ...core.sample import Sample
from ...core.shard import Shard


class Share(msgspec.Struct, frozen=True):
    """The samples of one shard: how many of all `planned`, and which, by digests of their ids."""

    size: int
    planned: int
    digests: frozenset[int]

    @property
    def part(self) -> float:
        """How much of the run it is, from 0 to 1."""
        return self.size / self.planned if self.planned else 0.0

    def has(self, sample_id: str) -> bool:
        """Tell whether the sample of this id is the shard's."""
        return _digest("id", sample_id) in self.digests

    def of(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Yield those of `samples` that are the shard's."""
        return (sample for sample in samples if self.has(sample.id))


def share_of(samples: Iterable[Sample], shard: Shard) -> Share:
    """Return which of `samples`, read once, are the shard's.

    Samples that share a context or a group, be it by way of others, are a family, which is never
    split; a sample with neither is one of its own. Families go, in the order of their first
    samples, to the shard that has the fewest samples so far, so shards differ by no more samples
    than the largest family has. It depends on nothing but the samples and their order. Of a sample
    numbers are kept, never texts.
    """
    ids, members, families = array("Q"), array("Q"), _Families()
    for sample in samples:
        ids.append(_digest("id", sample.id))
        members.append(families.of(sample))
    sizes = Counter(families.first(member) for member in members)
    chosen = _dealt(sizes, shard)
    digests = [one for one, at in zip(ids, members, strict=True) if families.first(at) in chosen]
    return Share(len(digests), len(ids), frozenset(digests))


def _dealt(sizes: Counter[int], shard: Shard) -> set[int]:
    """Return the families of one shard; they are numbered in the order of their first samples."""
    loads = [(0, index) for index in range(1, shard.count + 1)]
    chosen: set[int] = set()
    for family in sorted(sizes):
        load, index = loads[0]
        heapq.heapreplace(loads, (load + sizes[family], index))
        if index == shard.index:
            chosen.add(family)
    return chosen


class _Families:
    """Sets of samples that belong together (union-find), each called after its first sample."""

    def __init__(self) -> None:
        self._parents = array("Q")
        self._known: dict[int, int] = {}
        self._latest: tuple[Content, int] = ("", 0)

    def of(self, sample: Sample) -> int:
        """Return a family of `sample`, which may turn out to be part of an earlier one."""
        keys = [*self._keys(sample)]
        joined = {self.first(self._known[key]) for key in keys if key in self._known}
        family = min(joined) if joined else self._new()
        for other in joined:
            self._parents[other] = family
        self._known.update(dict.fromkeys(keys, family))
        return family

    def first(self, family: int) -> int:
        """Return the earliest of the families that were joined with this one."""
        parents = self._parents
        while parents[family] != family:
            parents[family] = parents[parents[family]]
            family = parents[family]
        return family

    def _new(self) -> int:
        self._parents.append(len(self._parents))
        return len(self._parents) - 1

    def _keys(self, sample: Sample) -> Iterator[int]:
        if sample.group is not None:
            yield _digest("group", sample.group)
        if sample.context:
            # Samples on one long context mostly come one after another: it is hashed once.
            if sample.context != self._latest[0]:
                self._latest = sample.context, _digest("context", sample.context)
            yield self._latest[1]


def _digest(kind: str, content: Content) -> int:
    """Return 64 bits that tell contents of a kind apart."""
    return int(sha256_of([kind, content])[:16], 16)
