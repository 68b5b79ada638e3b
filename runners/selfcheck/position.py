"""Whether the order of a pair decides: verdicts beside those on the same pairs turned around."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from ...core.errors import EXIT_INTERRUPTED, EXIT_OK, EvalrunError
from ...core.interfaces import FittedScorer, Scorer, Swappable
from ...core.score import Score
from ..folder import RunFolder, write_atomically
from ..formats.markdown import markdown_table
from ..log import read_log
from ..runs import Prepared, grade_also
from ..tables.table import MISSING, Table

_Values = Mapping[tuple[str, int, str], float]
"""Verdicts by the id of the prediction, turn and metric."""


class Turned(NamedTuple):
    """One metric in both orders, over the `n` verdicts that have a value in both."""

    metric: str
    n: int
    changed: int
    as_asked: float
    swapped: float


def position_table(run: Prepared, *, quiet: bool = False) -> Table:
    """Return how verdicts change where a run's pairs are shown to its judge the other way round.

    The replies are those of the run's folder; nothing is asked but the judge, whose verdicts are
    kept in `scores.jsonl` under a label of their own. Where the scorer shows no pairs, or both
    orders anyway, the table has a note that says so, and no rows. Raises EvalrunError, and
    KeyboardInterrupt where it is interrupted.
    """
    labels: list[str] = []

    def swapped(scorer: Scorer | FittedScorer) -> Scorer | None:
        other = scorer.swapped() if isinstance(scorer, Swappable) else None
        labels.extend([scorer.label, other.label] if other is not None else ())
        return other

    ended = grade_also(run, swapped, quiet=quiet)
    title = f"{run.config.recipe.name}, {_model(run)}: verdicts when pairs are swapped"
    if ended is None:
        name = run.config.scorer.get("name")
        note = f"position: scorer={name} has no order to swap: single replies, or both orders"
        return Table(title, ("metric",), (), (note,))
    if ended.exit_code == EXIT_INTERRUPTED:
        raise KeyboardInterrupt
    if ended.exit_code != EXIT_OK:
        raise EvalrunError(f"position: {ended.reason}")
    table = _table(title, turned(run.folder, *labels))
    write_atomically(run.folder.selfcheck, markdown_table(table))
    return table


def turned(folder: RunFolder, label: str, swapped_label: str) -> list[Turned]:
    """Return every metric that both scorers give, in the order in which scores name them."""
    asked, swapped = _values(folder, label), _values(folder, swapped_label)
    metrics = dict.fromkeys(metric for _, _, metric in asked)
    found: list[Turned] = []
    for metric in metrics:
        pairs = [(asked[key], swapped[key]) for key in asked if key[2] == metric and key in swapped]
        if pairs:
            changed = sum(not math.isclose(one, other, abs_tol=1e-9) for one, other in pairs)
            means = [math.fsum(side) / len(pairs) for side in zip(*pairs, strict=True)]
            found.append(Turned(metric, len(pairs), changed, *means))
    return found


def _values(folder: RunFolder, label: str) -> _Values:
    return {
        (score.id, turn.turn, metric): value
        for _, score in read_log(folder.scores, Score)
        if score.scorer == label
        for turn in score.turns
        for metric, value in turn.scores.items()
        if value is not None
    }


def _table(title: str, metrics: list[Turned]) -> Table:
    rows = tuple(
        (
            one.metric,
            f"{one.as_asked:.3f}",
            f"{one.swapped:.3f}",
            f"{one.changed} of {one.n}",
            f"{one.changed / one.n:.1%}",
        )
        for one in metrics
    )
    note = "position: a verdict changes where the judge follows the order, not the replies"
    header = ("metric", "as asked", "swapped", "changed", "share")
    numeric = (False, True, True, False, True)
    empty = ((MISSING,) * len(header),)
    return Table(title, header, rows or empty, (note,), numeric=numeric)


def _model(run: Prepared) -> str:
    return str(run.config.model.get("name", "model"))
