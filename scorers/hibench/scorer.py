"""The scorer of HiBench: which rule compares replies to which task."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from ...core.config import Options
from ...core.errors import ConfigError
from ...core.prediction import Prediction
from ...core.sample import Sample, Turn
from ...core.score import Score
from ...core.suggest import did_you_mean
from ..turns import Rule, TurnReply, Verdict, grade_turns, label_of
from .official import MATCHERS, extracted
from .strict import COMPARISONS, value_in

METRIC = "accuracy"

_HIERARCHY = "hierarchy"


class TaskRule(msgspec.Struct, frozen=True):
    """What rules.yaml says of a task."""

    official: str
    strict: str
    hierarchy: str | None = None
    literal: str | None = None

    def matcher(self, answer: str, mode: str | None) -> str:
        """Return which official matcher compares with `answer`, trees being drawn in `mode`."""
        if answer == self.literal:
            return "string"
        return self.hierarchy if self.hierarchy and mode == _HIERARCHY else self.official


class HiBenchOptions(Options, frozen=True):
    """`variant` is official, which compares as the published code does, or strict."""

    name: str = "hibench"
    variant: Literal["official", "strict"] = "official"


class HiBenchScorer:
    """`accuracy`: 1 or 0, and for papers the share of what should be named.

    The variant official reads the first answer of a reply and drops all symbols: an answer that is
    part of the reply's is right, the order of a list is not seen, nor entries that are missing at
    its end. The variant strict reads the last answer, compares numbers as numbers, trees by their
    edges, and lists as a whole.
    """

    Options = HiBenchOptions

    def __init__(self, options: HiBenchOptions) -> None:
        self._official = options.variant == "official"
        self.label = label_of(options, shown=("variant",))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0. Raises ConfigError for a task without a rule."""
        return await grade_turns(sample, prediction, label=self.label, rule_of=self._rule_of)

    def _rule_of(self, sample: Sample, _turn: Turn) -> Rule:
        rule = rules().get(sample.task)
        if rule is None:
            hint = did_you_mean(sample.task, rules())
            raise ConfigError(f"scorer hibench has no rule for {sample.task!r}: {hint}")

        def grade(reply: TurnReply) -> Verdict:
            return _officially(reply, rule) if self._official else _strictly(reply, rule)

        return Rule((METRIC,), grade)


@cache
def rules() -> dict[str, TaskRule]:
    """Return the rules by task."""
    content = Path(__file__).with_name("rules.yaml").read_bytes()
    return msgspec.yaml.decode(content, type=dict[str, TaskRule])


def _officially(reply: TurnReply, rule: TaskRule) -> Verdict:
    answer = str(reply.turn.target)
    matcher = MATCHERS[rule.matcher(answer, reply.sample.labels.get("input_mode"))]
    found = extracted(reply.output)
    score = matcher(reply.output, answer)
    return Verdict(scores={METRIC: score}, answer=found, parsed=found is not None)


def _strictly(reply: TurnReply, rule: TaskRule) -> Verdict:
    found = value_in(reply.output)
    if found is None:
        return Verdict(scores={METRIC: 0.0}, parsed=False)
    answer = reply.turn.metadata.get("references") or reply.turn.target
    score = COMPARISONS[rule.strict](found, answer)
    return Verdict(scores={METRIC: score}, answer=found)
