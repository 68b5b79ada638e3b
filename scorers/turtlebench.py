"""The scorer of TurtleBench: whether a guess was judged as people judged it."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from ..core.config import Options
from ..core.prediction import Prediction
from ..core.sample import Sample
from ..core.score import Score
from .extraction.labels import leading_label
from .turns import Rule, TurnReply, Verdict, always, grade_turns, label_of

Variant = Literal["official", "fixed"]

METRICS = ("accuracy", "tp", "fp", "tn", "fn")

# What a reply may begin with, by the languages of the golden labels.
_ENGLISH = {"correct": "Correct", "incorrect": "Incorrect", "unknown": "Unknown"}
_CHINESE = {"对": "T", "错": "F", "不知道": "N"}
_POSITIVE = ("Correct", "T")
_INVALID = "Invalid"

_MARKS = re.compile(r"[\W_]+")
# In the mended variant a word must end; Chinese has no ends of words, but takes these back.
_MORE = re.compile(r"\w")
_TAKEN_BACK = re.compile(r"对[错吗]|错[对吗]")


class TurtleBenchOptions(Options, frozen=True):
    """`official` reproduces the published script; `fixed` sees through markup."""

    name: str = "turtlebench"
    variant: Variant = "official"


class TurtleBenchScorer:
    """`accuracy`: 1 if a guess is rightly said to be correct, or not to be, else 0.

    `official`: a reply is what it begins with, white space and case aside; what begins otherwise is
    Invalid. Unknown and Incorrect are one class: of a golden Correct the reply must be Correct, of
    any other it must be Incorrect or Unknown. Invalid is wrong either way. No reply at all has no
    verdict, so that it is missing and not wrong.
    `fixed`: markup before the word does not count, and the word must end ("Correctly ..." and
    "对错" are Invalid).

    Of `tp`, `fp`, `tn` and `fn`, Correct being the positive class, one is 1: their sums make
    precision, recall and F1 in the layout. An Invalid reply is a false negative or positive.

    Source: `process_response` and `is_correct` of eval.py, `calculate_model_metrics` of analyst.py
    of mazzzystar/TurtleBench, commit 6547a5f.
    """

    Options = TurtleBenchOptions

    def __init__(self, options: TurtleBenchOptions) -> None:
        self._read = leading_label if options.variant == "official" else _marked_label
        self.label = label_of(options, shown=("variant",))
        self._rule_of = always(Rule(METRICS, self._grade, blank=None))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade the judgements; a reply of white space alone is Invalid, an empty one missing."""
        outputs = tuple(output.strip() or (output and _INVALID) for output in prediction.outputs)
        given = msgspec.structs.replace(prediction, outputs=outputs)
        return await grade_turns(sample, given, label=self.label, rule_of=self._rule_of)

    def _grade(self, reply: TurnReply) -> Verdict:
        golden = str(reply.turn.target)
        labels = _CHINESE if golden in _CHINESE.values() else _ENGLISH
        answer = self._read(reply.output, labels)
        positive = golden in _POSITIVE
        right = answer is not None and (answer in _POSITIVE) == positive
        kind = ("t" if right else "f") + ("p" if positive == right else "n")
        scores: dict[str, float | None] = dict.fromkeys(METRICS, 0.0)
        scores |= {"accuracy": float(right), kind: 1.0}
        return Verdict(scores=scores, answer=answer or _INVALID, parsed=answer is not None)


def _marked_label(text: str, labels: dict[str, str]) -> str | None:
    """Return the label that stands at the beginning of `text`, behind whatever markup."""
    marks = _MARKS.match(text)
    bare = text[marks.end() :] if marks else text
    for word, label in labels.items():
        if bare.lower().startswith(word):
            rest = bare[len(word) :]
            ends = not _TAKEN_BACK.match(bare) if labels is _CHINESE else not _MORE.match(rest)
            return label if ends else None
    return None
