"""Rows of shards, moved among those of their run.

Rows are appended, and are on disk before the folder of their shard is removed; a row that is there
already is left out. So whoever is killed in between leaves it to the next one to finish, and
nothing is lost or there twice. Whoever gathers must hold the run's folder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from ...core.prediction import Failure
from ..folder import RunFolder
from ..log import append_lines, read_lines

# So many bytes of rows are written at a time.
_BATCH_BYTES = 1 << 22
_Ids = frozenset[str]


class _Head(msgspec.Struct):
    id: str


class _PredictionHead(_Head):
    error: Failure | None = None


def gather(folder: RunFolder, shards: Sequence[RunFolder]) -> None:
    """Append to the logs of a run what they lack of the rows of `shards`.

    A good prediction is never replaced: what a shard has to say of a (sample, epoch) that was
    answered before is left out. Raises DataError for a malformed row, StoreError.
    """
    late = _answered_before(folder, shards)
    _append(folder.calls, {shard.calls: frozenset[str]() for shard in shards})
    _append(folder.predictions, {shard.predictions: late[shard] for shard in shards})
    _append(folder.scores, {shard.scores: late[shard] for shard in shards})


def _answered_before(folder: RunFolder, shards: Sequence[RunFolder]) -> Mapping[RunFolder, _Ids]:
    """Return for each shard the predictions that came too late: there is another good one."""
    answers = {shard: dict(_answers(shard.predictions)) for shard in shards}
    asked = set(chain.from_iterable(answers.values()))
    first = (
        {id_: line for id_, line in _answers(folder.predictions) if id_ in asked} if asked else {}
    )
    late: dict[RunFolder, _Ids] = {}
    for shard, given in answers.items():
        late[shard] = frozenset(
            id_ for id_, line in given.items() if first.setdefault(id_, line) != line
        )
    return late


def _answers(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the id of each good prediction, and what tells its row from others."""
    for line, head in read_lines(path, _PredictionHead):
        if head.error is None:
            yield head.id, hash(line)


def _append(target: Path, sources: Mapping[Path, _Ids]) -> None:
    """Append the lines of `sources` that `target` lacks, but for those of the ids beside them."""
    lacking = Counter(map(hash, _lines(sources)))
    if not lacking:
        return
    for line, _ in read_lines(target, msgspec.Raw):
        if (key := hash(line)) in lacking:
            lacking[key] -= 1
    batch: list[msgspec.Raw] = []
    size = 0
    for line in _lines(sources):
        if lacking[hash(line)] > 0:
            lacking[hash(line)] -= 1
            batch.append(msgspec.Raw(line.rstrip(b"\n")))
            size += len(line)
        if size >= _BATCH_BYTES:
            append_lines(target, batch)
            batch, size = [], 0
    if batch:
        append_lines(target, batch)


def _lines(sources: Mapping[Path, _Ids]) -> Iterator[bytes]:
    for path, left_out in sources.items():
        for line, head in read_lines(path, _Head):
            if head.id not in left_out:
                yield line
