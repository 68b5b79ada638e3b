"""WindowKV's reported numbers: complete, sourced, and consistent with each other."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from evalrun.benchmarks.longbench.datasets import DATASETS

PAPER = Path(__file__).resolve().parents[2] / "recipes" / "papers" / "windowkv.csv"
COLUMNS = [
    "NrtvQA",
    "Qasper",
    "MF-en",
    "HotpotQA",
    "2WikiMQA",
    "Musique",
    "GovReport",
    "QMSum",
    "MultiNews",
    "TREC",
    "TriviaQA",
    "SAMSum",
    "PCount",
    "PRe",
    "Lcc",
    "RB-P",
    "Avg",
]


def reported(table: str) -> list[dict[str, str]]:
    with PAPER.open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["table"] == table]


def lines() -> dict[tuple[str, ...], dict[str, float]]:
    """Return the lines of the LongBench table: (model, method, setting) -> column -> value."""
    found: dict[tuple[str, ...], dict[str, float]] = {}
    for row in reported("LongBench"):
        key = (row["model"], row["method"], row["setting"])
        cells = found.setdefault(key, {})
        assert row["column"] not in cells, "no cell is reported twice"
        cells[row["column"]] = float(row["value"])
    return found


def test_the_table_is_complete() -> None:
    table = lines()
    budgets = [f"KV size {size}" for size in (2048, 1024, 512)]
    methods = ["StreamingLLM", "H2O", "PyramidKV", "WindowKV"]
    assert set(table) == {
        (model, method, setting)
        for model in ("Qwen2.5-1.5B-Instruct", "Llama-3-8B-Instruct")
        for method, setting in [
            ("FullKV", "full cache"),
            *((method, budget) for method in methods for budget in budgets),
        ]
    }
    assert all(list(cells) == COLUMNS for cells in table.values())


def test_the_table_has_a_column_for_each_dataset_in_the_same_order() -> None:
    def letters(name: str) -> str:
        return "".join(c for c in name.lower() if c.isalnum())

    short = {"narrativeqa": "nrtvqa", "multifieldqa_en": "mfen", "passage_count": "pcount"}
    short |= {"passage_retrieval_en": "pre", "repobench-p": "rbp"}
    names = [letters(short.get(dataset.name, dataset.name)) for dataset in DATASETS]
    assert names == [letters(column) for column in COLUMNS[:-1]]


@pytest.mark.parametrize(("line", "cells"), lines().items(), ids=str)
def test_an_average_is_the_plain_mean_of_sixteen_columns(line, cells) -> None:
    mean = sum(cells[column] for column in COLUMNS[:-1]) / 16
    # Each column is printed to 0.01, and so is the average.
    assert cells["Avg"] == pytest.approx(mean, abs=0.0101)


def test_the_needle_figure_gives_one_number_a_method() -> None:
    values = {row["method"]: float(row["value"]) for row in reported("Needle-in-a-Haystack")}
    assert values == {
        "FullKV": 99.0,
        "WindowKV": 97.9,
        "PyramidKV": 97.2,
        "StreamingLLM": 40.7,
        "H2O": 40.6,
    }


def test_every_number_says_where_it_was_read() -> None:
    for row in [*reported("LongBench"), *reported("Needle-in-a-Haystack")]:
        assert (row["system"], row["source"]) == ("windowkv", "arXiv 2503.17922")
        assert row["seen"]
        assert 0 <= float(row["value"]) <= 100
