"""Statistics of all verdicts of a cell together, with bootstrap intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ...core.layout import Statistic
from ...scorers.statistics.bootstrap import bootstrap_statistic
from .arrays import Floats, Places
from .estimates import Estimated, cluster_places
from .grid import Estimate
from .nesting import Nesting

OfOne = Callable[[Floats], float]
OfTwo = Callable[[Floats, Floats], float]

OTHER = "other"
REPLICATES = 1000
_FEWEST_REPLICATES = 100
_VALUES_DRAWN = 20_000_000


def replicates_for(n: int) -> int:
    """Return how often the clusters of `n` verdicts are drawn anew: 1000 times up to 20,000."""
    return max(_FEWEST_REPLICATES, min(REPLICATES, _VALUES_DRAWN // max(n, 1)))


def pooled(frame: pd.DataFrame, nesting: Nesting, statistic: Statistic) -> Estimated:
    """Return the weighted mean of `statistic` of each cell, with a cluster bootstrap interval.

    The interval is between the 2.5 and 97.5 percentiles of `replicates_for` draws of clusters with
    replacement; there is none where the statistic is undefined for a draw.
    """
    cell_of, weights = nesting.cells, nesting.weights
    columns = [frame[name].to_numpy() for name in ("value", OTHER) if name in frame]
    of = STATISTICS[statistic]

    def of_rows(rows: Places) -> float:
        total = weight_seen = 0.0
        for cell, weight in enumerate(weights):
            chosen = rows if len(weights) == 1 else rows[cell_of[rows] == cell]
            if len(chosen):
                total += weight * of(*(column[chosen] for column in columns))
                weight_seen += weight
        return total / weight_seen

    value = of_rows(np.arange(len(frame)))
    clusters, hashes = cluster_places(frame)
    counts = {"n": len(frame), "n_clusters": len(hashes)}
    if math.isnan(value):
        return Estimated(Estimate(value=None, **counts))
    drawn = bootstrap_statistic(
        of_rows, clusters, method="percentile", replicates=replicates_for(len(frame))
    )
    ends = {} if drawn is None else {"low": drawn.low, "high": drawn.high}
    error = None if drawn is None else drawn.standard_error
    return Estimated(Estimate(value=value, stderr=error, **ends, **counts))


def counted(frame: pd.DataFrame) -> Estimated:
    """Return how many verdicts there are."""
    n = len(frame)
    return Estimated(Estimate(value=float(n), n=n, n_clusters=len(cluster_places(frame)[1])))


def _std(values: Floats) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else math.nan


def _pearson(first: Floats, second: Floats) -> float:
    a, b = first - first.mean(), second - second.mean()
    scale = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / scale if scale else math.nan


def _spearman(first: Floats, second: Floats) -> float:
    from scipy.stats import rankdata

    return _pearson(rankdata(first), rankdata(second))


def _kendall(first: Floats, second: Floats) -> float:
    from scipy.stats import kendalltau

    result: Any = kendalltau(first, second)
    return float(result.statistic)


def _cohen_kappa(first: Floats, second: Floats) -> float:
    """Return (p_o - p_e) / (1 - p_e) (Cohen 1960); NaN where chance alone agrees always."""
    table = _confusion(first, second) / len(first)
    by_chance = float(table.sum(axis=0) @ table.sum(axis=1))
    return (float(np.trace(table)) - by_chance) / (1 - by_chance) if by_chance < 1 else math.nan


def _macro_f1(answers: Floats, truth: Floats) -> float:
    """Return the mean over classes of F1 = 2 TP / (2 TP + FP + FN)."""
    table = _confusion(answers, truth)
    return float(np.mean(2 * np.diag(table) / (table.sum(axis=0) + table.sum(axis=1))))


def _confusion(first: Floats, second: Floats) -> Floats:
    """Return how often each class of `first` (rows) meets each of `second` (columns)."""
    classes, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    rows, columns = np.split(places.reshape(-1), 2)
    counts = np.bincount(rows * len(classes) + columns, minlength=len(classes) ** 2)
    return counts.reshape(len(classes), len(classes)).astype(np.float64)


_OF_ONE: dict[str, OfOne] = {
    "median": lambda values: float(np.median(values)),
    "std": _std,
    "min": lambda values: float(values.min()),
    "max": lambda values: float(values.max()),
}
OF_TWO: dict[str, OfTwo] = {
    "pearson": _pearson,
    "spearman": _spearman,
    "kendall": _kendall,
    "cohen_kappa": _cohen_kappa,
    "macro_f1": _macro_f1,
}
STATISTICS: dict[str, Callable[..., float]] = {**_OF_ONE, **OF_TWO}
