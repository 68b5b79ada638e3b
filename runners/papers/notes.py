"""What stands below a table of our numbers beside reported ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..tables.results import distinct
from .comparing import OUTSIDE, Comparison
from .lines import PaperLine
from .reported import ReportedNumber

_SHOWN_MODELS = 3


def notes_on_sources(lines: Sequence[PaperLine]) -> Iterator[str]:
    """Yield which tables the lines are of, where each was seen, and what is said of numbers."""
    numbers = [number for line in lines for number in line.numbers.values()]
    for number in distinct_tables(numbers):
        hand = " (second-hand)" if number.is_second_hand else ""
        yield f"reported{hand}: {number.source}, {number.table}; seen: {number.seen}"
    yield from _remarks(numbers)


def notes_on_marks(comparisons: Sequence[Comparison], limits: Sequence[int]) -> Iterator[str]:
    """Yield what differences, marks and parentheses mean, as far as there are any.

    `limits` are those of the rows that were compared, `comparisons` their differences.
    """
    if not comparisons:
        return
    yield "difference: ours less the reported number, with our 95% interval moved along"
    if any(comparison.outside for comparison in comparisons):
        yield (
            f"{OUTSIDE} the reported number lies outside our 95% interval, even where its rounding "
            "is taken into account"
        )
    partial = {comparison.partial for comparison in comparisons}
    for limit in sorted(set(limits)) if "limited" in partial else ():
        yield (
            f"in parentheses: first {limit} sample{'s' if limit > 1 else ''} a task: not "
            "comparable with the full set"
        )
    if "missing" in partial:
        yield "in parentheses: planned verdicts are missing; not comparable until they are there"


def distinct_tables(numbers: Sequence[ReportedNumber]) -> list[ReportedNumber]:
    """Return a number of each (source, table, seen)."""
    return list({(n.source, n.table, n.seen): n for n in reversed(numbers)}.values())[::-1]


def _remarks(numbers: Sequence[ReportedNumber]) -> Iterator[str]:
    """Yield each remark of the notes on numbers, once, with what it is on."""
    remarks = distinct(remark for n in numbers for remark in n.note.split("; ") if remark)
    for remark in remarks:
        about = [number for number in numbers if remark in number.note.split("; ")]
        for source in distinct(number.source for number in about):
            of_source = [number for number in numbers if number.source == source]
            told = [number for number in about if number.source == source]
            yield f"{source}: {remark}{_on(told, of_source)}"


def _on(told: Sequence[ReportedNumber], of_source: Sequence[ReportedNumber]) -> str:
    """Return ` (models; columns)` as far as not all of the source's are meant."""
    models = distinct(number.model for number in told)
    columns = distinct(number.column for number in told)
    parts: list[str] = []
    if models != distinct(number.model for number in of_source):
        more = len(models) - _SHOWN_MODELS
        parts.append(", ".join(models[:_SHOWN_MODELS]) + (f" and {more} more" if more > 0 else ""))
    if set(columns) != {number.column for number in of_source}:
        parts.append(", ".join(columns))
    return f" ({'; '.join(parts)})" if parts else ""
