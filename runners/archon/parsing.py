"""What replies of helpers say: rankings, critiques, verdicts, unit tests.

`official` reproduces the parsers of ScalingIntelligence/Archon, commit 07114d7, in
src/archon/completions/components/; `fixed` mends what is named at each function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Variant = Literal["official", "fixed"]
TestVerdict = Literal["passed", "failed", "unknown"]

_IDENTIFIER = re.compile(r"\[(\d+)\]")
_SPLIT = re.compile(r"\[\d+\]")
# Shorter pieces of a critic's reply are no critiques.
_SHORTEST = 10


def ranking(reply: str, count: int, variant: Variant = "official") -> list[int]:
    """Return the 1-based numbers of `count` candidates, the best first.

    Read are the `[number]`s of the first line. If they are `count` numbers from 1 to `count` they
    are taken as they stand, repeated ones too; otherwise those that are missing follow in order,
    and repeated and impossible ones are left out (`Ranker.extract_ranking`). `fixed` never takes a
    number twice, and reads the first line that has an identifier.
    """
    found = _IDENTIFIER.findall(_ranking_line(reply, variant))
    valid = [int(text) for text in found if 1 <= _small(text) <= count]
    if variant == "official" and len(found) == count == len(valid):
        return valid
    return list(dict.fromkeys([*valid, *range(1, count + 1)]))


def critiques(reply: str, count: int) -> tuple[str, ...] | None:
    """Return a critique of each of `count` candidates, or None where they cannot be told apart.

    Blank lines and `---` go; the text is cut at each `[number]`, and pieces are put together again
    so that each begins with one that has "strengths:" in it. There must be `count` of them, each
    with a strength and a weakness (`Critic.parse_evaluation_output`).
    """
    text = reply.replace("\n\n\n\n", "\n\n").replace("\n\n", "\n").replace("---", "")
    pieces = _SPLIT.split(text)
    begins = [place for place, piece in enumerate(pieces) if "strengths:" in piece.lower()]
    # A beginning in the very first piece, before any number, hides all others.
    starts = begins if begins and begins[0] else [0]
    ends = [*starts[1:], len(pieces)]
    joined = ["".join(pieces[start:end]) for start, end in zip(starts, ends, strict=True)]
    found = tuple(piece.strip() for piece in joined if len(piece) > _SHORTEST)
    if len(found) != count or not all(map(_is_critique, found)):
        return None
    return found


def is_correct(reply: str) -> bool | None:
    """Return whether a verifier says `[Correct]`; None where it says nothing, or both.

    As `Verifier.parse_verification_output`.
    """
    correct, incorrect = "[Correct]" in reply, "[Incorrect]" in reply
    return None if correct == incorrect else correct


def unit_tests(reply: str, cap: int | None) -> tuple[str, ...] | None:
    """Return the unit tests of a reply; None where there is none, or another number than `cap`.

    White space is squeezed, one pair of brackets around all taken off, and the rest cut at commas
    outside quotes; quotes at the ends go (`parse_unit_tests_output`).
    """
    text = " ".join(reply.split())
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    tests = tuple(_unquoted(piece) for piece in _cut_at_commas(text))
    if not tests or (cap is not None and len(tests) != cap):
        return None
    return tests


def verdicts_on_tests(
    reply: str, count: int, variant: Variant = "official"
) -> tuple[TestVerdict, ...]:
    """Return what an evaluator says of each of `count` unit tests.

    Of test i, that is what stands between the last "Unit Test #i:" and the last "Unit Test #i+1:".
    Officially it is passed if "[Passed]" or "pas" in small letters stands there, else failed if
    "[Failed]" or "fai" does, and unknown with both tokens (`parse_unit_tests_evaluations`). Where a
    heading is missing, the ends of the text stand for it, as officially. `fixed` reads the two
    tokens alone, and only behind a heading that is there.
    """
    read = _official_verdict if variant == "official" else _fixed_verdict
    return tuple(read(reply, number, count) for number in range(1, count + 1))


def _official_verdict(reply: str, number: int, count: int) -> TestVerdict:
    start = reply.rfind(f"Unit Test #{number}:")
    end = reply.rfind(f"Unit Test #{number + 1}:") if number < count else len(reply)
    said = reply[start:end]
    if "[Passed]" in said and "[Failed]" in said:
        return "unknown"
    if "pas" in said.lower():
        return "passed"
    return "failed" if "fai" in said.lower() else "unknown"


def _fixed_verdict(reply: str, number: int, _count: int) -> TestVerdict:
    heading = f"Unit Test #{number}:"
    if heading not in reply:
        return "unknown"
    said = reply.rpartition(heading)[2].partition("Unit Test #")[0]
    passed, failed = "[Passed]" in said, "[Failed]" in said
    if passed == failed:
        return "unknown"
    return "passed" if passed else "failed"


def _ranking_line(reply: str, variant: Variant) -> str:
    if variant == "official":
        return reply.partition("\n")[0]
    return next((line for line in reply.splitlines() if _IDENTIFIER.search(line)), "")


def _small(digits: str) -> int:
    """Return a number, or 0 for one with too many digits to be that of a candidate."""
    return int(digits) if len(digits.lstrip("0")) < 10 else 0


def _is_critique(piece: str) -> bool:
    lower = piece.lower()
    return len(piece) >= _SHORTEST and "strength" in lower and "weakness" in lower


def _unquoted(piece: str) -> str:
    return piece.strip().strip("'\"").replace("\\'", "'").replace('\\"', '"')


def _cut_at_commas(text: str) -> Iterator[str]:
    """Yield what stands between commas, which may stand inside quotes; empty pieces are left out.

    A quote that is never closed ends a piece and belongs to none.
    """
    start = place = 0
    while place < len(text):
        end = _end_of_quotes(text, place) if text[place] in "'\"" else place + 1
        if text[place] == "," or end is None:
            if start < place:
                yield text[start:place]
            start = place = place + 1
        else:
            place = end
    if start < place:
        yield text[start:]


def _end_of_quotes(text: str, opening: int) -> int | None:
    """Return where a quotation ends: behind the first quote that no backslash stands before.

    Where all have one, the last closes it, as in the official pattern. None where there is none.
    """
    quote, place = text[opening], opening + 1
    last_escaped: int | None = None
    while place < len(text):
        if text[place] == "\\" and place + 1 < len(text):
            if text[place + 1] == quote:
                last_escaped = place + 2
            place += 2
        elif text[place] == quote:
            return place + 1
        else:
            place += 1
    return last_escaped
