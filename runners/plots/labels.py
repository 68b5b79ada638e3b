"""Names beside the points of a plot, so that they cover neither points nor each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from .style import INK, SMALL

# Where a name is tried: so far from its point, in printer's points, and in these directions.
_DISTANCES = (6, 12, 19, 27, 36, 46, 60)
_ANGLES = (0, 30, -30, 60, -60, 90, -90, 120, -120, 150, -150, 180)
# From here on, a line leads from the point to its name.
_FAR = 12
# Half the width of what is drawn at a point, in printer's points.
_MARKER = 4.0

# The cost of covering a square pixel of a marker or a name, of an error bar, or of what is outside
# the axes; and of each printer's point of distance.
_SOLID, _THIN, _OUTSIDE, _DISTANCE = 1.0, 0.3, 10.0, 0.5


class Named(msgspec.Struct, frozen=True):
    """A point in data coordinates with its name and, if it has one, the ends of its error bar."""

    name: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None


Steps = Sequence[tuple[float, float]]
# A box in pixels, and the cost of covering a square pixel of it.
_Obstacle = tuple[Bbox, float]


class _Place(msgspec.Struct, frozen=True):
    """A box for a name, in pixels, and its distance from the point, in printer's points."""

    box: Bbox
    distance: float


def write_names(axes: Axes, points: Sequence[Named], steps: Steps = ()) -> None:
    """Write the name of each point, one after another, where it covers least.

    `steps` are the corners of a line that goes across and up. The limits and the layout of `axes`
    must be final.
    """
    scale = axes.figure.dpi / 72
    taken = [box for point in points for box in _point_boxes(axes, point, scale)]
    taken += [(_strip(axes, *part, scale), _THIN) for part in pairwise(steps)]
    for point in points:
        label = _label(axes, point)
        x, y = axes.transData.transform((point.x, point.y))
        size = label.get_window_extent()
        places = _places(x, y, size.width, size.height, scale)
        best = min(places, key=lambda place: _cost(place, taken, axes.bbox))
        taken.append((best.box, _SOLID))
        centre = (best.box.x0 + best.box.x1) / 2, (best.box.y0 + best.box.y1) / 2
        label.set_position(((centre[0] - x) / scale, (centre[1] - y) / scale))
        if label.arrow_patch is not None:
            label.arrow_patch.set_visible(best.distance >= _FAR)


def _label(axes: Axes, point: Named) -> Annotation:
    label = axes.annotate(
        point.name,
        (point.x, point.y),
        xytext=(0, 0),
        textcoords="offset points",
        ha="center",
        va="center",
        color=INK,
        fontsize=SMALL - 1,
        arrowprops={"arrowstyle": "-", "color": "0.6", "linewidth": 0.5, "shrinkA": 0},
    )
    # Names keep within the axes, so the layout need not make room for them.
    label.set_in_layout(False)
    return label


def _places(x: float, y: float, width: float, height: float, scale: float) -> Iterator[_Place]:
    for distance in _DISTANCES:
        for angle in _ANGLES:
            across, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            left = x + scale * distance * across + width * (across - 1) / 2
            bottom = y + scale * distance * up + height * (up - 1) / 2
            yield _Place(Bbox.from_bounds(left, bottom, width, height), distance)


def _point_boxes(axes: Axes, point: Named, scale: float) -> Iterator[_Obstacle]:
    """Yield what the marker and the error bar of a point cover."""
    x, y = axes.transData.transform((point.x, point.y))
    half = scale * _MARKER
    yield Bbox([[x - half, y - half], [x + half, y + half]]), _SOLID
    if point.low is not None and point.high is not None:
        yield _strip(axes, (point.x, point.low), (point.x, point.high), scale), _THIN


def _strip(axes: Axes, start: tuple[float, float], end: tuple[float, float], scale: float) -> Bbox:
    """Return the box around a horizontal or vertical line, as wide as half a marker."""
    (x0, y0), (x1, y1) = axes.transData.transform([start, end])
    half = scale * _MARKER / 2
    return Bbox(
        [[min(x0, x1) - half, min(y0, y1) - half], [max(x0, x1) + half, max(y0, y1) + half]]
    )


def _cost(place: _Place, taken: Sequence[_Obstacle], inside: Bbox) -> float:
    box = place.box
    covered = sum(weight * _shared(box, other) for other, weight in taken)
    outside = box.width * box.height - _shared(box, inside)
    return covered + _OUTSIDE * outside + _DISTANCE * place.distance


def _shared(one: Bbox, other: Bbox) -> float:
    """Return the area that two boxes share."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return max(0.0, width) * max(0.0, height)
