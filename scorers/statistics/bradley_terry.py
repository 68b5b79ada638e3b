"""Ratings from battles by maximum likelihood: the Bradley-Terry model."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import msgspec

from ...core.errors import DataError, MissingExtraError

POINTS_PER_LOGIT = 400 / math.log(10)
# No number of battles could tell odds of e^15 (2606 points) from certainty.
_CERTAIN = 15.0


class Battle(msgspec.Struct, frozen=True):
    """Two competitors compared once.

    `outcome` is the share that `first` won: 1 a win, 0 a loss, 0.5 a tie. `weight` counts the
    battle so many times. `style` has a number a style feature: how much more of it `first` has.
    """

    first: str
    second: str
    outcome: float
    weight: float = 1.0
    style: tuple[float, ...] = ()


class Ratings(msgspec.Struct, frozen=True, kw_only=True):
    """Ratings in Elo points, by competitor in the order of the battles.

    None: the likelihood has no finite maximum for this one (see `fit_bradley_terry`). `style` is
    the gain in log-odds for one root mean square of each style feature.
    """

    ratings: dict[str, float | None]
    style: dict[str, float]
    n_battles: int

    def win_rate(self, first: str, second: str) -> float | None:
        """Return the expected share that `first` wins of `second` with equal style."""
        ours, theirs = self.ratings[first], self.ratings[second]
        if ours is None or theirs is None:
            return None
        return 1 / (1 + 10 ** ((theirs - ours) / 400))


class RatingInterval(msgspec.Struct, frozen=True):
    """A rating between the percentiles of its resamples.

    `low` and `high` are None when more resamples have no finite rating than lie outside the
    interval; `rounds` counts those that have one.
    """

    rating: float | None
    low: float | None
    high: float | None
    rounds: int


class Resampling(msgspec.Struct, frozen=True, kw_only=True):
    """How often battles are drawn anew, and the share of the resamples that intervals hold."""

    rounds: int = 100
    level: float = 0.95
    seed: int = 0


# Rounds and level of Arena-Hard v0.1.
ARENA_HARD = Resampling()


def fit_bradley_terry(
    battles: Sequence[Battle],
    *,
    anchor: str | None = None,
    at: float = 1000.0,
    style_names: Sequence[str] = (),
    penalty: float = 0.0,
) -> Ratings:
    """Return the ratings that make the outcomes of `battles` likeliest.

    P(first wins) = 1 / (1 + exp(-(b_first - b_second + style . g))) (Bradley and Terry 1952),
    fitted as a logistic regression in which a tie is half a win of each. A rating is
    b * 400 / ln 10, shifted so that `anchor` is at `at`; without one, so that the mean is.

    With style features (style control of Li, Angelopoulos and Chiang 2024, "Does style matter?"),
    each is scaled to a mean square of 1 over the battles, and its coefficient g fitted beside the
    ratings, which are then those at equal style. `centred` makes of it what Arena's code does.

    Without penalty, finite ratings exist only among competitors of whom each has won, over any
    number of steps, against each other (Ford 1957). Where someone never loses, say, those who are
    so tied to `anchor` (without one: a largest such set) get ratings, and others None: their
    battles against the set tell no finite distance. `penalty` l adds l/2 * sum of all squared
    coefficients, and makes all of them finite; l = 1 is what Arena-Hard v0.1 uses with style.

    Raises DataError when there are no battles, a battle is malformed, some were never compared with
    others, even in several steps, or style alone decides the battles; MissingExtraError.
    """
    table = _Table(battles, style_names)
    table.refuse_strangers()
    position = table.position(anchor)
    strengths, style = _fitted(table, table.weights, position, penalty)
    points = [None if math.isnan(p) else float(p) for p in _points(strengths, position, at)]
    return Ratings(
        ratings=dict(zip(table.names, points, strict=True)),
        style=dict(zip(style_names, style, strict=True)),
        n_battles=len(battles),
    )


def bootstrap_bradley_terry(
    battles: Sequence[Battle],
    resampling: Resampling = ARENA_HARD,
    *,
    anchor: str | None = None,
    at: float = 1000.0,
    style_names: Sequence[str] = (),
    penalty: float = 0.0,
    clusters: Sequence[Hashable] | None = None,
) -> dict[str, RatingInterval]:
    """Return the ratings of `battles` with percentile intervals over resamples of them.

    Battles are drawn with replacement, as many as there are; with `clusters`, which names for each
    battle the cluster it belongs to (a question, a voter), whole clusters are. A competitor without
    a finite rating in a resample counts as outside the interval there. Style is scaled once, over
    all battles. Raises as `fit_bradley_terry` does.
    """
    import numpy as np

    options: dict[str, Any] = {"anchor": anchor, "at": at, "style_names": style_names}
    whole = fit_bradley_terry(battles, **options, penalty=penalty)
    table = _Table(battles, style_names)
    position = table.position(anchor)
    generator = np.random.default_rng(resampling.seed)
    owner = _numbered(range(len(battles)) if clusters is None else clusters, len(battles))
    n = int(owner.max()) + 1
    drawn = np.full((resampling.rounds, len(table.names)), np.nan)
    for row in drawn:
        counts = np.bincount(generator.integers(n, size=n), minlength=n)
        strengths, _ = _fitted(table, table.weights * counts[owner], position, penalty)
        row[:] = _points(strengths, position, at)
    return {
        name: _interval(whole.ratings[name], drawn[:, index], resampling.level)
        for index, name in enumerate(table.names)
    }


def style_difference(
    first: Sequence[float], second: Sequence[float], *, smoothing: float = 0.0
) -> tuple[float, ...]:
    """Return the normalised difference of each style feature of two answers, for `Battle.style`.

    It is (a - b) / (a + b + smoothing), and 0 where neither answer has any: with 0 as in Li,
    Angelopoulos and Chiang 2024, with 1 as in Arena-Hard v0.1. Features are counts: tokens,
    headers, list items, bold spans.
    """
    return tuple(
        (a - b) / (a + b + smoothing) if a + b + smoothing else 0.0
        for a, b in zip(first, second, strict=True)
    )


def centred(battles: Sequence[Battle]) -> list[Battle]:
    """Return `battles` with each style feature centred at its weighted mean.

    Fitted then, they give what the code of Chatbot Arena and Arena-Hard v0.1 gives, which scales
    features to mean 0 and standard deviation 1. The mean is an advantage of whoever is called the
    first: next to none where sides are drawn by lot, but it moves ratings where they are not.
    """
    if not battles or not battles[0].style:
        return [*battles]
    total = math.fsum(battle.weight for battle in battles)
    means = [
        math.fsum(battle.weight * battle.style[index] for battle in battles) / total
        for index in range(len(battles[0].style))
    ]
    return [
        msgspec.structs.replace(
            battle, style=tuple(x - mean for x, mean in zip(battle.style, means, strict=True))
        )
        for battle in battles
    ]


class _Table:
    """Battles as arrays: positions of both competitors, outcomes, weights, scaled style."""

    def __init__(self, battles: Sequence[Battle], style_names: Sequence[str]) -> None:
        try:
            import numpy as np
        except ImportError:
            raise MissingExtraError("rating battles", "stats") from None
        _refuse_malformed(battles, style_names)
        places: dict[str, int] = {}
        for battle in battles:
            for name in (battle.first, battle.second):
                places.setdefault(name, len(places))
        self.names = tuple(places)
        self.first = np.array([places[battle.first] for battle in battles])
        self.second = np.array([places[battle.second] for battle in battles])
        self.outcomes = np.array([battle.outcome for battle in battles], dtype=float)
        self.weights = np.array([battle.weight for battle in battles], dtype=float)
        raw = np.array([battle.style for battle in battles], dtype=float)
        self.style = _scaled(raw.reshape(len(battles), len(style_names)), self.weights)

    def position(self, name: str | None) -> int | None:
        """Return the position of a competitor. Raises DataError for an unknown one."""
        if name is None:
            return None
        if name not in self.names:
            raise DataError(f"the anchor {name!r} fights no battle")
        return self.names.index(name)

    def refuse_strangers(self) -> None:
        """Raise DataError when battles do not connect all competitors."""
        labels = _components(self.wins(self.weights), "weak")
        if labels.max() == 0:
            return
        sets = [
            [name for name, label in zip(self.names, labels, strict=True) if label == one]
            for one in range(int(labels.max()) + 1)
        ]
        shown = "; ".join(", ".join(names[:3]) + (", ..." if names[3:] else "") for names in sets)
        raise DataError(f"no battles connect these {len(sets)} sets, rate them apart: {shown}")

    def wins(self, weights: Any) -> Any:
        """Return the matrix of weighted wins of the row's competitor against the column's."""
        import numpy as np

        matrix = np.zeros((len(self.names), len(self.names)))
        np.add.at(matrix, (self.first, self.second), weights * self.outcomes)
        np.add.at(matrix, (self.second, self.first), weights * (1 - self.outcomes))
        return matrix


def _refuse_malformed(battles: Sequence[Battle], style_names: Sequence[str]) -> None:
    if not any(battle.weight > 0 for battle in battles):
        raise DataError("there are no battles to rate")
    for index, battle in enumerate(battles):
        place = f"battle {index + 1} ({battle.first} against {battle.second})"
        if battle.first == battle.second:
            raise DataError(f"{place}: nobody fights himself")
        if not 0 <= battle.outcome <= 1:
            raise DataError(f"{place}: the outcome is {battle.outcome}, not in [0, 1]")
        if not 0 <= battle.weight < math.inf:
            raise DataError(f"{place}: the weight is {battle.weight}")
        if len(battle.style) != len(style_names) or not all(map(math.isfinite, battle.style)):
            raise DataError(f"{place}: style should be {len(style_names)} numbers")


def _scaled(style: Any, weights: Any) -> Any:
    """Return the columns with weighted mean square 1, whichever side is called the first."""
    import numpy as np

    if not style.shape[1]:
        return style
    size = np.sqrt(np.average(style**2, axis=0, weights=weights))
    return style / np.where(size == 0, 1.0, size)


def _components(wins: Any, connection: str) -> Any:
    """Return the number of the component of each competitor; `strong` ones win both ways."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    return connected_components(csr_array(wins > 0), directed=True, connection=connection)[1]


def _fitted(
    table: _Table, weights: Any, anchor: int | None, penalty: float
) -> tuple[Any, list[float]]:
    """Return strengths b, NaN where there are none, and style coefficients g."""
    import numpy as np

    wins = table.wins(weights)
    labels = _components(wins, "weak" if penalty else "strong")
    kept = labels == (np.bincount(labels).argmax() if anchor is None else labels[anchor])
    strengths = np.full(len(table.names), np.nan)
    members = np.flatnonzero(kept)
    strengths[members] = 0.0
    rows, counts = _winners_minus_losers(table, weights, wins, kept)
    if not len(counts):
        return strengths, [0.0] * table.style.shape[1]
    # All strengths may shift together. Without penalty one of them is held at 0.
    held = 0 if penalty else 1
    columns = [*members[held:], *range(len(table.names), rows.shape[1])]
    coefficients = _regressed(rows[:, columns], counts, penalty)
    n_free = len(members) - held
    if not penalty and table.style.shape[1]:
        _refuse_certainty(rows[:, columns] @ coefficients)
    strengths[members[held:]] = coefficients[:n_free]
    return strengths, coefficients[n_free:].tolist()


def _winners_minus_losers(table: _Table, weights: Any, wins: Any, kept: Any) -> tuple[Any, Any]:
    """Return a row of the design for each win among `kept`, the winner's side less the loser's.

    Wins of the same pair are one row with their count, unless their styles differ.
    """
    import numpy as np

    if not table.style.shape[1]:
        winner, loser = np.nonzero(wins * np.outer(kept, kept))
        counts = wins[winner, loser]
        style = np.empty((len(counts), 0))
    else:
        winner = np.concatenate([table.first, table.second])
        loser = np.concatenate([table.second, table.first])
        counts = np.concatenate([weights * table.outcomes, weights * (1 - table.outcomes)])
        style = np.concatenate([table.style, -table.style])
        chosen = (counts > 0) & kept[winner] & kept[loser]
        winner, loser, counts, style = (part[chosen] for part in (winner, loser, counts, style))
    identity = np.eye(len(table.names))
    return np.hstack([identity[winner] - identity[loser], style]), counts


def _regressed(rows: Any, counts: Any, penalty: float) -> Any:
    """Return the coefficients under which the rows, each a win, are likeliest.

    A win of x is a loss of -x. Each row is given as half of both, since scikit-learn wants both
    classes. Its C is the inverse of our penalty.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        C=1 / penalty if penalty else np.inf,
        fit_intercept=False,
        solver="newton-cholesky",
        tol=1e-8,
        max_iter=1000,
    )
    used = rows.any(axis=0)
    both = np.vstack([rows, -rows])[:, used]
    classes = np.repeat([1, 0], len(rows))
    coefficients = np.zeros(rows.shape[1])
    coefficients[used] = model.fit(both, classes, sample_weight=np.tile(counts / 2, 2)).coef_[0]
    return coefficients


def _refuse_certainty(logits: Any) -> None:
    """Raise DataError when coefficients foretell every win, or one without doubt.

    Then larger ones foretell them better still, and there is no maximum.
    """
    if logits.min() > 0 or logits.max() > _CERTAIN:
        raise DataError("style decides these battles, so that no ratings fit best; set a penalty")


def _points(strengths: Any, anchor: int | None, at: float) -> Any:
    import numpy as np

    zero = np.nanmean(strengths) if anchor is None else strengths[anchor]
    return (strengths - zero) * POINTS_PER_LOGIT + at


def _numbered(clusters: Sequence[Hashable], n: int) -> Any:
    import numpy as np

    if len(clusters) != n:
        raise DataError(f"{len(clusters)} clusters are named for {n} battles")
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(cluster, len(numbers)) for cluster in clusters])


def _interval(rating: float | None, drawn: Any, level: float) -> RatingInterval:
    import numpy as np

    finite = drawn[np.isfinite(drawn)]
    tail = (1 - level) / 2
    if not len(finite) or len(finite) < (1 - tail) * len(drawn):
        return RatingInterval(rating, None, None, len(finite))
    low, high = np.quantile(finite, [tail, 1 - tail])
    return RatingInterval(rating, float(low), float(high), len(finite))
