"""The scorer of LiveBench."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...core.config import Options
from ...core.errors import ConfigError
from ...core.interfaces import Asset, Endpoint
from ...core.prediction import Prediction
from ...core.sample import Sample, Turn
from ...core.sandbox import Sandbox
from ...core.score import Score
from ...core.suggest import did_you_mean
from ..extraction.marked import without_thoughts
from ..instructions.nltk_data import nltk_assets
from ..limited import LimitedCalls
from ..turns import Rule, grade_turns, label_of
from .coding import coding_rules
from .equality import EqualityJudge
from .rules import Variant, rule_name, rule_on, rules


class LiveBenchOptions(Options, frozen=True):
    """`official` reproduces the published scorers, flaws included; `fixed` mends some of them.

    `python` is the interpreter that runs replies: a program in the sandbox, or its path there.
    """

    name: str = "livebench"
    variant: Variant = "official"
    python: str = "python3"


class LiveBenchScorer:
    """`score` of each question, from 0 to 1, by the rule of its task and day of release.

    The thoughts of a reply, `<think>...</think>`, are left out before. Where the official scorer
    fails, the score is 0 and the explanation begins with `eval_error`. Code is run in `sandbox`;
    without one it has no verdict: `not_applicable`, with the reason. What `fixed` changes is said
    in `mended`.

    Source: `gen_ground_truth_judgment.py` and `process_results/` of LiveBench/LiveBench, commit
    b0fb577. Deviations: expressions that SymPy's lark grammar cannot read are read by
    latex2sympy2_extended instead of latex2sympy2, whose ANTLR runtime is not Hydra's; languages
    are told with a fixed seed; and grading of one reply ends after 10 s.
    """

    Options = LiveBenchOptions
    needs_sandbox = True

    def __init__(
        self,
        options: LiveBenchOptions,
        judge: EqualityJudge | None = None,
        *,
        sandbox: Sandbox | None = None,
    ) -> None:
        coding = None if sandbox is None else coding_rules(sandbox, options.python)
        self._rules = rules(LimitedCalls(), judge, options.variant, coding)
        self.label = label_of(options, shown=("variant",))

    @staticmethod
    def assets(_options: LiveBenchOptions) -> Sequence[Asset]:
        """Return what checks of instructions read English with."""
        return nltk_assets()

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0.

        Raises ConfigError for a task of another benchmark, EndpointError when a judge can serve no
        sample.
        """
        outputs = tuple(without_thoughts(output) for output in prediction.outputs)
        prediction = msgspec.structs.replace(prediction, outputs=outputs)
        rule = self._rule_of(sample, sample.turns[0])
        if isinstance(rule, str):
            return await self._not_applicable(sample, prediction, rule)
        return await grade_turns(
            sample, prediction, label=self.label, rule_of=lambda _sample, _turn: rule
        )

    def _rule_of(self, sample: Sample, turn: Turn) -> Rule | str:
        name = rule_name(sample.task, sample.labels.get("subtask"), sample.labels.get("category"))
        dated = self._rules.get(name) or self._rules.get(sample.task)
        if dated is None:
            raise ConfigError(
                f"scorer livebench has no rule for {name!r}: {did_you_mean(name, self._rules)}"
            )
        return rule_on(str(turn.metadata.get("released", "")), dated)

    async def _not_applicable(self, sample: Sample, prediction: Prediction, reason: str) -> Score:
        turns = tuple(msgspec.structs.replace(turn, target=None) for turn in sample.turns)
        sample = msgspec.structs.replace(sample, turns=turns)
        nothing = Rule(("score",), lambda _reply: ())
        score = await grade_turns(
            sample, prediction, label=self.label, rule_of=lambda _sample, _turn: nothing
        )
        told = tuple(msgspec.structs.replace(turn, explanation=reason) for turn in score.turns)
        return msgspec.structs.replace(score, turns=told)


class JudgedLiveBenchOptions(Options, frozen=True):
    """As for `livebench`; the judge is chosen by `judge`."""

    name: str = "livebench_judged"
    variant: Variant = "official"
    python: str = "python3"


class JudgedLiveBenchScorer:
    """As `livebench`, with a judge for answers to AMPS_Hard that SymPy does not show to be right.

    The official run asks gpt-5-mini whether they are equal or negatives, in words of its own.
    """

    Options = JudgedLiveBenchOptions
    needs_judge = True
    needs_sandbox = True

    def __init__(
        self, options: JudgedLiveBenchOptions, judge: Endpoint, *, sandbox: Sandbox | None = None
    ) -> None:
        self._scorer = LiveBenchScorer(
            LiveBenchOptions(name=options.name, variant=options.variant, python=options.python),
            EqualityJudge(judge),
            sandbox=sandbox,
        )
        self.label = self._scorer.label

    @staticmethod
    def assets(_options: JudgedLiveBenchOptions) -> Sequence[Asset]:
        """Return what checks of instructions read English with."""
        return nltk_assets()

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade as `livebench` does. Raises ConfigError, EndpointError."""
        return await self._scorer.score(sample, prediction)
