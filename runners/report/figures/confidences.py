"""How confident a run by likelihood was of its answers, and whether they were right."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ....core.errors import EvalrunError
from ....core.exchange import Likelihood
from ....core.score import Score
from ...log import read_log
from ...results import StoredRun
from .reliability import Judged

_PROTOCOL = "likelihood"


class _Turn(msgspec.Struct, frozen=True):
    likelihoods: tuple[Likelihood, ...] = ()


class _Row(msgspec.Struct, frozen=True):
    """What is read of a row of predictions.jsonl."""

    id: str
    turns: tuple[_Turn, ...] = ()


class Judgements(msgspec.Struct, frozen=True):
    """The answers of a run; `unknown` counts those of which no confidence or verdict is known."""

    answers: tuple[Judged, ...]
    unknown: int


def is_by_likelihood(run: StoredRun) -> bool:
    """Tell whether the run's answers are the likeliest choices."""
    return run.results.protocol == _PROTOCOL


def compares_lengths(run: StoredRun) -> bool:
    """Tell whether the run divided likelihoods by lengths of texts, which its rows do not tell."""
    options = _options(run)
    return options.get("of") == "texts" and options.get("normalize") in ("characters", "bytes")


def judgements(run: StoredRun) -> Judgements:
    """Return the answers of a run by likelihood, with the last verdict of its own scorer.

    An answer is right as far as the first metric of its verdict says. Raises DataError for a line
    that is not a row.
    """
    by_token = _options(run).get("normalize") == "tokens"
    known: dict[tuple[str, int], float] = {}
    asked = 0
    for _, row in read_log(run.folder.predictions, _Row):
        for turn, record in enumerate(row.turns):
            asked += 1
            value = confidence(record.likelihoods, by_token=by_token)
            if value is not None:
                known[row.id, turn] = value
    answers = {
        key: Judged(known[key], min(1.0, max(0.0, right)), cluster)
        for key, right, cluster in _verdicts(run)
        if key in known
    }
    return Judgements(tuple(answers.values()), asked - len(answers))


def confidence(likelihoods: Sequence[Likelihood], *, by_token: bool = False) -> float | None:
    """Return the probability of the likeliest option among all options; None if none is known.

    It is exp(v) of that option by the sum of exp(v) of all, v being what the protocol compares: the
    log-probability of an option, or `by_token` that by the number of its tokens. An option whose
    likelihood the endpoint does not tell is less likely than its likeliest tokens, and counts as 0.
    """
    values = [
        each.logprob / (max(1, each.tokens) if by_token else 1)
        for each in likelihoods
        if each.logprob is not None
    ]
    if not values or max(values) == -math.inf:
        return None
    return 1 / math.fsum(math.exp(value - max(values)) for value in values)


def _verdicts(run: StoredRun) -> Iterator[tuple[tuple[str, int], float, str]]:
    """Yield the place of each verdict, the value of its first metric, and its cluster."""
    for _, score in read_log(run.folder.scores, Score):
        if score.scorer != run.results.scorer:
            continue
        for turn in score.turns:
            value = next(iter(turn.scores.values()), None)
            if value is not None:
                yield (score.id, turn.turn), value, score.group or score.sample_id


def _options(run: StoredRun) -> dict[str, Any]:
    """Return the options of the run's protocol; none where an older run cannot be read any more."""
    try:
        return run.folder.read_config().protocol
    except EvalrunError:
        return {}
