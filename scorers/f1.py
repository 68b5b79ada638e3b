"""Token F1, as SQuAD defines it."""

from __future__ import annotations

from ..core.config import Options
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .text import multiset_f1, squad_normalized, texts_of
from .turns import Rule, TurnReply, Verdict, always, grade_turns, label_of


class F1Options(Options, frozen=True):
    """Token F1 has no settings."""

    name: str = "f1"


class F1Scorer:
    """`f1`: overlap of words with the nearest target, after SQuAD's normalisation.

    A reply and a target that both normalise to nothing agree (SQuAD 2.0: arXiv 1806.03822).
    """

    Options = F1Options

    def __init__(self, options: F1Options) -> None:
        self.label = label_of(options)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0."""
        rule = Rule(("f1",), _grade)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))


def _grade(reply: TurnReply) -> Verdict:
    answer = squad_normalized(reply.output)
    targets = [squad_normalized(text) for text in texts_of(reply.turn.target)]
    best = max(_f1(answer.split(), target.split()) for target in targets)
    return Verdict(scores={"f1": best}, answer=answer)


def _f1(prediction: list[str], reference: list[str]) -> float:
    if not prediction or not reference:
        return float(prediction == reference)
    return multiset_f1(prediction, reference)
