"""Exact match of the whole reply."""

from __future__ import annotations

from ..core.config import Options
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .text import squeezed, texts_of, without_punctuation
from .turns import Rule, TurnReply, Verdict, always, grade_turns, label_of


class ExactOptions(Options, frozen=True):
    """What is ignored in the comparison.

    `ignore_whitespace` squeezes runs of white space and trims the ends; `ignore_punctuation`
    deletes punctuation of any script.
    """

    name: str = "exact"
    ignore_case: bool = False
    ignore_whitespace: bool = True
    ignore_punctuation: bool = False


class ExactScorer:
    """`accuracy`: 1 if the reply equals one of the targets, else 0."""

    Options = ExactOptions

    def __init__(self, options: ExactOptions) -> None:
        self._options = options
        self._rule_of = always(Rule(("accuracy",), self._grade))
        self.label = label_of(options)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0."""
        return await grade_turns(sample, prediction, label=self.label, rule_of=self._rule_of)

    def _grade(self, reply: TurnReply) -> Verdict:
        targets = {self._normalized(text) for text in texts_of(reply.turn.target)}
        answer = self._normalized(reply.output)
        return Verdict(scores={"accuracy": float(answer in targets)}, answer=answer)

    def _normalized(self, text: str) -> str:
        if self._options.ignore_punctuation:
            text = without_punctuation(text)
        if self._options.ignore_whitespace:
            text = squeezed(text)
        return text.casefold() if self._options.ignore_case else text
