"""The scorer: the number that a reply gives, right or wrong, and how close it is."""

from __future__ import annotations

import re
from typing import Literal

from evalrun.core.config import Options
from evalrun.core.errors import DataError
from evalrun.core.prediction import Prediction
from evalrun.core.sample import Sample
from evalrun.core.score import Score
from evalrun.scorers.turns import Rule, TurnReply, Verdict, always, grade_turns, label_of

METRICS = ("accuracy", "closeness")

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBER = re.compile(rf"\b(?:\d{{1,9}}|{'|'.join(_WORDS)})\b", re.IGNORECASE | re.ASCII)


class CountOptions(Options, frozen=True):
    """Which number of a reply is its answer."""

    name: str = "count"
    take: Literal["first", "last"] = "last"


class CountScorer:
    """`accuracy`: 1 if the number is the target. `closeness`: 1 / (1 + how far it is off).

    Numbers are digits, or English words up to ten. A reply without one is `unparsed`, and 0.
    """

    Options = CountOptions

    def __init__(self, options: CountOptions) -> None:
        self._position = 0 if options.take == "first" else -1
        self.label = label_of(options)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0."""
        rule = Rule(METRICS, self._grade)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))

    def _grade(self, reply: TurnReply) -> Verdict:
        target = reply.turn.target
        if not isinstance(target, int):
            raise DataError(f"scorer=count needs a whole number as target, found {target!r:.40}")
        numbers = _NUMBER.findall(reply.output)
        if not numbers:
            return Verdict(scores=dict.fromkeys(METRICS, 0.0), parsed=False)
        answer = _value(numbers[self._position])
        scores = {
            "accuracy": float(answer == target),
            "closeness": 1 / (1 + abs(answer - target)),
        }
        return Verdict(scores=scores, answer=answer)


def _value(number: str) -> int:
    return int(number) if number.isdigit() else _WORDS.index(number.lower())
