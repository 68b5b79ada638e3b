"""The outcome of a comparison in words."""

from __future__ import annotations

from .model import Part

LEVEL = 0.05


def verdict_of(first: str, second: str, part: Part) -> str:
    """Return which run is better, by how much, and whether chance explains it.

    Chance is said to explain what a test at 5% does not rule out.
    """
    paired = part.paired
    if not paired.wins and not paired.losses:
        return f"{second} and {first} have the same value on each of {counted(part)}."
    if not paired.difference:
        return (
            f"{second} and {first} are as good as each other: of {counted(part)}, "
            f"{paired.wins + paired.losses} pairs differ, but they make up for one another."
        )
    is_better = (paired.difference > 0) != part.lower_is_better
    better, other = (second, first) if is_better else (first, second)
    return (
        f"{better} is better than {other} by {_size(part)}, on {counted(part)}. {_by_chance(part)}"
    )


def counted(part: Part) -> str:
    """Return how many pairs of verdicts there are, and of how many samples."""
    n = part.paired.interval.n
    samples = f"{part.samples:,} sample{'s' * (part.samples != 1)}"
    return samples if n == part.samples else f"{n:,} pairs of verdicts on {samples}"


def in_units(value: float, part: Part, *, signed: bool = False) -> str:
    """Return a value of the part's metric, or a difference: in percent if values are shares."""
    sign = "+" if signed else ""
    return f"{100 * value:{sign}.1f}" if part.is_share else f"{value:{sign}.3g}"


def p_text(p: float) -> str:
    """Return a p-value as it is printed: `0.031`, `<0.001`."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _size(part: Part) -> str:
    interval = part.paired.interval
    unit = " points" if part.is_share else ""
    text = f"{in_units(abs(interval.mean), part)}{unit}"
    if interval.low is None or interval.high is None:
        return text
    sign = 1 if interval.mean > 0 else -1
    low, high = sorted((sign * interval.low, sign * interval.high))
    return f"{text} (95% interval {in_units(low, part)} to {in_units(high, part)})"


def _by_chance(part: Part) -> str:
    test = part.paired.test
    if test is None:
        return "A single sample, or group of samples, cannot tell whether chance explains it."
    p = "< 0.001" if test.p < 0.001 else f"= {test.p:.3f}"
    stated = f"p {p}, {test.name}"
    if test.p < LEVEL:
        return f"Chance hardly explains so much ({stated})."
    needed = part.samples_needed
    wanted = f"; about {needed:,} samples would be needed to show it" if needed else ""
    return f"Chance may explain it ({stated}){wanted}."
