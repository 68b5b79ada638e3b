"""The scorer of SimpleBench: the letter behind "Final Answer:"."""

from __future__ import annotations

import re
from typing import Literal

from ..core.config import Options
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .options import chosen_option
from .turns import Rule, TurnReply, Verdict, always, grade_turns, label_of
from .votes import strict_majority

Variant = Literal["official", "fixed"]

METRIC = "accuracy"

_LETTERS = "ABCDEF"
_OFFICIAL = re.compile(r"Final Answer:\s*([A-F])", re.IGNORECASE)


class SimpleBenchOptions(Options, frozen=True):
    """`official` reproduces the published scorer; `fixed` reads the last answer, whatever marks it.

    `fixed` also takes options by their texts.
    """

    name: str = "simplebench"
    variant: Variant = "official"


class SimpleBenchScorer:
    r"""`accuracy`: 1 if the letter that a reply gives equals the answer, else 0.

    `official`: the first match of `Final Answer:\s*([A-F])` in any case, in capitals. No word ends
    there ("Final Answer: Definitely B" is D), and nothing may stand between ("Final Answer: (B)" is
    none). Where there is none the official script has no value; here it is `unparsed`, and 0.
    `fixed`: what `chosen_option` reads.

    Several replies to a question vote: the answer of more than half of those that have one counts.

    Source: `extract_answer`, `eval_multi_choice` and `eval_majority_vote` in
    weave_utils/scorers.py of simple-bench/SimpleBench, commit fbc2e42.
    """

    Options = SimpleBenchOptions

    def __init__(self, options: SimpleBenchOptions) -> None:
        self._read = official_answer if options.variant == "official" else fixed_answer
        self.label = label_of(options, shown=("variant",))
        self._rule_of = always(Rule((METRIC,), self._grade, vote=strict_majority))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade one reply, or several that vote; blank ones count 0."""
        return await grade_turns(sample, prediction, label=self.label, rule_of=self._rule_of)

    def _grade(self, reply: TurnReply) -> Verdict:
        answer = self._read(reply)
        correct = answer is not None and answer == reply.turn.target
        return Verdict(scores={METRIC: float(correct)}, answer=answer, parsed=answer is not None)


def official_answer(reply: TurnReply) -> str | None:
    """Return the letter that the official script finds, or None."""
    found = _OFFICIAL.search(reply.output)
    return found[1].upper() if found else None


def fixed_answer(reply: TurnReply) -> str | None:
    """Return the letter of the option that a reply chooses, or None."""
    index = chosen_option(reply.output, reply.turn.choices)
    return _LETTERS[index] if index is not None and index < len(_LETTERS) else None
