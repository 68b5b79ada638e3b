"""Multiple choice: the option a reply chooses."""

from __future__ import annotations

import string

from ..core.config import Options
from ..core.errors import DataError
from ..core.prediction import Prediction
from ..core.sample import Sample, Turn
from ..core.score import Score
from .options import chosen_option, index_of_target
from .text import texts_of
from .turns import Rule, TurnReply, Verdict, always, grade_turns, label_of


class ChoiceOptions(Options, frozen=True):
    """Multiple choice has no settings."""

    name: str = "choice"


class ChoiceScorer:
    """`accuracy`: 1 if the reply chooses a target, else 0. The answer is the option's letter.

    A target names an option by its text or its letter; where it could do both, the text counts.
    How a choice is read out of a reply is said at `chosen_option`; where none is clear, the reply
    is `unparsed`, and 0.
    """

    Options = ChoiceOptions

    def __init__(self, options: ChoiceOptions) -> None:
        self.label = label_of(options)

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the replies; blank ones count 0."""
        rule = Rule(("accuracy",), _grade)
        return await grade_turns(sample, prediction, label=self.label, rule_of=always(rule))


def _grade(reply: TurnReply) -> Verdict:
    targets = {_target_index(text, reply.turn) for text in texts_of(reply.turn.target)}
    chosen = chosen_option(reply.output, reply.turn.choices)
    if chosen is None:
        return Verdict(scores={"accuracy": 0.0}, parsed=False)
    letter = string.ascii_uppercase[chosen] if chosen < len(string.ascii_uppercase) else None
    answer = letter or reply.turn.choices[chosen]
    return Verdict(scores={"accuracy": float(chosen in targets)}, answer=answer)


def _target_index(target: str, turn: Turn) -> int:
    index = index_of_target(target, turn.choices)
    if index is None:
        raise DataError(f"target {target!r:.80} is neither an option's text nor its letter")
    return index
