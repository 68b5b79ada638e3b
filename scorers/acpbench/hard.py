"""The scorer of ACPBench Hard: open questions on planning tasks, judged by symbolic validators."""

from __future__ import annotations

from functools import partial

import msgspec

from ...core.config import Options
from ...core.errors import ConfigError, DataError
from ...core.prediction import Prediction
from ...core.sample import Sample, Turn
from ...core.score import Score
from ...core.suggest import did_you_mean
from ..turns import Rule, TurnReply, Verdict, grade_turns, label_of
from .judging import JUDGES, Case, Golden, Variant
from .planner import Planner
from .replies import FIXED, OFFICIAL

METRIC = "score"
# Of the tasks that ask for a list of steps: how much of it is right.
OVERLAP = "jaccard"
_WITH_OVERLAP = ("app",)


class ACPBenchHardOptions(Options, frozen=True):
    """`official` reproduces the published evaluators, flaws included; `fixed` mends them."""

    name: str = "acpbench_hard"
    variant: Variant = "official"


class ACPBenchHardScorer:
    """`score`: 1 if the answer of an open question is right, else 0.

    A lenient grammar finds steps, facts, lists of them, or a number. They are held against the
    stored answers. What those leave open, a planner decides; where it finds nothing in the official
    time, the answer counts 0, and the explanation says "unverified: time limit".

    `jaccard`, of the applicable actions alone: how many actions are in both lists, of those in
    either. The paper gives it beside `score`; an answer that cannot be read counts 0.

    `fixed` takes "none" in any case, a single list of effects as one without negative ones, a minus
    sign as part of a number, and capitals for small letters, and a step for unreachable whether or
    not a planner is needed to prove it. It finds a plan by its quotes.

    Source: the tasks `acp_bench_hard` of EleutherAI/lm-evaluation-harness, commit 4e7e0d47.
    """

    Options = ACPBenchHardOptions

    def __init__(self, options: ACPBenchHardOptions) -> None:
        """Look for the packages. Raises MissingExtraError."""
        self._variant: Variant = options.variant
        self._planner = Planner()
        self.label = label_of(options, shown=("variant",))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade one reply. Raises ConfigError for a task of another benchmark."""
        return await grade_turns(sample, prediction, label=self.label, rule_of=self._rule_of)

    def _rule_of(self, sample: Sample, _turn: Turn) -> Rule:
        if sample.task not in JUDGES:
            near = did_you_mean(sample.task, JUDGES)
            raise ConfigError(f"scorer acpbench_hard has no rule for {sample.task!r}: {near}")
        return Rule(_metrics(sample.task), partial(self._grade, sample.task))

    async def _grade(self, task: str, reply: TurnReply) -> Verdict:
        readers = OFFICIAL if self._variant == "official" else FIXED
        given = readers[task](reply.output)
        if given is None:
            return Verdict(scores=dict.fromkeys(_metrics(task), 0.0), parsed=False)
        golden = _golden(reply.turn)
        case = Case(given=given, golden=golden, variant=self._variant, planner=self._planner)
        judged = await JUDGES[task](case)
        values = (float(judged.right), judged.overlap)
        return Verdict(
            scores=dict(zip(_metrics(task), values, strict=False)),
            answer=given,
            explanation=judged.note,
            parsed=bool(given),
        )


def _metrics(task: str) -> tuple[str, ...]:
    return (METRIC, OVERLAP) if task in _WITH_OVERLAP else (METRIC,)


def _golden(turn: Turn) -> Golden:
    try:
        return msgspec.convert(turn.target, Golden)
    except msgspec.ValidationError as error:
        raise DataError(f"the target is no question of ACPBench Hard: {error}") from None
