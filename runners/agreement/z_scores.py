"""Where a benchmark's agreement with the aggregate stands among that of the others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev

import msgspec

from .aggregate import AGGREGATE
from .agreement import Setting
from .pair_means import PairMean

# Agreements that are closer differ by rounding alone.
_ROUNDING = 1e-12


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario in the distribution of agreements with the aggregate.

    `z` is (agreement - mean) / standard deviation over all `among` scenarios, this one included;
    None where they do not differ. `rank` 1 agrees most. `p_adjusted`, by Holm over the scenarios,
    is there for agreements of a single experiment: a mean of p-values is none.
    """

    pair: PairMean
    z: float | None
    rank: int
    among: int
    p_adjusted: float | None


def standings(means: Iterable[PairMean]) -> list[Standing]:
    """Return the standing of each scenario with an agreement with the aggregate, best first.

    (`Reporter.get_all_z_scores` at commit 1dfd46a: sample standard deviation, ddof 1. It lists the
    worst first, and averages over settings; here each setting is apart.) Raises MissingExtraError.
    """
    by_setting: dict[Setting, list[PairMean]] = {}
    for mean in means:
        if mean.reference == AGGREGATE:
            by_setting.setdefault(mean.setting, []).append(mean)
    return [
        standing for setting in sorted(by_setting) for standing in _standings(by_setting[setting])
    ]


def _standings(pairs: Sequence[PairMean]) -> list[Standing]:
    agreements = [pair.agreement for pair in pairs]
    adjusted = _adjusted(pairs)
    z_scores = _z_scores(agreements)
    found = [
        Standing(
            pair=pair,
            z=z_scores[index],
            rank=1 + sum(other > pair.agreement + _ROUNDING for other in agreements),
            among=len(pairs),
            p_adjusted=adjusted[index],
        )
        for index, pair in enumerate(pairs)
    ]
    return sorted(found, key=lambda standing: (standing.rank, standing.pair.scenario))


def _z_scores(values: Sequence[float]) -> list[float | None]:
    centre = fmean(values)
    deviation = stdev(values) if len(values) > 1 else 0.0
    differ = deviation > _ROUNDING
    return [(value - centre) / deviation if differ else None for value in values]


def _adjusted(pairs: Sequence[PairMean]) -> list[float | None]:
    from ...scorers.statistics.multiple import adjusted

    single = [pair.p if pair.n_experiments == 1 else math.nan for pair in pairs]
    return [None if math.isnan(p) else p for p in adjusted(single, "holm").adjusted]
