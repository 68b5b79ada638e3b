"""The numbers that LongGenBench's paper reports."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

PAPER = Path(__file__).resolve().parents[2] / "recipes" / "papers" / "longgenbench.csv"


def reported(table: str) -> list[dict[str, str]]:
    with PAPER.open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["table"] == table]


def test_numbers_are_percentages_with_their_source_each_reported_once() -> None:
    with PAPER.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert (row["system"], row["source"]) == ("longgenbench", "arXiv 2410.04199")
        assert row["seen"]
        low = -100 if row["column"].endswith("Delta") else 0
        assert low <= float(row["value"]) <= 100
    cells = [tuple(row[key] for key in row if key not in ("value", "note")) for row in rows]
    assert len(set(cells)) == len(cells) == 11 * 3 * 3 + 8 + 2


def test_each_delta_is_longgen_less_baseline_but_for_one_misprint() -> None:
    rows = reported("Tables 3; 4; 11; 13")
    values = {(row["model"], row["column"]): float(row["value"]) for row in rows}
    misprints = {
        (model, column)
        for (model, column), value in values.items()
        if column.endswith("Delta")
        and values[model, column.replace("Delta", "LongGen")]
        - values[model, column.replace("Delta", "Baseline")]
        != pytest.approx(value)
    }
    assert misprints == {("GPT-3.5-Turbo", "CSQA / Delta")}
    (note,) = [row["note"] for row in rows if "as printed" in row["note"]]
    assert "differ by -13.69" in note


def test_the_main_runs_are_those_in_ascending_order_of_the_ablation() -> None:
    main = {
        row["model"]: row["value"]
        for row in reported("Tables 3; 4; 11; 13")
        if row["column"] == "GSM8K / LongGen"
    }
    ablation = {
        row["model"]: row["value"]
        for row in reported("Table 5")
        if "ascending; exemplars in LongGenBench" in row["setting"]
    }
    assert ablation == {model: main[model] for model in ablation}
    assert len(ablation) == 2
