"""The rule judge: whether every answer of a reply is right."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...core.errors import DataError
from ...core.sample import Turn
from ..limited import LimitedCalls, LimitError
from ..mathematics.latex import LONGEST
from ..mathematics.limits import require_sympy, symbolic_calls
from ..verdict import Verdict
from .answer_text import fixed_answer, official_answer
from .brackets import split_at_commas
from .matching import Matcher, Pair, all_match
from .normal_form import AnswerType, Variant, normal_form
from .symbolic import Arithmetic, UndecidedError

METRIC = "accuracy"
# The official limit on the judgement of one reply.
_TIMEOUT_S = 5.0


class Expected(msgspec.Struct, frozen=True):
    """What a reply should hold: golden answers, with the type and the options of each.

    The official judge takes as many of each as the shortest list has.
    """

    answers: tuple[str, ...]
    types: tuple[AnswerType, ...]
    options: tuple[tuple[str, ...], ...]


class RuleJudge:
    """Decides by text and arithmetic where they are enough, else by SymPy with limits.

    `judge` of the official code, with `tolerance` as its precision.
    """

    def __init__(self, tolerance: float, variant: Variant) -> None:
        self._tolerance = tolerance
        self._variant: Variant = variant
        self._calls: LimitedCalls = symbolic_calls()
        self._matcher = Matcher(Arithmetic(tolerance), tolerance, variant)

    async def judge(self, output: str, expected: Expected) -> Verdict:
        """Return the verdict on a reply. Raises MissingExtraError without SymPy."""
        find = fixed_answer if self._variant == "fixed" else official_answer
        text = find(output)
        if not text:
            return _verdict(right=False)
        found = split_at_commas(text)
        if self._is_beyond(found, expected):
            return _verdict(right=False, answer=found[: len(expected.types)])
        forms = self._forms(found, expected)
        golden = self._forms(expected.answers, expected)
        if len(forms) != len(golden):
            return _verdict(right=False, answer=forms)
        pairs = list(map(Pair, expected.types, forms, golden, expected.options))
        try:
            return _verdict(right=await self._all_match(pairs), answer=forms)
        except LimitError as error:
            return _verdict(right=False, answer=forms, explanation=str(error))

    def _is_beyond(self, found: Sequence[str], expected: Expected) -> bool:
        """Whether an answer is too long to look at, or `fixed` counts more than were asked for."""
        surplus = self._variant == "fixed" and len(found) > len(expected.types)
        return surplus or any(len(answer) > LONGEST for answer in found)

    def _forms(self, answers: Sequence[str], expected: Expected) -> list[str]:
        pairs = zip(answers, expected.types, strict=False)
        return [normal_form(answer, kind, self._variant) for answer, kind in pairs]

    async def _all_match(self, pairs: Sequence[Pair]) -> bool:
        """Tell whether all match; what text and arithmetic leave open is decided in one call."""
        left: list[Pair] = []
        for pair in pairs:
            try:
                if not self._matcher.matches(pair):
                    return False
            except UndecidedError:
                left.append(pair)
        if not left:
            return True
        require_sympy()
        return await self._calls.call(
            all_match, left, self._tolerance, self._variant, timeout_s=_TIMEOUT_S
        )


def expected_of(turn: Turn) -> Expected:
    """Return what `turn` expects. Raises DataError when it is not a turn of this benchmark."""
    try:
        return msgspec.convert(
            {
                "answers": turn.target,
                "types": turn.metadata.get("answer_types"),
                "options": turn.metadata.get("options"),
            },
            Expected,
        )
    except msgspec.ValidationError as error:
        raise DataError(f"not a turn of ugmathbench: {error}") from None


def _verdict(
    *, right: bool, answer: list[str] | None = None, explanation: str | None = None
) -> Verdict:
    return Verdict(
        scores={METRIC: float(right)},
        answer=answer,
        explanation=explanation,
        parsed=answer is not None,
    )
