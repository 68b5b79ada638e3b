"""The scorer of PokerBench: the solver's action, and its amount."""

from __future__ import annotations

import math
import re

from ..core.config import Options
from ..core.errors import DataError
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .extraction.marked import after_last
from .turns import Rule, TurnReply, Verdict, always, grade_turns, label_of

METRICS = ("em", "aa", "strict_em", "strict_aa")

# The last line of every instruction.
_PROMPT_END = "Your optimal action is:"

_WORDS = ("call", "all in", "allin", "fold", "check")
_SIZED = ("raise", "bet")
_NUMBER = re.compile(r"\d+\.\d+|\d+")

_MARKUP = " \t\r\n*_`\"'.!"
_ACTION = re.compile(
    r"(fold|check|call|all[ -]?in)|(bet|raise)s?(?: to)? (\d+(?:\.\d+)?)(?: chips)?", re.ASCII
)

Action = tuple[str, float | None]


class PokerBenchOptions(Options, frozen=True):
    """`echo` says that outputs repeat the prompt: what follows the last end of one is graded."""

    name: str = "pokerbench"
    echo: bool = False


class PokerBenchScorer:
    """`em` and `aa`: 1 if action and amount, or the action at least, are the solver's, else 0.

    They are the authors', which look for words and read no reply: a label of "bet 3" is found in
    "bet 33", and "check or bet 18" is right for either. `strict_em` and `strict_aa` take a reply
    for an answer only if it is one action and nothing else, markup and case aside.

    Source of `em` and `aa`: `check_match` and `summarize_result` of
    untrained_eval/report_eval_result.py, of `echo`: evaluate.py, of richardzhuang0412/PokerBench,
    commit 682def9.
    """

    Options = PokerBenchOptions

    def __init__(self, options: PokerBenchOptions) -> None:
        self._echo = options.echo
        self.label = label_of(options)
        self._rule_of = always(Rule(METRICS, self._grade))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the decisions; blank replies count 0."""
        return await grade_turns(sample, prediction, label=self.label, rule_of=self._rule_of)

    def _grade(self, reply: TurnReply) -> Verdict:
        label = reply.turn.target
        if not isinstance(label, str):
            raise DataError(f"the target should be an action, found {label!r:.40}")
        text = after_last(reply.output, _PROMPT_END) if self._echo else reply.output
        matched = official_match(text, label)
        action, wanted = parsed_action(text), parsed_action(label)
        scores: dict[str, float | None] = {
            "em": float(math.floor(matched)),
            "aa": float(math.ceil(matched)),
            "strict_em": float(action is not None and action == wanted),
            "strict_aa": float(
                action is not None and wanted is not None and action[0] == wanted[0]
            ),
        }
        return Verdict(scores=scores, answer=text.strip(), parsed=action is not None)


def official_match(response: str, label: str) -> float:
    """Return 1 for the label, 0.5 for its action with another amount, else 0 (`check_match`)."""
    response, label = response.lower(), label.lower()
    if label in response or any(word in response and word in label for word in _WORDS):
        return 1.0
    if any(word in response and word in label for word in _SIZED):
        given, wanted = _NUMBER.search(response), _NUMBER.search(label)
        same = given and wanted and float(given[0]) == float(wanted[0])
        return 1.0 if same else 0.5
    return 0.0


def parsed_action(text: str) -> Action | None:
    """Return the action, and the amount of a bet or a raise, that `text` is; None if it is none."""
    found = _ACTION.fullmatch(text.strip(_MARKUP).lower())
    if found is None:
        return None
    word, sized, amount = found.groups()
    if sized:
        return sized, float(amount)
    return re.sub("[ -]", "", word), None
