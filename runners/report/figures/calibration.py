"""Reliability of multiple choice by likelihood: how often answers are right, by confidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ..model import Figure
from .confidences import compares_lengths, is_by_likelihood, judgements
from .layout import Json, Panel, axes, layout
from .names import NamedRun, Subjects
from .numbers import faded, interval_bars, joined, percent
from .reliability import BINS, Bin, Reliability, reliability
from .scales import titled
from .texts import hover, shortened

_IDEAL = "confidence = accuracy"
_GREY = "#808080"
_LEAST_SIZE, _SIZE = 4.0, 10.0


class _Found(msgspec.Struct, frozen=True):
    run: NamedRun
    of: Reliability
    unknown: int

    @property
    def name(self) -> str:
        """The run, and how far off its confidence is."""
        return f"{self.run.name}: ECE {100 * self.of.expected_error:.1f}%"


def calibration(subjects: Subjects) -> Figure | None:
    """Return the diagram of runs by likelihood; None when there is none with verdicts."""
    asked = [run for run in subjects.runs if is_by_likelihood(run.stored)]
    found = [*_found([run for run in asked if not compares_lengths(run.stored)])]
    if not found:
        return None
    left_out = [run.name for run in asked if compares_lengths(run.stored)]
    errors = (f"{each.name}, n = {each.of.n:,}" for each in found)
    return Figure(
        id="calibration",
        title="Calibration: accuracy by confidence",
        alt=f"Expected calibration error (ECE) of each run. {joined(errors)}.",
        note=_note(found, left_out),
        data=(_diagonal(), *(_line(each) for each in found)),
        layout=layout([_PANEL], legend=[_IDEAL, *(each.name for each in found)]),
    )


def _found(runs: Sequence[NamedRun]) -> Iterator[_Found]:
    for run in runs:
        judged = judgements(run.stored)
        of = reliability(judged.answers)
        if of is not None:
            yield _Found(run, of, judged.unknown)


_PANEL = Panel(
    x={**titled("confidence, %"), "range": [0, 102]},
    y={**titled("accuracy, %"), "range": [-2, 102]},
    height=420,
)


def _diagonal() -> Json:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": _IDEAL,
        "x": [0, 100],
        "y": [0, 100],
        "line": {"color": _GREY, "dash": "dash", "width": 1.5},
        "hoverinfo": "skip",
        **axes(0),
    }


def _line(each: _Found) -> Json:
    look = each.run.look
    most = max(part.n for part in each.of.bins)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": shortened(each.name),
        "x": [percent(part.confidence) for part in each.of.bins],
        "y": [percent(part.right.mean) for part in each.of.bins],
        "error_y": interval_bars([part.right for part in each.of.bins], faded(look.colour, 0.5)),
        "line": {"color": look.colour, "dash": look.dashes, "width": 2},
        "marker": {
            "symbol": look.marker,
            "size": [_LEAST_SIZE + _SIZE * (part.n / most) ** 0.5 for part in each.of.bins],
            "opacity": 0.85,
            "line": {"width": 0},
        },
        "hoverinfo": "text",
        "hovertext": [_hover(each, part) for part in each.of.bins],
        **axes(0),
    }


def _hover(each: _Found, part: Bin) -> str:
    return hover(
        [
            each.run.name,
            f"confidence above {100 * part.low:.1f} up to {100 * part.high:.1f}%: "
            f"{100 * part.confidence:.1f}% on average",
            f"right: {100 * part.right.mean:.1f}%",
            f"n = {part.n:,}",
        ]
    )


def _note(found: Sequence[_Found], left_out: Sequence[str]) -> str:
    n = ", ".join(f"{each.run.name}: {each.of.n:,}" for each in found)
    unknown = sum(each.unknown for each in found)
    notes = [
        f"Answers in {BINS} bins of equal width by the probability of the chosen option among all "
        f"options; larger points are of more answers, bars are 95% intervals. n = {n}. ECE is the "
        "expected calibration error (Guo et al. 2017).",
        f"Without a known likelihood or verdict: {unknown:,}." if unknown else "",
        f"Left out, since they compare likelihoods by length: {'; '.join(left_out)}."
        if left_out
        else "",
    ]
    return " ".join(filter(None, notes))
