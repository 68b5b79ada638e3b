"""The scorer of ACPBench: yes-or-no and multiple-choice questions."""

from __future__ import annotations

from typing import Literal

from ...core.config import Options
from ...core.prediction import Prediction
from ...core.sample import Sample
from ...core.score import Score
from ..turns import Rule, TurnReply, Verdict, always, grade_turns, label_of
from .marks import compared, fixed_bool, fixed_letter, official_bool, official_letter

Variant = Literal["official", "fixed"]

METRIC = "exact_match"


class ACPBenchOptions(Options, frozen=True):
    """`official` reproduces the published patterns, `fixed` finds answers however marked."""

    name: str = "acpbench"
    variant: Variant = "official"


class ACPBenchScorer:
    """`exact_match`: 1 if the answer is the golden one without case and punctuation, else 0.

    A question with choices is answered by a letter, another one by yes or no. Source: the tasks
    `acp_bench` of EleutherAI/lm-evaluation-harness, commit 4e7e0d47.
    """

    Options = ACPBenchOptions

    def __init__(self, options: ACPBenchOptions) -> None:
        self._variant: Variant = options.variant
        self.label = label_of(options, shown=("variant",))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade one reply, or several that vote."""
        rule = Rule((METRIC,), self._grade)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))

    def _grade(self, reply: TurnReply) -> Verdict:
        answer = self._answer(reply)
        right = compared(answer) == compared(str(reply.turn.target))
        return Verdict(scores={METRIC: float(right)}, answer=answer, parsed=answer is not None)

    def _answer(self, reply: TurnReply) -> str | None:
        choices = reply.turn.choices
        if self._variant == "official":
            return official_letter(reply.output) if choices else official_bool(reply.output)
        return fixed_letter(reply.output, choices) if choices else fixed_bool(reply.output)
