"""Tables as data: what the rows and columns of a printed table are, in terms of verdicts.

A *verdict* is one value in `scores.jsonl`: of one metric, for one turn of one epoch of one sample.
It has these dimensions, by which layouts select, group and reduce:

| dimension | what it tells apart |
|---|---|
| `recipe model kv protocol scorer` | runs, by the names that tables call them |
| `config.KEY` | runs, by any key of their configuration: `config.kv.budget`, `config.run.limit` |
| `task subtask turn` | parts of a benchmark |
| `family` | the group of tasks (`table.groups`) that a task belongs to |
| `sample group epoch` | samples, groups of samples, repeats |
| `label.NAME` | samples, by a label that the benchmark gives them: `label.difficulty` |
"""

from __future__ import annotations

from typing import Literal

from msgspec import field

from .schema import NonNegative, Options, Positive

Value = str | int | float | bool | None
Reducer = Literal[
    "mean",
    "squared_mean",
    "sum",
    "max",
    "min",
    "all",
    "any",
    "majority",
    "first",
    "last",
    "pass_at_k",
    "pass_hat_k",
]
Statistic = Literal[
    "mean",
    "sum",
    "count",
    "median",
    "std",
    "min",
    "max",
    "pearson",
    "spearman",
    "kendall",
    "cohen_kappa",
    "macro_f1",
    "bradley_terry",
    "score_elo",
]


class Reduction(Options, frozen=True):
    """Makes one value of all values that differ in the dimension `over` alone.

    Over epochs: `pass_at_k`, `majority`, `max`. Over the samples of a group: `all`, as where both
    questions of a pair must be right. `k` belongs to `pass_at_k` and `pass_hat_k`.
    """

    over: Literal["epoch", "turn", "subtask", "sample"]
    how: Reducer
    k: Positive | None = None


class ScoreElo(Options, frozen=True):
    """How scores of several rows on the same samples become Elo ratings (`statistic: score_elo`).

    The higher score wins by `margin` or more; a gap up to `tie_margin` is a tie, as is one of texts
    whose lengths (`other_metric`) differ by more than `length_margin`. Ratings of `initial` are
    known before; others start at 1000. Known ones move only if `dynamic`, and are set halfway
    back every `interval` votes. A vote moves a rating by `k` at most. Ratings are means over
    `rounds` orders of the votes.
    """

    margin: float = 2.0
    tie_margin: float = 2.0
    length_margin: float | None = None
    k: float = 4.0
    rounds: Positive = 128
    initial: dict[str, float] = field(default_factory=dict)
    dynamic: bool = True
    interval: NonNegative = 100


class Column(Options, frozen=True):
    """A column: which verdicts it is of and how they become one number.

    Its heading is `name`. Values come from the verdicts on `metric` (the one that stands for each
    task, if None) which have the values `where` (one, or a list of them) of each dimension.
    `reduce` is applied in order. Then `mean_of` names dimensions, outermost first: [family, task]
    is the mean over families of the mean over tasks of the plain mean; `weights` weighs the values
    of the outermost one. `statistic` replaces the plain mean; those of two variables read `metric`
    and `other_metric` of the same verdicts, and `elo` says how `score_elo` rates rows. Verdicts
    that are `missing` are left out, or count as zero.

    A column with a `formula` is computed of others by their `id` instead: `longgen - base`,
    `harmonic(errors, correct)`. A column with `each` stands for one column a value of that
    dimension, called after it.

    Numbers are printed times `scale` with `digits` decimals and, if `signed`, their sign; the notes
    tell their `unit`. `range` is the unscaled range of values, where there is one, and `better`
    says which end is wanted. `under` is a heading over several columns. A `hidden` column is there
    for formulas only.
    """

    name: str
    id: str | None = None
    under: str | None = None
    metric: str | None = None
    other_metric: str | None = None
    where: dict[str, Value | tuple[Value, ...]] = field(default_factory=dict)
    each: str | None = None
    reduce: tuple[Reduction, ...] = ()
    mean_of: tuple[str, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    statistic: Statistic = "mean"
    elo: ScoreElo = ScoreElo()
    missing: Literal["dropped", "zero"] = "dropped"
    formula: str | None = None
    scale: float = 100.0
    digits: int = 1
    unit: str = "%"
    signed: bool = False
    range: tuple[float, float] | None = (0.0, 1.0)
    better: Literal["higher", "lower"] | None = "higher"
    hidden: bool = False


class ReportedTable(Options, frozen=True):
    """A table whose reported numbers stand beside a layout: rows of `recipes/papers/<system>.csv`.

    `system` is the name of that file. They are those of this `source` and `table`, or of every
    table of the source.
    """

    system: str
    source: str
    table: str | None = None


class Layout(Options, frozen=True):
    """A table: a row for each combination of values of the dimensions `rows`.

    `title` stands above it, and `columns` are those behind the dimensions. `names` says how the
    table prints values of a dimension. `sort` names the column by which rows are sorted (best
    first); else they stand in the order of the runs. A `transposed` table has its columns as rows.
    Tables whose numbers are `reported` stand beside.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[str, ...] = ("model", "kv")
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    sort: str | None = None
    transposed: bool = False
    reported: tuple[ReportedTable, ...] = ()
