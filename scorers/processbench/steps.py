"""What a process reward model says of the steps of a solution, and which it finds wrong first."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...core.exchange import Likelihood
from ...core.prediction import Prediction

NO_ERROR = -1
_GOOD = "+"


def step_scores(prediction: Prediction, steps: int) -> tuple[float, ...]:
    """Return how right each of the first `steps` steps is, so far as they are judged.

    Each output is of one step. Where the model told how likely "-" and "+" are, in this order, the
    score is the probability of "+"; else it is the number that the output holds. A judgement in
    words is beyond every threshold: infinity if it begins with "+", else minus infinity.
    """
    records = prediction.turns
    outputs = prediction.outputs[:steps]
    likelihoods = [record.likelihoods for record in records[: len(outputs)]]
    likelihoods += [()] * (len(outputs) - len(likelihoods))
    return tuple(map(_score, outputs, likelihoods))


def first_wrong(scores: Sequence[float], steps: int, threshold: float) -> int | None:
    """Return the index of the first step that is judged wrong, -1 where all `steps` are right.

    None where judgements end before either is known. A step is right if its score is above
    `threshold`.
    """
    for index, score in enumerate(scores[:steps]):
        if not score > threshold:
            return index
    return NO_ERROR if len(scores) >= steps else None


def _score(output: str, likelihoods: Sequence[Likelihood]) -> float:
    score = _probability(likelihoods)
    if score is None:
        score = _number(output)
    if score is None:
        return math.inf if output.strip().lower().startswith(_GOOD) else -math.inf
    return -math.inf if math.isnan(score) else score


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
