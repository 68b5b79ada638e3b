"""Rows of official judge results: verdicts that were given elsewhere, counted."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from ...core.config import NonNegative, Options
from ...core.prediction import Prediction
from ...core.sample import Sample
from ...core.score import Score
from ..extraction.literals import NoLiteralError, parse_json
from ..plays import grade_play
from ..turns import label_of
from ..verdict import Verdict
from .rewards import BASELINES, Counting, Pair, scores_of
from .score import METRICS, SCORE, points_of, scored
from .shown import Variant

Row = dict[str, Any]

_PAIR = 2


class WildBenchResultsOptions(Options, frozen=True):
    """How verdicts count, as of WB-Score and WB-Reward."""

    name: str = "wildbench_results"
    variant: Variant = "official"
    margin: NonNegative | None = None


class WildBenchResultsScorer:
    """Counts rows of judge-result files, which are given as predictions; no judge is asked.

    A row of score mode (`score`, `model_output`) has the metrics of WB-Score, one of pairwise mode
    (`winner`, `extent`, `model_outputs`) those of WB-Reward against the baseline that one of its
    models is. A list of rows has all of theirs.
    """

    Options = WildBenchResultsOptions

    def __init__(self, options: WildBenchResultsOptions) -> None:
        self._options = options
        self._counting = Counting(options.variant, options.margin)
        self.label = label_of(options, shown=("variant",))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Count the rows of a prediction; what is none is unparsed."""
        return await grade_play(sample, prediction, self._grade, label=self.label, metrics=METRICS)

    def _grade(self, _sample: Sample, prediction: Prediction) -> Verdict:
        rows = [row for output in prediction.outputs if (row := _row(output)) is not None]
        pairs = {name: pair for row in rows for name, pair in _pairs(row).items()}
        scores = scores_of(pairs, self._counting) if pairs else {}
        answer: dict[str, Any] = {n: self._counting.outcome(pair) for n, pair in pairs.items()}
        for row in rows:
            if SCORE in row and isinstance(row.get("model_output"), str):
                points = points_of(row[SCORE], self._options.variant)
                scores |= scored(points, row["model_output"], self._options.variant)
                answer[SCORE] = points
        readable = any(value is not None for value in scores.values())
        if not readable:
            return Verdict(scores=scores or dict.fromkeys(METRICS), parsed=False)
        said = [msgspec.json.encode(row.get("parsed_result")).decode() for row in rows]
        return Verdict(scores=scores, answer=answer, explanation="\n\n".join(said))


def _row(output: str) -> Row | None:
    try:
        value = parse_json(output)
    except NoLiteralError:
        return None
    return cast(Row, value) if isinstance(value, dict) else None


def _pairs(row: Row) -> dict[str, Pair]:
    """Return the pair of a row by the short name of its baseline; none if the row has no pair.

    The baseline is told by its name being part of a model's (`_create_tables.py`).
    """
    given = row.get("model_outputs")
    if not isinstance(given, dict):
        return {}
    texts = cast("dict[str, Any]", given)
    if len(texts) != _PAIR or not all(isinstance(text, str) for text in texts.values()):
        return {}
    for name, baseline in BASELINES.items():
        reference = next((model for model in texts if baseline in model), None)
        if reference is not None:
            (tested,) = texts.keys() - {reference}
            extent = _extent(row, tested, reference)
            return {name: Pair(texts[tested], texts[reference], extent)}
    return {}


def _extent(row: Row, tested: str, reference: str) -> int | None:
    sign = {"tie": 0, tested: 1, reference: -1}.get(str(row.get("winner")))
    extent = row.get("extent")
    if sign is None or isinstance(extent, bool) or extent not in (0, 1, 2):
        return None
    return sign * cast(int, extent)
