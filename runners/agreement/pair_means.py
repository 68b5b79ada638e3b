"""Agreements of pairs over their experiments."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import fmean, stdev

import msgspec

from .agreement import Agreement, Setting


class PairMean(msgspec.Struct, frozen=True, kw_only=True):
    """The mean agreement of two scenarios over the experiments that have one.

    `spread` is the standard deviation between experiments, None for one; `p` the mean p-value.
    """

    scenario: str
    source: str
    reference: str
    reference_source: str
    setting: Setting
    agreement: float
    spread: float | None
    p: float
    n_shared: int
    n_experiments: int


def pair_means(rows: Iterable[Agreement]) -> list[PairMean]:
    """Return the mean of each pair and setting, in the order of `rows`; none for no agreement."""
    groups: dict[tuple[Setting, str, str], list[Agreement]] = {}
    for row in rows:
        if row.value is not None:
            groups.setdefault((row.setting, row.scenario, row.reference), []).append(row)
    return [_mean(group) for group in groups.values()]


def _mean(rows: list[Agreement]) -> PairMean:
    values = [row.value for row in rows if row.value is not None]
    return PairMean(
        scenario=rows[0].scenario,
        source=rows[0].source,
        reference=rows[0].reference,
        reference_source=rows[0].reference_source,
        setting=rows[0].setting,
        agreement=fmean(values),
        spread=stdev(values) if len(values) > 1 else None,
        p=fmean(row.p for row in rows if row.p is not None),
        n_shared=rows[0].n_shared,
        n_experiments=len(values),
    )
