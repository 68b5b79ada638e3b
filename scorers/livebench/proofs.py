"""Olympiad proofs whose formulas are to be put in order: a list of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..verdict import Verdict
from .reading import ReplyError, graded, official_box, without

_LEAD = "answer:"
_NO_NUMBER = "NO ANSWER"
_Item = int | str


def proof_rearrangement(truth: str, reply: str) -> Verdict:
    """Return 1 less the edit distance of the lists, as a share of the longer one.

    Source: `proof_rearrangement_process_results` in `olympiad/utils.py`.
    """
    golden = [int(number) for number in truth.split(",")]
    given = _numbers(reply)
    longest = max(len(given), len(golden))
    return graded(1 - edit_distance(given, golden) / longest, given or None)


def edit_distance(a: Sequence[object], b: Sequence[object]) -> int:
    """Return how many insertions, deletions and substitutions make `b` of `a` (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, start=1):
            substituted = diagonal + (left != right)
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, substituted)
    return row[-1]


def _numbers(reply: str) -> list[_Item]:
    """Return the list that `reply` gives: where it says so, in a box, on its last line, or after.

    A list without any number is none. Raises ReplyError.
    """
    return (
        _stated(reply) or _boxed(reply) or _of_last_line(reply) or _after_last_lead(reply.lower())
    )


def _stated(reply: str) -> list[_Item]:
    """Read what follows the first "answer:" of the last line with one, or else the next line."""
    lines = reply.lower().strip().split("\n")
    places = [place for place, line in enumerate(lines) if _LEAD in line]
    if not places:
        return []
    text = without(lines[places[-1]].split(_LEAD)[1], "**", ".").strip()
    if not text and places[-1] + 1 < len(lines):
        text = without(lines[places[-1] + 1], _LEAD, "**", ".").strip()
    items = (item.strip().split(" ")[-1] for item in text.split(","))
    return _known(without(item, "$", "{", "}", "\\", "boxed", "<", ">") for item in items)


def _boxed(reply: str) -> list[_Item]:
    if "\\boxed" not in reply:
        return []
    box = official_box(reply)
    text = without(reply if box is None else box, "\\text{", "}", "\\")
    return _known(item.strip() for item in text.strip().split(","))


def _of_last_line(reply: str) -> list[_Item]:
    line = reply.strip().lower().split("\n")[-1].strip()
    runs = (_digits(item) for item in line.split(","))
    return _known(run for run in runs if run)


def _after_last_lead(text: str) -> list[_Item]:
    """Read the first run of digits of each item, up to the first item that holds more than that.

    Raises ReplyError.
    """
    numbers: list[_Item] = []
    for place, item in enumerate(text.rsplit(_LEAD, maxsplit=1)[-1].split(",")):
        bare = item.strip()
        run = _digits(bare)
        if run and run != "\N{SUBSCRIPT TWO}":
            try:
                numbers.append(int(run))
            except ValueError:
                raise ReplyError(f"no number: {run:.40}") from None
        if place and len(run) < len(bare):
            break
    return numbers


def _known(texts: Iterable[str]) -> list[_Item]:
    """Return the texts as numbers, others as a mark; nothing when none is a number."""
    items = [_number(text) for text in texts]
    return [] if all(item == _NO_NUMBER for item in items) else items


def _number(text: str) -> _Item:
    try:
        return int(text)
    except ValueError:
        return _NO_NUMBER


def _digits(text: str) -> str:
    """Return the first run of digits."""
    begin = next((place for place, c in enumerate(text) if c.isdigit()), len(text))
    end = next((p for p in range(begin, len(text)) if not text[p].isdigit()), len(text))
    return text[begin:end]
