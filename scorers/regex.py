"""A regular expression searched in the reply."""

from __future__ import annotations

from collections import deque
from typing import Annotated, Any

import msgspec

from ..core.config import Options
from ..core.errors import ConfigError, DataError, MissingExtraError
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .text import texts_of
from .turns import Rule, TurnReply, Verdict, always, grade_turns, label_of


class RegexOptions(Options, frozen=True):
    """The pattern (None: the targets are the patterns), and the time one search may take."""

    name: str = "regex"
    pattern: str | None = None
    ignore_case: bool = False
    timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 1.0


class RegexScorer:
    """`accuracy`: 1 if the reply matches, else 0.

    With a `pattern`, its last match (group 1 where there is one) is the answer: it must equal a
    target, or merely exist when the row has none; no match is `unparsed`, and 0. Without, a target
    is a pattern of its own, to be found anywhere. Patterns are those of the regex package: a search
    longer than `timeout_s` ends in `scorer_error`, so that no pattern hangs a run.
    """

    Options = RegexOptions

    def __init__(self, options: RegexOptions) -> None:
        try:
            import regex
        except ImportError:
            raise MissingExtraError("the regex scorer", "regex") from None
        self._regex = regex
        self._options = options
        self.label = label_of(options)
        if options.pattern is not None:
            self._compiled(options.pattern)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0."""
        if self._options.pattern is None:
            rule = Rule(("accuracy",), self._grade_by_targets)
        else:
            rule = Rule(("accuracy",), self._grade_by_pattern, needs_target=False)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))

    def _grade_by_pattern(self, reply: TurnReply) -> Verdict:
        found = self._last_match(self._options.pattern or "", reply.output)
        if found is None:
            return Verdict(scores={"accuracy": 0.0}, parsed=False)
        target = reply.turn.target
        accepted = target is None or found in {text.strip() for text in texts_of(target)}
        return Verdict(scores={"accuracy": float(accepted)}, answer=found)

    def _grade_by_targets(self, reply: TurnReply) -> Verdict:
        for pattern in texts_of(reply.turn.target):
            found = self._last_match(pattern, reply.output)
            if found is not None:
                return Verdict(scores={"accuracy": 1.0}, answer=found)
        return Verdict(scores={"accuracy": 0.0})

    def _last_match(self, pattern: str, text: str) -> str | None:
        matches = self._compiled(pattern).finditer(text, timeout=self._options.timeout_s)
        try:
            last = deque(matches, maxlen=1)
        except TimeoutError:
            raise DataError(
                f"pattern {pattern!r:.80} took more than {self._options.timeout_s} s"
            ) from None
        if not last:
            return None
        group: str | None = last[0][1] if last[0].re.groups else last[0][0]
        return (group or "").strip()

    def _compiled(self, pattern: str) -> Any:
        flags = self._regex.IGNORECASE if self._options.ignore_case else 0
        try:
            return self._regex.compile(pattern, flags)
        except self._regex.error as error:
            raise ConfigError(f"pattern {pattern!r:.80} is not valid: {error}") from None
