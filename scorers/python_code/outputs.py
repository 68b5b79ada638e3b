"""Whether what code printed or returned is what was expected.

Source: `grade_stdio` and `grade_call_based` in `testing_util.py` of LiveBench/LiveBench, commit
b0fb577, a copy of LiveCodeBench's.
"""

from __future__ import annotations

import json
from decimal import Decimal


def same_printed(output: str, expected: str) -> bool:
    """Compare line by line, without spaces around the whole and around each line.

    Lines are the same that are equal, or whose words are equal as decimal numbers: 1.50 is 1.5.
    """
    lines, wanted = _lines(output), _lines(expected)
    return len(lines) == len(wanted) and all(map(_same_line, lines, wanted))


def same_returned(output: str, expected: str) -> bool:
    """Compare two values, both as JSON, as Python does: 1, 1.0 and true are the same.

    Raises ValueError where `expected` is no JSON.
    """
    wanted = json.loads(expected)
    try:
        return bool(json.loads(output) == wanted)
    except (ValueError, RecursionError):
        return False


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _same_line(line: str, wanted: str) -> bool:
    if line == wanted:
        return True
    try:
        # Comparing a signalling NaN is an error as well.
        return [Decimal(word) for word in line.split()] == [Decimal(w) for w in wanted.split()]
    except ArithmeticError:
        return False
