"""Where panels and axes lie, in wide pages and narrow ones, and what range axes have."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.report.figures.layout import Panel, axes, layout
from evalrun.runners.report.figures.scales import (
    log_axis,
    percent_axis,
    percent_bars_axis,
    quantity_axis,
    rows_axis,
    rows_height,
)

PANEL = Panel(x={}, y={}, title="p")


def domains(found: dict[str, Any], axis: str) -> list[list[float]]:
    return [value["domain"] for name, value in found.items() if name.startswith(f"{axis}axis")]


@given(st.integers(1, 12), st.integers(1, 4))
def test_panels_neither_overlap_nor_leave_the_figure(panels: int, columns: int) -> None:
    for found in (layout([PANEL] * panels, columns=columns), narrow([PANEL] * panels)):
        boxes = [*zip(domains(found, "x"), domains(found, "y"), strict=True)]
        assert len(boxes) == panels
        assert all(0 <= low < high <= 1 for box in boxes for low, high in box)
        for i, (x, y) in enumerate(boxes):
            for other_x, other_y in boxes[:i]:
                beside = x[0] >= other_x[1] or other_x[0] >= x[1]
                assert beside or y[1] < other_y[0]


def narrow(panels: list[Panel], **others: Any) -> dict[str, Any]:
    return layout(panels, columns=3, **others)["meta"]["narrow"]


def test_a_narrow_page_has_one_column_and_is_higher() -> None:
    wide = layout([PANEL] * 6, columns=3)
    assert len({tuple(x) for x in domains(wide, "x")}) == 3
    assert {tuple(x) for x in domains(narrow([PANEL] * 6), "x")} == {(0.0, 1.0)}
    assert narrow([PANEL] * 6)["height"] > 2 * wide["height"]


def test_every_panel_keeps_its_height() -> None:
    found = layout([PANEL, Panel(x={}, y={}, height=130)], columns=1)
    inner = found["height"] - found["margin"]["t"] - found["margin"]["b"]
    heights = [round(inner * (high - low)) for low, high in domains(found, "y")]
    assert heights == pytest.approx([260, 130], abs=1)


def test_a_legend_has_room_below_and_more_in_a_narrow_page() -> None:
    names = [f"a method of a long name {i}" for i in range(8)]
    without, found = layout([PANEL]), layout([PANEL], legend=names)
    assert found["height"] > without["height"]
    assert narrow([PANEL], legend=names)["height"] > found["height"]
    assert found["showlegend"]
    assert not without["showlegend"]


def test_neither_width_nor_fonts_nor_colours_of_the_page_are_set() -> None:
    found = layout([PANEL], legend=["a"])
    assert not {"width", "font", "template", "colorway"} & {*found}
    assert found["paper_bgcolor"] == found["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert "gridcolor" not in found["xaxis"]


def test_traces_name_the_axes_of_their_panel() -> None:
    assert axes(0) == {"xaxis": "x", "yaxis": "y"}
    assert axes(2) == {"xaxis": "x3", "yaxis": "y3"}
    assert layout([PANEL] * 3)["xaxis3"]["anchor"] == "y3"


def test_percentages_reach_from_0_to_100_unless_that_hides_differences() -> None:
    assert percent_axis([20, 60], "%")["range"] == [-2, 102]
    assert percent_axis([70, 80], "%")["range"] == pytest.approx([68.5, 81.5])
    assert percent_axis([99, 100], "%")["range"] == pytest.approx([98, 101])
    assert percent_axis([50], "%")["range"] == pytest.approx([49, 51])
    assert percent_axis([], "%")["range"] == [-2, 102]


def test_bars_of_percentages_begin_at_0() -> None:
    assert percent_bars_axis([70, 80], "%")["range"] == [0, 100]
    assert percent_bars_axis([2, 10], "%")["range"] == pytest.approx([0, 11.5])
    assert percent_bars_axis([0], "%")["range"] == [0, 100]


def test_quantities_that_lie_far_apart_have_a_logarithmic_axis() -> None:
    assert quantity_axis([1, 7.9], "s")["range"] == pytest.approx([0, 1.15 * 7.9])
    assert quantity_axis([0.0], "s")["range"] == [0, 1]
    wide = quantity_axis([500, 20_000], "MB")
    assert wide["type"] == "log"
    assert wide["ticktext"] == ["500", "1,000", "2,000", "5,000", "10k", "20k"]


@given(st.floats(-6, 12), st.floats(0.1, 8))
def test_ticks_of_a_logarithmic_axis_lie_on_it_and_are_written_out(low: float, span: float) -> None:
    found = log_axis(low, low + span, "s")
    ticks = found.get("tickvals", [])
    assert all(low <= math.log10(tick) <= low + span for tick in ticks)
    assert len(ticks) != 1
    assert len(ticks) <= 9
    assert len({*found.get("ticktext", [])}) == len(ticks)


def test_rows_stand_from_above_and_are_as_high_as_their_names() -> None:
    found = rows_axis(["a", "b"])
    assert found["range"] == [1.5, -0.5]
    assert found["ticktext"] == ["a", "b"]
    assert rows_height(["a", "b"]) == 68
    assert rows_height(["word " * 12, "b"]) == 108
