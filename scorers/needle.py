"""Needle in a haystack: how much of the needle is in the answer."""

from __future__ import annotations

from ..core.config import Options
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .rouge import Rouge
from .turns import Rule, TurnReply, Verdict, always, grade_turns, label_of


class NeedleOptions(Options, frozen=True):
    """The needle's rule has no settings."""

    name: str = "needle"


class NeedleScorer:
    """`rouge_1`: ROUGE-1 F-measure of word stems against the needle; a blank answer counts 0.

    Source: `evaluate_and_log` of `run_needle_in_haystack.py` in Zefan-Cai/KVCache-Factory, commit
    c97f9d7, which reports ten times this value.
    """

    Options = NeedleOptions

    def __init__(self, options: NeedleOptions) -> None:
        """Load ROUGE. Raises MissingExtraError."""
        self._rouge = Rouge("rouge_1", stemmer=True)
        self.label = label_of(options)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0."""
        rule = Rule(("rouge_1",), self._grade)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))

    def _grade(self, reply: TurnReply) -> Verdict:
        value = self._rouge.f_measure(reply.output, str(reply.turn.target))
        return Verdict(scores={"rouge_1": value}, answer=reply.output.strip())
