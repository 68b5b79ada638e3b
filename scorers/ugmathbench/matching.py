"""Whether an answer is the golden one, by its type.

Source: the `judge_*` methods of the official judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from .brackets import split_at_commas
from .normal_form import LISTS, AnswerType, Variant
from .symbolic import Mathematics, SymbolicMathematics, UndecidedError, floats_close

_LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LETTERED = re.compile(r"[\[(]?([A-Za-z])(?:[\])][.:]?|[.:])?(?:\s.*)?", re.DOTALL)
_TRUTHS = ("True", "False")


class Pair(msgspec.Struct, frozen=True):
    """An answer and the golden one, both in normal form; `options` are those of a choice."""

    kind: AnswerType
    answer: str
    golden: str
    options: tuple[str, ...] = ()


class Matcher:
    """Matches pairs, and asks `mathematics` where text is not enough."""

    def __init__(self, mathematics: Mathematics, tolerance: float, variant: Variant) -> None:
        self._mathematics = mathematics
        self._tolerance = tolerance
        self._fixed = variant == "fixed"
        self._hybrid = variant == "hybrid"
        self._rules: dict[AnswerType, Callable[[Pair], bool]] = {
            "OE": self._same_text,
            "MCM": self._same_letters,
            "MCS": self._same_choice,
            "TF": self._same_truth,
            "NV": self._same_number,
            "EX": self._same_expression,
            "EQ": self._same_equation,
            "INT": self._same_intervals,
            "OL": self._same_list,
            "UOL": self._same_collection,
        }

    def matches(self, pair: Pair) -> bool:
        """Tell whether they match: what fails does not. Raises UndecidedError."""
        try:
            return self._rules[pair.kind](pair)
        except UndecidedError:
            raise
        except Exception:
            return False

    def _same_text(self, pair: Pair) -> bool:
        return pair.answer.lower() == pair.golden.lower()

    def _same_truth(self, pair: Pair) -> bool:
        return pair.golden in _TRUTHS and pair.answer == pair.golden

    def _same_choice(self, pair: Pair) -> bool:
        """Compare without case, or the letter before a colon, in square brackets or not."""
        if pair.answer.lower() == pair.golden.lower():
            return True
        if self._fixed:
            lettered = _LETTERED.fullmatch(pair.answer.strip())
            return lettered is not None and lettered[1].lower() == pair.golden.lower()
        answer, golden, options = _folded(pair)
        if answer.startswith("[") and answer.endswith("]"):
            answer = answer.strip("[]")
        return answer[0] in options and answer[1:2] == ":" and answer[0] == golden

    def _same_letters(self, pair: Pair) -> bool:
        """Compare options of one character in any order and case; others are left out."""
        answer, golden, options = _folded(pair)
        chosen = sorted(letter.lower() for letter in answer if letter in options)
        return chosen == sorted(golden.lower())

    def _same_number(self, pair: Pair) -> bool:
        if pair.answer == pair.golden:
            return True
        value, reference = _float(pair.answer), _float(pair.golden)
        if value is not None and reference is not None:
            if floats_close(value, reference, self._tolerance):
                return True
            if self._fixed and reference == 0:
                return abs(value) <= self._tolerance
        return self._mathematics.same_number(pair.answer, pair.golden)

    def _same_expression(self, pair: Pair) -> bool:
        return self._mathematics.same_expression(pair.answer, pair.golden)

    def _same_equation(self, pair: Pair) -> bool:
        whole = pair.answer.count("=") == 1 == pair.golden.count("=")
        return (whole or self._hybrid) and self._mathematics.same_equation(pair.answer, pair.golden)

    def _same_intervals(self, pair: Pair) -> bool:
        """Compare parts of a union in any order: ends open or closed alike, and equal bounds."""
        left = _intervals(pair.golden)
        answers = _intervals(pair.answer)
        if len(answers) != len(left):
            return False
        for answer in answers:
            found = next((part for part in left if self._same_interval(answer, part)), None)
            if found is None:
                return False
            left.remove(found)
        return True

    def _same_interval(self, answer: _Interval, golden: _Interval) -> bool:
        if answer.ends != golden.ends:
            return False
        return all(
            self._mathematics.same_expression(answer.bounds[place], golden.bounds[place])
            for place in (0, 1)
        )

    def _same_list(self, pair: Pair) -> bool:
        answers, golden = _listed(pair)
        return len(answers) == len(golden) and all(map(self._same_item, answers, golden))

    def _same_collection(self, pair: Pair) -> bool:
        """Let each golden item, in the official order, take the first answer left that matches."""
        answers, golden = _listed(pair)
        if len(answers) != len(golden):
            return False
        for item in _every_other(golden):
            place = next((i for i, a in enumerate(answers) if self._same_item(a, item)), None)
            if place is None:
                return False
            del answers[place]
        return True

    def _same_item(self, answer: str, golden: str) -> bool:
        """Tell whether items match by the rule of any type but lists. Raises UndecidedError."""
        undecided = False
        for kind in self._rules:
            if kind not in LISTS:
                try:
                    if self.matches(Pair(kind, answer, golden)):
                        return True
                except UndecidedError:
                    undecided = True
        if undecided:
            raise UndecidedError
        return False


def all_match(pairs: Sequence[Pair], tolerance: float, variant: Variant) -> bool:
    """Tell whether all pairs match, by SymPy where it must be: called in another process."""
    matcher = Matcher(SymbolicMathematics(tolerance, variant), tolerance, variant)
    return all(matcher.matches(pair) for pair in pairs)


class _Interval(msgspec.Struct, frozen=True):
    """Bounds as texts, and whether the ends are open."""

    bounds: tuple[str, ...]
    ends: tuple[bool, bool]


def _intervals(text: str) -> list[_Interval]:
    r"""Return the parts of a union: what does not begin or end with a parenthesis is closed."""
    parts = [part.strip() for part in text.split("\\cup")]
    return [
        _Interval(tuple(part.strip("()[]").split(",")), (part.startswith("("), part.endswith(")")))
        for part in parts
    ]


def _listed(pair: Pair) -> tuple[list[str], list[str]]:
    return split_at_commas(pair.answer.strip("()<>")), split_at_commas(pair.golden.strip("()"))


def _every_other(items: list[str]) -> Iterator[str]:
    """Yield and remove the items one by one, going round and leaving out the next one each time."""
    place = -1
    while items:
        place = (place + 1) % len(items)
        item = items[place]
        items.remove(item)
        yield item


def _folded(pair: Pair) -> tuple[str, str, Sequence[str]]:
    """Return answer, golden answer and options without case; A to Z where there are no options."""
    if not pair.options:
        return pair.answer, pair.golden, _LETTERS
    options = [option.lower() for option in pair.options]
    return pair.answer.lower(), pair.golden.lower(), options


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
