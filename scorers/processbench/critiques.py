"""The index that a critique gives in its last box."""

from __future__ import annotations

import re
from typing import Literal

from ..extraction.boxed import last_boxed

Variant = Literal["official", "fixed"]

# As `\\boxed\{([^}]*)\}` finds them, but in one pass: what is between two openings is read once.
_OPENING = re.compile(r"\\boxed\{")
_WHOLE_NUMBER = re.compile(r"(?<![0-9.])-?[0-9]{1,9}(?:\.0+)?(?![0-9.]*[0-9])")


def official_answer(reply: str) -> str | None:
    r"""Return what stands in the last `\boxed{...}` up to the first brace that closes, stripped.

    None without a box. A box within a box, of which the inner one has no brace of its own, is part
    of the outer one. Source: `extract_answer` of run_eval.py (commit e802463).
    """
    answer, position = None, 0
    while opening := _OPENING.search(reply, position):
        end = reply.find("}", opening.end())
        if end < 0:
            break
        answer, position = reply[opening.end() : end].strip(), end + 1
    return answer


def fixed_answer(reply: str) -> str | None:
    r"""Return the only whole number in the last box: 2 of `\boxed{\text{paragraph\_2}}`.

    Braces are balanced, and `\boxed {2}` is a box. None where there is no box or not one number.
    """
    content = last_boxed(reply)
    numbers = _WHOLE_NUMBER.findall(content or "")
    return str(int(numbers[0].partition(".")[0])) if len(numbers) == 1 else None


def index_of(answer: str | None) -> int | None:
    """Return an answer as Python's `int` reads it; None where it does not."""
    try:
        return None if answer is None else int(answer)
    except ValueError:
        return None
