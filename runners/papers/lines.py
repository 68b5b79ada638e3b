"""Reported numbers as lines of a paper's table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from .reported import ReportedNumber


class PaperLine(msgspec.Struct, frozen=True):
    """Numbers that stand in one line of a paper's table, by the names of their columns."""

    numbers: dict[str, ReportedNumber]

    @property
    def first(self) -> ReportedNumber:
        """A number of the line, for what all of them have in common."""
        return next(iter(self.numbers.values()))


def lines_of(numbers: Iterable[ReportedNumber]) -> tuple[PaperLine, ...]:
    """Return `numbers` as lines: those of equal source, table, model, method and setting.

    Where a line would hold two numbers of a column, they stand in lines of their own.
    """
    lines: dict[tuple[str, ...], list[dict[str, ReportedNumber]]] = {}
    for number in numbers:
        same = lines.setdefault(number.line, [])
        free = next((line for line in same if number.column not in line), None)
        if free is None:
            same.append({number.column: number})
        else:
            free[number.column] = number
    return tuple(PaperLine(line) for same in lines.values() for line in same)


def labels_of(lines: Iterable[PaperLine]) -> dict[tuple[str, ...], str]:
    """Return what tables call each line: `reported: Llama-3.1-8B SnapKV, Table 4`.

    The source stands there where there are several, the setting where it alone tells lines apart.
    """
    different = {line.first.line: line.first for line in lines}
    several = len({one.source for one in different.values()}) > 1
    alike = Counter(line[:-1] for line in different)
    labels: dict[tuple[str, ...], str] = {}
    for line, one in different.items():
        setting = f" ({one.setting})" if alike[line[:-1]] > 1 and one.setting else ""
        source = f"{one.source} " if several else ""
        hand = "reported (second-hand)" if one.is_second_hand else "reported"
        model = f"{one.model} {one.method}".rstrip()
        labels[line] = f"{hand}: {model}{setting}, {source}{one.table}"
    return labels
