"""Layouts with their numbers as tables."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evalrun.core.layout import Column, Layout
from evalrun.runners.formats.json import json_text
from evalrun.runners.layouts.grid import Estimate, Grid, GridRow
from evalrun.runners.tables.grid import cell_text, grid_content, grid_table

ACCURACY = Column(name="MMLU")


def estimate(value: float | None, **fields: Any) -> Estimate:
    return Estimate(value=value, **{"n": 100, "n_clusters": 100, **fields})


def row(*keys: str, cells: tuple[Estimate, ...], sample_limit: int | None = None) -> GridRow:
    return GridRow(keys=keys, runs=(0,), sample_limit=sample_limit, cells=cells)


def grid(
    *rows: GridRow,
    columns: tuple[Column, ...] = (ACCURACY,),
    notes: tuple[str, ...] = (),
    **layout: Any,
) -> Grid:
    whole = Layout(title="Table 2", columns=columns, **layout)
    return Grid(layout=whole, columns=columns, rows=rows, folders=("outputs/a",), notes=notes)


def of_values(*values: float | None, **layout: Any) -> Grid:
    """A row a value, told apart by the model alone."""
    rows = [row(f"m{i}", "full", cells=(estimate(v),)) for i, v in enumerate(values)]
    return grid(*rows, **layout)


def test_names_units_scales_and_digits_are_those_of_the_layout() -> None:
    columns = (
        ACCURACY,
        Column(name="growth", scale=1.0, digits=2, unit="x", signed=True),
        Column(name="share %", unit="%"),
        Column(name="count", scale=1.0, digits=0, unit=""),
    )
    cells = (estimate(0.4321), estimate(1.5), estimate(0.5), estimate(12.0))
    table = grid_table(grid(row("m", "full", cells=cells), columns=columns))
    assert table.header == ("model", "MMLU %", "growth x", "share %", "count")
    assert table.rows == (("m", "43.2", "+1.50", "50.0", "12"),)
    assert table.numeric == (False, True, True, True, True)


@pytest.mark.parametrize(
    ("cell", "column", "text"),
    [
        (estimate(0.4321, low=0.41, high=0.449), ACCURACY, "43.2 [41.0, 44.9]"),
        (estimate(0.4321, low=0.41, high=0.449, n_missing=2), ACCURACY, "43.2† [41.0, 44.9]"),
        (estimate(None, n=0, n_missing=100), ACCURACY, "-"),
        (estimate(-0.0001), ACCURACY, "0.0"),
        (estimate(-0.1, low=-0.2, high=0.0), Column(name="d", signed=True), "-10.0 [-20.0, +0.0]"),
    ],
)
def test_a_cell_is_a_value_with_its_interval(cell: Estimate, column: Column, text: str) -> None:
    assert cell_text(cell, column) == text


def test_what_all_rows_share_stands_in_the_title() -> None:
    table = grid_table(of_values(0.5, 0.6))
    assert table.title == "Table 2 (kv: full)"
    assert table.header == ("model", "MMLU %")
    one = grid(row("m", "a", cells=(estimate(0.5),)), rows=("model", "config.kv.budget"))
    assert grid_table(one).title == "Table 2 (kv.budget: a)"
    alone = grid(row("m", cells=(estimate(0.5),)), rows=("model",))
    assert (grid_table(alone).title, grid_table(alone).rows) == ("Table 2", (("m", "50.0"),))


def test_dimensions_that_differ_are_all_there() -> None:
    rows = [row(m, kv, cells=(estimate(0.5),)) for m in "ab" for kv in ("full", "tova")]
    table = grid_table(grid(*rows))
    assert table.header == ("model", "kv", "MMLU %")
    assert [r[:2] for r in table.rows] == [
        ("a", "full"),
        ("a", "tova"),
        ("b", "full"),
        ("b", "tova"),
    ]


def test_headings_over_columns_are_spans() -> None:
    columns = (Column(name="a", under="English"), Column(name="b", under="English"), ACCURACY)
    table = grid_table(grid(row("m", "full", cells=(estimate(0.5),) * 3), columns=columns))
    assert table.spans == (None, "English", "English", None)
    assert grid_table(of_values(0.5)).spans == ()


def test_arrows_say_which_end_is_wanted_where_columns_differ_in_that() -> None:
    error = Column(name="error", better="lower")
    length = Column(name="length", better=None, unit="")
    cells = (estimate(0.5),) * 3
    table = grid_table(grid(row("m", "full", cells=cells), columns=(ACCURACY, error, length)))
    assert table.header[1:] == ("MMLU % ↑", "error % ↓", "length")
    same = grid_table(grid(row("m", "full", cells=cells[:2]), columns=(ACCURACY, length)))
    assert same.header[1:] == ("MMLU %", "length")


def test_the_best_and_second_are_ranked_by_what_is_printed() -> None:
    table = grid_table(of_values(0.50001, 0.50002, 0.4, None))
    assert [ranks[1] for ranks in table.ranks] == ["best", "best", None, None]
    assert "bold: the best of its column" in table.notes
    table = grid_table(of_values(0.5, 0.3, 0.4))
    assert [ranks[1] for ranks in table.ranks] == ["best", None, "second"]
    assert "bold: the best of its column; underlined: the second" in table.notes


def test_rows_of_some_samples_say_so() -> None:
    cells = (estimate(0.5),)
    table = grid_table(
        grid(row("a", "full", cells=cells, sample_limit=50), row("b", "full", cells=cells))
    )
    assert [r[0] for r in table.rows] == ["a (first 50 a task)", "b"]


def test_a_transposed_layout_has_columns_as_rows() -> None:
    rows = [
        row("a", kv, cells=(estimate(value), estimate(None)), sample_limit=5)
        for kv, value in (("full", 0.5), ("tova", 0.4))
    ]
    columns = (ACCURACY, Column(name="F1"))
    table = grid_table(grid(*rows, columns=columns, transposed=True))
    assert table.title == "Table 2 (model: a)"
    assert table.header == ("measure", "full (first 5 a task)", "tova (first 5 a task)")
    assert table.rows == (("MMLU %", "50.0", "40.0"), ("F1 %", "-", "-"))
    assert table.ranks[0] == (None, "best", None)
    assert "bold: the best of its row" in table.notes


def test_notes_tell_what_numbers_are_of_then_what_the_layout_adds() -> None:
    cells = (estimate(0.5, low=0.4, high=0.6), estimate(0.5, n=20))
    columns = (ACCURACY, Column(name="F1"))
    table = grid_table(grid(row("m", "full", cells=cells), columns=columns, notes=("a note",)))
    assert table.notes == ("in brackets: 95% intervals; verdicts per cell: 20 to 100", "a note")


def test_missing_verdicts_are_counted_by_row_and_column() -> None:
    columns = tuple(Column(name=f"c{i}") for i in range(4))
    whole, gap = estimate(0.5), estimate(0.5, n=90, n_missing=10)
    few = row("few", "full", cells=(gap, whole, estimate(None, n=0, n_missing=7), whole))
    many = row("many", "full", cells=(gap, gap, gap, estimate(0.5, n=99, n_missing=1)))
    alike = row("alike", "full", cells=(gap,) * 4)
    done = row("done", "full", cells=(whole,) * 4)
    table = grid_table(grid(few, many, alike, done, columns=columns))
    assert table.rows[0][1:] == ("50.0†", "50.0", "-", "50.0")
    assert table.notes[1] == (
        "† planned verdicts are missing. few: 10 of 100 in c0, 7 of 7 in c2; "
        "many: 1 to 10 in each of 4 columns; alike: 10 in each of 4 columns"
    )


def test_many_rows_with_gaps_are_summed_up() -> None:
    gap = (estimate(0.5, n=9, n_missing=1),)
    table = grid_table(grid(*(row(f"m{i}", "full", cells=gap) for i in range(8))))
    assert table.notes[1].endswith("m4: 1 of 10 in MMLU; and in 3 more rows")


def test_a_layout_without_rows_has_its_header() -> None:
    table = grid_table(grid())
    assert (table.header, table.rows) == (("model", "kv", "MMLU %"), ())
    assert grid_table(grid(transposed=True)).rows == (("MMLU %",),)


def test_the_content_has_numbers_as_they_are_by_the_names_of_columns() -> None:
    columns = (
        Column(name="a", under="English"),
        Column(name="a"),
        Column(name="a", better="lower"),
    )
    cells = (estimate(1 / 3, low=0.1, high=0.9, stderr=0.2), estimate(None, n=0), estimate(2.0))
    content = msgspec.json.decode(
        json_text(
            grid_content(
                grid(
                    row("m", "full", cells=cells, sample_limit=5),
                    columns=columns,
                    notes=("a note",),
                )
            )
        )
    )
    assert content["title"] == "Table 2"
    assert content["notes"] == ["a note"]
    assert list(content["columns"]) == ["English / a", "a", "a (2)"]
    assert content["columns"]["a (2)"] == {"unit": "%", "scale": 100.0, "better": "lower"}
    (only,) = content["rows"]
    assert only["keys"] == {"model": "m", "kv": "full"}
    assert (only["runs"], only["sample_limit"]) == (["outputs/a"], 5)
    assert msgspec.convert(only["cells"]["English / a"], Estimate) == cells[0]
    assert only["cells"]["a"]["value"] is None
