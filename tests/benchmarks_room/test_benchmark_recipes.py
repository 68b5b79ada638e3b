"""The YAML sections of the benchmarks, and the numbers that papers report."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import pytest
import yaml

from evalrun.benchmarks.registry import BENCHMARKS

RECIPES = Path(__file__).resolve().parents[2] / "recipes"

# Filled in by the recipe from other sections or the environment.
INTERPOLATED = {"seed", "mode", "data_dir"}


@pytest.mark.parametrize(
    "name",
    [
        "file",
        "hibench",
        "longbench",
        "longgenbench",
        "needle",
        "processbench",
        "quickstart",
        "scbench",
        "tmgbench",
        "toolllm",
    ],
)
def test_a_section_shows_every_option_with_its_default(name) -> None:
    section = yaml.safe_load((RECIPES / "benchmark" / f"{name}.yaml").read_text())
    fields = msgspec.structs.fields(BENCHMARKS.load(name).Options)
    assert list(section) == [field.encode_name for field in fields]
    for field in fields:
        if field.encode_name not in INTERPOLATED:
            assert msgspec.convert(section[field.encode_name], field.type) == field.default


def reported() -> list[dict[str, str]]:
    with (RECIPES / "papers" / "scbench.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_reported_numbers_are_percentages_with_their_source() -> None:
    for row in reported():
        assert row["system"] == "scbench"
        assert row["source"].startswith("arXiv ")
        assert row["seen"]
        assert 0 <= float(row["value"]) <= 100


def test_no_cell_is_reported_twice() -> None:
    cells = [tuple(row[key] for key in row if key not in ("value", "note")) for row in reported()]
    assert len(set(cells)) == len(cells) == 11 + 29 * 5


def test_averages_of_rocketkv_are_printed_sums_over_eleven_tasks() -> None:
    """Their summary divides the sum of 12 task scores by 11; the note of these cells says so."""
    tasks = {"Retr.String": 3, "Retr.Semantic": 4, "Global": 3, "Multi-task": 2}
    rows = [row for row in reported() if row["source"] == "arXiv 2502.14051"]
    settings = {(row["method"], row["setting"]) for row in rows}
    for method, setting in settings:
        cells = {
            row["column"]: float(row["value"])
            for row in rows
            if (row["method"], row["setting"]) == (method, setting)
        }
        total = sum(cells[group] * count for group, count in tasks.items())
        # Each group mean is printed to 0.1, so the sum is known to 12 * 0.05.
        assert total / 11 == pytest.approx(cells["AVG"], abs=0.11)
