"""The last number of the reply."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ..core.config import Options
from ..core.errors import DataError
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .numbers import Number, numbers_in, same_number
from .text import texts_of
from .turns import Rule, TurnReply, Verdict, always, grade_turns, label_of

NonNegative = Annotated[float, msgspec.Meta(ge=0)]


class NumericOptions(Options, frozen=True):
    """How far the number may be from the target: the larger of the two tolerances counts.

    `relative_tolerance` is a share of the target.
    """

    name: str = "numeric"
    absolute_tolerance: NonNegative = 0.0
    relative_tolerance: NonNegative = 0.0


class NumericScorer:
    """`accuracy`: 1 if the last number of the reply equals one of the targets, else 0.

    What is read as a number is said at `numbers_in`. A reply without one is `unparsed`, and 0.
    """

    Options = NumericOptions

    def __init__(self, options: NumericOptions) -> None:
        self._options = options
        self.label = label_of(options)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0."""
        rule = Rule(("accuracy",), self._grade)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))

    def _grade(self, reply: TurnReply) -> Verdict:
        targets = [_number_of(text) for text in texts_of(reply.turn.target)]
        answer = _last_number(reply.output)
        if answer is None:
            return Verdict(scores={"accuracy": 0.0}, parsed=False)
        correct = any(self._same(answer, target) for target in targets)
        shown = f"{answer.value}%" if answer.percent else str(answer.value)
        return Verdict(scores={"accuracy": float(correct)}, answer=shown)

    def _same(self, answer: Number, target: Number) -> bool:
        options = self._options
        return same_number(
            answer,
            target,
            absolute=options.absolute_tolerance,
            relative=options.relative_tolerance,
        )


def _number_of(target: str) -> Number:
    number = _last_number(target)
    if number is None:
        raise DataError(f"target {target!r:.80} holds no number; use another scorer for this row")
    return number


def _last_number(text: str) -> Number | None:
    last = None
    for number in numbers_in(text):
        last = number
    return last
