"""Several replies to one question, made one verdict."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from ..core.exchange import Usage
from .verdict import Verdict

Vote = Callable[[Sequence[Verdict]], Verdict]


def plurality(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on the answer that most replies give; of equal numbers, the first given.

    Replies without an answer do not vote (Wang et al. 2023, arXiv 2203.11171, self-consistency).
    When none has one, the first verdict stands.
    """
    answered = _answered(verdicts)
    if not answered:
        return _spending_of(verdicts, verdicts[0])
    counts = Counter(_key(verdict) for verdict in answered)
    winner = counts.most_common(1)[0][0]
    return _spending_of(verdicts, next(v for v in answered if _key(v) == winner))


def strict_majority(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on the answer of more than half of the replies that have one.

    Where no answer has so many, every metric is 0 and there is no answer.
    """
    answered = _answered(verdicts)
    first = plurality(verdicts)
    votes = sum(_key(verdict) == _key(first) for verdict in answered)
    if answered and votes * 2 <= len(answered):
        return msgspec.structs.replace(
            first,
            scores=dict.fromkeys(first.scores, 0.0),
            answer=None,
            explanation=f"no majority: {votes} of {len(answered)} replies agree",
        )
    return first


def _answered(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.parsed and verdict.answer is not None]


def _key(verdict: Verdict) -> str:
    """Return the answer as text; json, unlike msgspec, also takes what is no valid Unicode."""
    return json.dumps(verdict.answer, sort_keys=True)


def _spending_of(verdicts: Sequence[Verdict], chosen: Verdict) -> Verdict:
    """Return `chosen` with what the judges of all `verdicts` spent."""
    spent = [verdict.usage for verdict in verdicts if verdict.usage is not None]
    return msgspec.structs.replace(chosen, usage=sum(spent, Usage()) if spent else None)
