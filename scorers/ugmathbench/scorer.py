"""The scorers of UGMathBench: by rules, and by rules with a judge model behind them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ...core.config import Options
from ...core.interfaces import Endpoint
from ...core.prediction import Prediction
from ...core.sample import Sample
from ...core.score import Score
from ..turns import Rule, TurnReply, always, grade_turns, label_of
from ..verdict import Verdict
from .model_judge import ModelJudge, is_for_a_model
from .rule_judge import METRIC, RuleJudge, expected_of

_Tolerance = Annotated[float, msgspec.Meta(gt=0)]


class UGMathBenchOptions(Options, frozen=True):
    """How the published rules are followed.

    `official` reproduces them, flaws included; `fixed` mends them. A number may differ from the
    golden one by the share `tolerance` of it.
    """

    name: str = "ugmathbench"
    variant: Literal["official", "fixed"] = "official"
    tolerance: _Tolerance = 1e-3


class UGMathBenchScorer:
    """`accuracy`: 1 if every answer of a reply is right, else 0.

    `official` is the judge of `judge_rule.py` in YangLabHKUST/UGMathBench, commit df47bfa, called
    as `eval_rule.py` does: `tolerance` is its precision, and a judgement that takes longer than 5 s
    says no.

    `fixed` takes the last box wherever it stands, counts surplus answers as wrong, takes numbers
    within `tolerance` of a golden 0, keeps equations whole and takes any multiple of them, compares
    differences of several symbols and complex numbers, and reads (B), B. and [B] as choices.
    """

    Options = UGMathBenchOptions

    def __init__(self, options: UGMathBenchOptions) -> None:
        self._judge = RuleJudge(options.tolerance, options.variant)
        self._rule = Rule((METRIC,), self._grade, needs_target=False)
        self.label = label_of(options, shown=("variant",))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the reply; a blank one counts 0. Rows of another benchmark are a scorer_error."""
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(self._rule))

    async def _grade(self, reply: TurnReply) -> Verdict:
        return await self._judge.judge(reply.output, expected_of(reply.turn))


class JudgedUGMathBenchOptions(Options, frozen=True):
    """As for `ugmathbench`; the judge is chosen by `judge`.

    A number may differ from the golden one by the share `tolerance` of it.
    """

    name: str = "ugmathbench_judged"
    tolerance: _Tolerance = 1e-3


class JudgedUGMathBenchScorer:
    """`accuracy` by rules first, and by a judge model of what they find wrong (MARJ).

    The rules are those of `judge_marj.py`: as official, with words for true and false read in
    lists, and an expression taken for an equation "= 0". No judge is asked where all golden answers
    are plain numbers. Its report says TRUE or FALSE under a heading of its own; anything else
    counts as FALSE. The question is in our own words.
    """

    Options = JudgedUGMathBenchOptions
    needs_judge = True

    def __init__(self, options: JudgedUGMathBenchOptions, judge: Endpoint) -> None:
        self._rules = RuleJudge(options.tolerance, "hybrid")
        self._model = ModelJudge(judge)
        self._rule = Rule((METRIC,), self._grade, needs_target=False)
        self.label = label_of(options)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the reply; a blank one counts 0, unasked. Raises EndpointError."""
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(self._rule))

    async def _grade(self, reply: TurnReply) -> Verdict:
        expected = expected_of(reply.turn)
        verdict = await self._rules.judge(reply.output, expected)
        if verdict.scores[METRIC] or not is_for_a_model(expected):
            return verdict
        return await self._model.judge(reply, expected, verdict)
