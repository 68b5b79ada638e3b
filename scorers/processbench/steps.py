"""The first step that a process reward model finds wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...core.exchange import Likelihood
from ...core.prediction import Prediction

NO_ERROR = -1
_GOOD = "+"


def first_wrong(prediction: Prediction, steps: int, threshold: float) -> int | None:
    """Return the index of the first step that is judged wrong, -1 where all `steps` are right.

    None where judgements end before either is known. Each output is of one step: right if it begins
    with "+", or if it is a number above `threshold`. Where the model told how likely "-" and "+"
    are, in this order, the probability of "+" is that number.
    """
    records = prediction.turns
    for index, output in enumerate(prediction.outputs[:steps]):
        likelihoods = records[index].likelihoods if index < len(records) else ()
        score = _probability(likelihoods)
        if not _is_right(output, score, threshold):
            return index
    return NO_ERROR if len(prediction.outputs) >= steps else None


def _is_right(output: str, score: float | None, threshold: float) -> bool:
    if score is None:
        score = _number(output)
    if score is not None:
        return score > threshold
    return output.strip().lower().startswith(_GOOD)


def _probability(likelihoods: Sequence[Likelihood]) -> float | None:
    """Return the share of the second of two likelihoods; None without two that are known."""
    known = [one.logprob for one in likelihoods if one.logprob is not None]
    if len(likelihoods) != 2 or len(known) != 2:
        return None
    bad, good = known
    return 1 / (1 + math.exp(min(bad - good, 700.0)))


def _number(output: str) -> float | None:
    """Return a score that was written as a number; a sign alone, or before one, is a judgement."""
    text = output.strip()
    try:
        return None if text[:1] == _GOOD else float(text)
    except ValueError:
        return None
