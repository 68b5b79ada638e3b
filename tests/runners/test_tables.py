"""Results as people read them."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest

from evalrun.core.errors import ConfigError
from evalrun.core.exchange import Usage
from evalrun.runners.formats import format_called, markdown
from evalrun.runners.results import Cell, Level, Measures, Results
from evalrun.runners.tables import run_table, runs_table


def cell(level: Level, name: str, value: float | None = 0.5, **fields: object) -> Cell:
    bounds = (None, None) if value is None else (value - 0.1, value + 0.1)
    return Cell(
        level=level,
        name=name,
        metric="accuracy",
        value=value,
        stderr=0.05,
        low=bounds[0],
        high=bounds[1],
        n=10,
        n_missing=0,
        **fields,
    )


def results(*cells: Cell, kv: str = "full", protocol: str = "multi_turn", **fields) -> Results:
    whole = {
        "recipe": "r",
        "model": "m",
        "scorer": "exact",
        "weighting": "turns",
        "planned": 10,
        "predicted": 10,
        "failed": {},
        "statuses": {"ok": 10},
        "truncated_inputs": 0,
        "measures": Measures(),
        "usage": Usage(),
    }
    return Results(cells=cells, kv=kv, protocol=protocol, **{**whole, **fields})


def test_one_run_has_a_row_a_task_and_a_column_a_turn() -> None:
    table = run_table(
        results(
            cell("turn", "t", 0.25, turn=0),
            cell("turn", "t", 0.75, turn=1),
            cell("subtask", "t"),
            cell("task", "t"),
        )
    )
    assert table.header == (
        "task",
        "metric",
        "turn 1",
        "turn 2",
        "value %",
        "95% interval",
        "n",
        "missing",
    )
    assert table.rows == (("t", "accuracy", "25.0", "75.0", "50.0", "40.0 to 60.0", "10", "0"),)


def test_a_mixed_task_shows_its_subtasks_and_their_mean() -> None:
    table = run_table(
        results(
            cell("subtask", "t", 0.2, subtask="a"),
            cell("subtask", "t", 0.4, subtask="b"),
            cell("task", "t", 0.3),
            cell("group", "G", 0.3),
        )
    )
    assert [row[0] for row in table.rows] == ["t / a", "t / b", "**t**", "**G**"]


def test_a_missing_value_is_shown_as_missing() -> None:
    (row,) = run_table(results(cell("subtask", "t", None))).rows
    assert row[2:4] == ("-", "-")


def test_notes_tell_what_is_behind_the_numbers() -> None:
    table = run_table(
        results(
            cell("subtask", "t"),
            failed={"timeout": 2},
            predicted=7,
            statuses={"ok": 5, "truncated": 2},
            truncated_inputs=3,
            prompts="evalrun wording",
            usage=Usage(input_tokens=1234, output_tokens=5, cost_usd=0.25),
        )
    )
    first, *others = table.notes
    assert "7 of 10 samples" in first
    assert "prompts: evalrun wording" in first
    assert "1,234 input and 5 output tokens, $0.2500" in first
    assert [note.partition(": ")[2] for note in others] == [
        "failed samples, counted as missing: 2 timeout",
        "of 7 replies: 2 truncated",
        "1 samples not yet asked",
        "3 contexts cut to fit the model",
    ]


def test_runs_stand_side_by_side_a_row_a_kv_method_a_column_a_protocol_and_task() -> None:
    table = runs_table(
        [
            results(cell("task", "t", value), kv=kv, protocol=protocol)
            for protocol, value in (("multi_turn", 0.5), ("multi_request", 0.3))
            for kv in ("full", "snapkv-50%")
        ]
    )
    assert table.header == ("model", "kv", "multi_turn t", "multi_request t")
    assert [row[:2] for row in table.rows] == [("m", "full"), ("m", "snapkv-50%")]
    assert table.rows[0][2:] == ("50.0 [40.0, 60.0]", "30.0 [20.0, 40.0]")


def test_runs_that_claim_the_same_cell_never_hide_each_other() -> None:
    table = runs_table([results(cell("task", "t", 0.5)), results(cell("task", "t", 0.3))])
    assert [row[2] for row in table.rows] == ["50.0 [40.0, 60.0]", "30.0 [20.0, 40.0]"]


def test_what_was_measured_stands_behind_and_only_if_it_was() -> None:
    measured = Measures(cache_bytes=2e6, tokens_seen=200, tokens_kept=100, prefill_s=0.5)
    table = runs_table(
        [
            results(cell("task", "t"), kv="snapkv-50%", measures=measured),
            results(cell("task", "t"), kv="full"),
        ]
    )
    assert table.header[3:] == ("tokens kept", "cache MB", "prefill s")
    assert table.rows[0][3:] == ("100 of 200", "2.00", "0.500")
    assert table.rows[1][3:] == ("-", "-", "-")


def test_markdown_escapes_what_would_break_its_columns() -> None:
    text = markdown(run_table(results(cell("subtask", "a|b"))))
    assert "a\\|b" in text


def test_csv_can_be_read_back() -> None:
    text = format_called("csv")([results(cell("subtask", 'a,"b"'))])
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1][0] == 'a,"b"'


def test_json_is_the_results_with_numbers_as_they_are() -> None:
    one, other = results(cell("task", "t", 1 / 3)), results(cell("task", "t", 2 / 3))
    assert msgspec.json.decode(format_called("json")([one]), type=Results) == one
    assert msgspec.json.decode(format_called("json")([one, other]), type=list[Results]) == [
        one,
        other,
    ]


def test_an_unknown_format_is_told_with_the_valid_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown format 'xls'.*csv, json, md"):
        format_called("xls")
