"""The scorers of Archon's exact-match benchmarks: what stands behind "The answer is:"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from ..core.config import Options
from ..core.errors import ConfigError, NotApplicableError
from ..core.prediction import Prediction
from ..core.sample import Sample, Turn
from ..core.score import Score
from .extraction.boxed import last_boxed
from .numbers import numbers_in, same_number
from .turns import Rule, TurnReply, Verdict, grade_turns, label_of

Variant = Literal["official", "fixed"]
# Whether an answer is right, and the answer; None is no answer.
Graded = tuple[bool, str | None]

METRIC = "accuracy"

_OFFICIAL_BOX = re.compile(r"\\boxed\{([^}]*)\}")
_BARE_BOX = re.compile(r"\\boxed\s+(\S+?)\$?[.,]?(?:\s|$)")
_MARK = re.compile(r"answer is:?", re.IGNORECASE)
_LETTER = re.compile(r"[\s*(\[]*([A-D])\b", re.IGNORECASE)
_LATEX_SPACING = re.compile(r"\\[,;:! ]|\\left|\\right|\s+")


class ArchonOptions(Options, frozen=True):
    """`official` reproduces the published scorers; `fixed` compares answers instead of texts."""

    name: str = "archon"
    variant: Variant = "official"


class ArchonScorer:
    r"""`accuracy`: 1 if the final answer of a reply is right, else 0; by task.

    `official`, of ScalingIntelligence/Archon, commit 07114d7:

    - gsm8k (`gsm8k_evaluation.py`): the gold number occurs in what stands between the first and the
      second "The answer is:", so that "180" is right for 18.
    - math (`math_evaluation.py`): what stands in the gold solution's first `\boxed{`, up to the
      first brace that closes, occurs in what stands behind the first "answer is:".
    - mmlu (`mmlu_evaluation.py`): what stands behind the last "answer is:", or the whole reply,
      without spaces at its ends is the letter in either case; "C." is wrong.

    Without its separator a reply is `unparsed`, and 0; for gsm8k the official script ends with an
    error there. A solution without a box has no value; there it ends with an error too.

    `fixed` reads what stands behind the last "answer is" in any case: the first number there
    (gsm8k), the box or the text there without spacing (math, against the last box, its braces
    balanced), the letter there, whatever stands around it (mmlu).

    Several replies to a question count as right if one of them is: pass@k.
    """

    Options = ArchonOptions

    def __init__(self, options: ArchonOptions) -> None:
        self._graders = OFFICIAL if options.variant == "official" else FIXED
        self.label = label_of(options, shown=("variant",))

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Grade one reply, or several of which one must be right; blank ones count 0.

        Raises ConfigError for a task of another benchmark.
        """
        return await grade_turns(sample, prediction, label=self.label, rule_of=self._rule_of)

    def _rule_of(self, sample: Sample, _turn: Turn) -> Rule:
        grader = self._graders.get(sample.task)
        if grader is None:
            raise ConfigError(f"scorer=archon grades {', '.join(OFFICIAL)}, not {sample.task!r}")

        def grade(reply: TurnReply) -> Verdict:
            right, answer = grader(reply.output, str(reply.turn.target))
            parsed = answer is not None
            return Verdict(scores={METRIC: float(right)}, answer=answer, parsed=parsed)

        return Rule((METRIC,), grade, vote=any_right)


def any_right(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the first verdict on a right answer; the first that could be read where none is."""
    right = (verdict for verdict in verdicts if verdict.scores[METRIC])
    read = (verdict for verdict in verdicts if verdict.parsed)
    return next(right, None) or next(read, None) or verdicts[0]


def official_gsm8k(reply: str, solution: str) -> Graded:
    """Look for the gold number behind the first "The answer is:"."""
    parts = reply.split("The answer is:")
    if len(parts) == 1:
        return False, None
    answer = parts[1].strip()
    return solution.split("####")[1].strip() in answer, answer


def official_math(reply: str, solution: str) -> Graded:
    """Look for what the gold box begins with behind the first "answer is:"."""
    gold = _OFFICIAL_BOX.search(solution)
    if gold is None or not gold[1]:
        raise NotApplicableError(r"the gold solution has nothing in a \boxed{...}")
    parts = reply.split("answer is:")
    if len(parts) == 1:
        return False, None
    answer = parts[1].strip()
    return gold[1] in answer, answer


def official_mmlu(reply: str, letter: str) -> Graded:
    """Compare what stands behind the last "answer is:" with the letter."""
    answer = reply.rpartition("answer is:")[2].strip(" ")
    right = answer.lower() == letter.lower()
    return right, answer if right or "answer is:" in reply else None


def fixed_gsm8k(reply: str, solution: str) -> Graded:
    """Compare the first number behind the last "answer is" with the gold number."""
    number = next(numbers_in(_behind_mark(reply) or ""), None)
    gold = next(numbers_in(solution.rpartition("####")[2]), None)
    if gold is None:
        raise NotApplicableError("the gold answer is no number")
    if number is None:
        return False, None
    return same_number(number, gold, absolute=0, relative=0), str(number.value)


def fixed_math(reply: str, solution: str) -> Graded:
    """Compare the box, or the line, behind the last "answer is" with the gold box."""
    gold = last_boxed(solution)
    if gold is None:
        bare = _BARE_BOX.search(solution)
        gold = bare[1] if bare else None
    if gold is None:
        raise NotApplicableError("the gold solution has no box")
    behind = _behind_mark(reply)
    if behind is None:
        return False, None
    text = last_boxed(behind) or behind.strip().partition("\n")[0]
    return _without_spacing(text) == _without_spacing(gold), text


def fixed_mmlu(reply: str, letter: str) -> Graded:
    """Compare the letter that stands first behind the last "answer is"."""
    behind = _behind_mark(reply)
    found = _LETTER.match(reply if behind is None else behind)
    return (False, None) if found is None else (found[1].upper() == letter, found[1].upper())


OFFICIAL: Mapping[str, Callable[[str, str], Graded]] = {
    "gsm8k": official_gsm8k,
    "math": official_math,
    "mmlu": official_mmlu,
}
FIXED: Mapping[str, Callable[[str, str], Graded]] = {
    "gsm8k": fixed_gsm8k,
    "math": fixed_math,
    "mmlu": fixed_mmlu,
}


def _behind_mark(reply: str) -> str | None:
    marks = list(_MARK.finditer(reply))
    return reply[marks[-1].end() :] if marks else None


def _without_spacing(text: str) -> str:
    r"""Return LaTeX without spacing, dollars and a full stop at its end; `\dfrac` as `\frac`."""
    bare = _LATEX_SPACING.sub("", text.replace("$", "").replace("*", "").rstrip(". "))
    return bare.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac").rstrip(".")
