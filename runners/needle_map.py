"""Needle-in-a-haystack scores by length and depth, read from the scores of a run."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import msgspec

from ..core.score import Score
from .log import read_log
from .results import StoredRun

# The sample ids of needle benchmarks: `needle/<tokens of context>/<percent before the needle>`.
_PLACE = re.compile(r"needle/(\d+)/(\d+(?:\.\d+)?)")


class NeedleMap(msgspec.Struct, frozen=True):
    """The mean score in [0, 1] at each place.

    `values` has a row a depth and a column a length, both ascending; None where nothing was graded.
    """

    lengths: tuple[int, ...]
    depths: tuple[float, ...]
    values: tuple[tuple[float | None, ...], ...]

    @property
    def mean(self) -> float:
        """The mean over all places with a score."""
        known = [value for row in self.values for value in row if value is not None]
        return math.fsum(known) / len(known)


def needle_map(run: StoredRun) -> NeedleMap | None:
    """Return the scores of the run's own scorer; None when no sample is a needle.

    Of each score it takes the first metric, and of several for one prediction the last. Raises
    DataError for a line that is not a score.
    """
    verdicts: dict[str, tuple[int, float, float]] = {}
    for _, score in read_log(run.folder.scores, Score):
        place = _PLACE.fullmatch(score.sample_id)
        value = next(iter(score.scores.values()), None)
        if place and value is not None and score.scorer == run.results.scorer:
            verdicts[score.id] = (int(place[1]), float(place[2]), value)
    return _map([*verdicts.values()]) if verdicts else None


def _map(verdicts: Sequence[tuple[int, float, float]]) -> NeedleMap:
    places: dict[tuple[float, int], list[float]] = {}
    for length, depth, value in verdicts:
        places.setdefault((depth, length), []).append(value)
    lengths = sorted({length for length, _, _ in verdicts})
    depths = sorted({depth for _, depth, _ in verdicts})
    values = (tuple(_mean(places.get((depth, length))) for length in lengths) for depth in depths)
    return NeedleMap(tuple(lengths), tuple(depths), tuple(values))


def _mean(values: Sequence[float] | None) -> float | None:
    return math.fsum(values) / len(values) if values else None
