"""A target anywhere in the reply."""

from __future__ import annotations

from ..core.config import Options
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .text import texts_of
from .turns import Rule, TurnReply, Verdict, always, grade_turns, label_of


class IncludesOptions(Options, frozen=True):
    """What is ignored in the comparison."""

    name: str = "includes"
    ignore_case: bool = True


class IncludesScorer:
    """`accuracy`: 1 if the reply contains any of the targets, else 0. The answer is the target."""

    Options = IncludesOptions

    def __init__(self, options: IncludesOptions) -> None:
        self._options = options
        self.label = label_of(options)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0."""
        rule = Rule(("accuracy",), self._grade)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))

    def _grade(self, reply: TurnReply) -> Verdict:
        output = self._folded(reply.output)
        targets = texts_of(reply.turn.target)
        found = next((text for text in targets if self._folded(text) in output), None)
        return Verdict(scores={"accuracy": float(found is not None)}, answer=found)

    def _folded(self, text: str) -> str:
        return text.casefold() if self._options.ignore_case else text
