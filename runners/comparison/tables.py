"""A comparison as tables."""

from __future__ import annotations

from ..tables.table import MISSING, Table
from .model import ChangedSample, Comparison, Part
from .wording import in_units, p_text

_LEGEND = (
    "differences are second minus first, with clustered 95% intervals; wins, losses and ties are "
    "the second's; p is of McNemar's test where independent pairs are right or wrong, else of a "
    "clustered t test; Holm's p allows for the number of tasks; d_z is Cohen's; needed are the "
    "samples that would show this difference with 80% power"
)
_WORDS = (False, False)


def tables_of(comparison: Comparison) -> tuple[Table, ...]:
    """Return the parts of a comparison, and the samples that changed most where any did."""
    changed = (*comparison.gained, *comparison.lost)
    return (_parts(comparison), *([_changed(comparison, changed)] if changed else []))


def _parts(comparison: Comparison) -> Table:
    first, second = comparison.first.label, comparison.second.label
    numbers = ("difference", "95% interval", "p", "Holm p", "d_z", "pairs", "wins", "losses")
    numbers += ("ties", "only first", "only second", "needed")
    header = ("task", "metric", first, second, *numbers)
    tasks = comparison.tasks
    parts = tasks if len(tasks) == 1 else (*tasks, comparison.overall)
    return Table(
        f"{second} against {first}",
        header,
        tuple(_row(part) for part in parts),
        (comparison.verdict, f"{_unit(parts)}{_LEGEND}", *comparison.notes),
        numeric=(*_WORDS, *[True] * (len(header) - len(_WORDS))),
    )


def _row(part: Part) -> tuple[str, ...]:
    paired, interval = part.paired, part.paired.interval
    ends = MISSING
    if interval.low is not None and interval.high is not None:
        ends = f"{in_units(interval.low, part)} to {in_units(interval.high, part)}"
    return (
        part.name,
        part.metric,
        in_units(paired.first, part),
        in_units(paired.second, part),
        in_units(paired.difference, part, signed=True),
        ends,
        MISSING if paired.test is None else p_text(paired.test.p),
        MISSING if part.p_adjusted is None else p_text(part.p_adjusted),
        MISSING if paired.effect_size is None else f"{paired.effect_size:.2f}",
        f"{interval.n:,}",
        f"{paired.losses if part.lower_is_better else paired.wins:,}",
        f"{paired.wins if part.lower_is_better else paired.losses:,}",
        f"{paired.ties:,}",
        f"{part.only_first:,}",
        f"{part.only_second:,}",
        MISSING if part.samples_needed is None else f"{part.samples_needed:,}",
    )


def _unit(parts: tuple[Part, ...]) -> str:
    if not any(part.is_share for part in parts):
        return ""
    others = "" if all(part.is_share for part in parts) else " where a metric lies in 0 to 1"
    return f"values in %, differences in points{others}; "


def _changed(comparison: Comparison, changed: tuple[ChangedSample, ...]) -> Table:
    first, second = comparison.first.label, comparison.second.label
    rows = tuple(
        (
            one.task,
            one.sample_id,
            *(f"{n:.3g}" for n in (one.first, one.second)),
            f"{one.second - one.first:+.3g}",
        )
        for one in changed
    )
    return Table(
        "Samples that changed most",
        ("task", "sample", first, second, "change"),
        rows,
        numeric=(*_WORDS, True, True, True),
    )
