"""LOGICOM: whether a debater was convinced (arXiv 2308.09853)."""

from __future__ import annotations

import msgspec
from msgspec import field

from ..core.config import Options
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .moderation import Decision, ModeratorReplies, Ruling, Variant, decide, ruled
from .plays import grade_play
from .structured import outcome_of
from .turns import label_of
from .verdict import Verdict

METRICS = ("success", "flip")


class LogicomOptions(Options, frozen=True):
    """How moderators are read where a log does not say who won."""

    name: str = "logicom"
    variant: Variant = "official"


class DebateLog(msgspec.Struct, frozen=True):
    """What is read of the log of a debate; `moderators` has a list of replies for each round."""

    convinced: bool | None = field(name="Convinced?", default=None)
    reason: str | None = field(name="Stop_reason", default=None)
    moderators: tuple[tuple[ModeratorReplies, ...], ...] = ()


class LogicomScorer:
    """Reads the log of a debate: the outcome of `protocol=debate`, or a published file.

    - `success`: 1 if the debater was convinced.
    - `flip`: the same of debates whose first reply disagrees (the paper's first question); the
      others have no value. The moderators' check of the first reply says which these are.

    A log that does not say "Convinced?" is decided from `moderators`. What is no log counts as not
    convinced, `unparsed`.
    """

    Options = LogicomOptions

    def __init__(self, options: LogicomOptions) -> None:
        self._variant: Variant = options.variant
        self.label = label_of(options, shown=("variant",))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade one debate."""
        return await grade_play(sample, prediction, self._grade, label=self.label, metrics=METRICS)

    def _grade(self, _sample: Sample, prediction: Prediction) -> Verdict:
        log = _log(prediction)
        convinced = None if log is None else _convinced(log, self._variant)
        if log is None or convinced is None:
            return Verdict(scores={**dict.fromkeys(METRICS), "success": 0.0}, parsed=False)
        disagreed = bool(log.moderators) and not _rulings(log, self._variant)[0].convinced
        return Verdict(
            scores={
                "success": float(convinced),
                "flip": float(convinced) if disagreed else None,
            },
            answer=convinced,
            explanation=log.reason,
        )


def _log(prediction: Prediction) -> DebateLog | None:
    try:
        return msgspec.convert(outcome_of(prediction), DebateLog)
    except msgspec.ValidationError:
        return None


def _convinced(log: DebateLog, variant: Variant) -> bool | None:
    """Return whether the debater was convinced; None if the log does not tell."""
    if log.convinced is not None:
        return log.convinced
    rulings = _rulings(log, variant)
    return rulings[-1].convinced if rulings else None


def _rulings(log: DebateLog, variant: Variant) -> list[Ruling]:
    """Return what the panel ruled in each round, up to the one that ended the debate."""
    rulings: list[Ruling] = []
    before: list[int] = []
    for replies in filter(None, log.moderators):
        before = before or [0] * len(replies)
        decisions = [
            decide(each, count, variant) for each, count in zip(replies, before, strict=False)
        ]
        rulings.append(ruled(decisions))
        if rulings[-1].over:
            break
        before = _counts(decisions)
    return rulings


def _counts(decisions: list[Decision]) -> list[int]:
    return [decision.unconvinced for decision in decisions]
