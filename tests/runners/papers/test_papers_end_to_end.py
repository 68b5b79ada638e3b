"""Shipped layouts and reported numbers, beside runs that lie in folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from layouts.graded import run, verdict

from evalrun.core.config import Config
from evalrun.core.score import Score
from evalrun.runners.compose import Composer
from evalrun.runners.layouts.evaluate import evaluate
from evalrun.runners.layouts.grid import Grid
from evalrun.runners.papers.beside import paper_content, paper_table
from evalrun.runners.results import StoredRun
from evalrun.runners.tables.table import Table


def composed_run(folder: Path, scores: list[Score], label: str, *overrides: str) -> StoredRun:
    """Write a run of a shipped recipe, as composed, with a KV label as the method gives it."""
    config = Composer().compose(overrides)
    table: dict[str, Any] = msgspec.to_builtins(config.table)
    stored = run(
        folder,
        scores,
        model=config.model["name"],
        kv=config.kv["method"],
        protocol=config.protocol["name"],
        table=table,
    )
    stored.folder.write_config(config)
    results = msgspec.structs.replace(stored.results, kv=label, recipe=config.recipe.name)
    stored.folder.results.write_bytes(msgspec.json.encode(results))
    return StoredRun(stored.folder, results)


def layout_grid(name: str, config: Config, runs: list[StoredRun]) -> Grid:
    return evaluate(config.table.layouts[name], runs)


def lines(table: Table) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in table.rows}


def scbench_scores(config: Config) -> list[Score]:
    """Return verdicts on two turns of ten samples a task, right in every second sample."""
    tasks = [task for members in config.table.groups.values() for task in members]
    mixed = config.table.groups["Multi-task"]
    return [
        verdict(
            str(i),
            [float(i % 2), float(i % 2)],
            task=task,
            subtasks=["a", "b"] if task in mixed else [],
        )
        for task in tasks
        for i in range(10)
    ]


SCBENCH = ["recipe=scbench", "model=llama3.1-8b"]


def test_scbench_beside_its_table_4(tmp_path: Path) -> None:
    config = Composer().compose(SCBENCH)
    scores = scbench_scores(config)
    runs = [
        composed_run(tmp_path, scores, "full", *SCBENCH),
        composed_run(tmp_path, scores, "snapkv-4096", *SCBENCH, "kv=snapkv"),
        composed_run(tmp_path, scores, "snapkv-512", *SCBENCH, "kv=snapkv", "kv.budget=512"),
    ]
    table = paper_table(layout_grid("families", config, runs))
    assert table.header[1:] == tuple(f"{name} %" for name in (*config.table.groups, "AVG"))
    names = [row[0] for row in table.rows]
    assert names[:7] == [
        "llama3.1-8b full multi_turn",
        "reported (second-hand): Llama-3.1-8B full (multi-turn; tau=1), Table 4",
        "difference",
        "llama3.1-8b snapkv-4096 multi_turn",
        "reported (second-hand): Llama-3.1-8B SnapKV (multi-turn; tau=1/32), Table 4",
        "difference",
        "llama3.1-8b snapkv-512 multi_turn",
    ]
    assert table.rows[1][1:] == ("57.1", "-", "-", "-", "48.7")
    assert table.rows[4][1:] == ("6.1", "-", "-", "-", "20.9")
    assert table.rows[5][5].startswith("+29.1!")
    # The lines in multi-request mode, of StreamingLLM and of PyramidKV are of no run here.
    assert len(names) == 7 + 6
    assert any("snapkv-512 multi_turn: reported where kv.budget=" in note for note in table.notes)
    assert any("names end differently" in note for note in table.notes)


def test_rocketkvs_average_is_of_twelve_tasks_divided_by_eleven(tmp_path: Path) -> None:
    config = Composer().compose(SCBENCH)
    runs = [composed_run(tmp_path, scbench_scores(config), "full", *SCBENCH)]
    filled = layout_grid("rocketkv", config, runs)
    assert filled.rows[0].cells[-1].value == pytest.approx(0.5 * 12 / 11)
    table = paper_table(filled)
    assert table.rows[1] == (
        "reported: Llama-3.1-8B-Instruct Full-KV, Table 4", "49.5", "40.7", "36.2", "64.6", "49.9",
    )  # fmt: skip
    assert table.rows[2][5].startswith("+4.6")


def test_synthetic_rows_are_not_held_against_the_paper(tmp_path: Path) -> None:
    config = Composer().compose(SCBENCH)
    synthetic = [*SCBENCH, "benchmark.source=synthetic"]
    runs = [composed_run(tmp_path, scbench_scores(config), "full", *synthetic)]
    table = paper_table(layout_grid("families", config, runs))
    assert table.rows[1][0].startswith("reported")
    assert "difference" not in lines(table)
    assert any("benchmark.source=official (here synthetic)" in note for note in table.notes)


@pytest.mark.parametrize("parted", [False, True])
def test_longgenbench_beside_its_main_table(parted: bool, tmp_path: Path) -> None:
    """The delta is ours, in one run with the baseline or in two."""
    asked = ["recipe=longgenbench", "model=openai", "model.name=gpt-4o-2024-05-13"]
    config = Composer().compose(asked)
    base = [verdict(str(i), float(i < 9), task="gsm8k_baseline") for i in range(10)]
    long = [verdict(str(i), float(i < 7), task="gsm8k") for i in range(10)]
    parts = [base, long] if parted else [base + long]
    runs = [composed_run(tmp_path, scores, "full", *asked) for scores in parts]
    table = paper_table(layout_grid("paper", config, runs))
    assert table.spans[1:4] == ("GSM8K",) * 3
    assert [row[0] for row in table.rows[:3]] == [
        "GPT-4o full",
        "reported: GPT-4o, Tables 3; 4; 11; 13",
        "difference",
    ]
    assert [cell.split(" ")[0] for cell in table.rows[0][1:5]] == ["90.0", "70.0", "-20.0", "-"]
    assert table.rows[1][1:] == (
        "91.1", "75.6", "-15.5", "88.7", "79.7", "-9.0", "85.75", "77.88", "-7.87",
    )  # fmt: skip
    assert [cell.split(" ")[0] for cell in table.rows[2][1:5]] == ["-1.1", "-5.6", "-4.5", "-"]
    assert len(table.rows) == 3 + 10


def test_longgenbench_with_another_k_is_no_run_of_the_paper(tmp_path: Path) -> None:
    asked = ["recipe=longgenbench", "model=openai", "model.name=GPT-4o", "benchmark.k=10"]
    long = [verdict(str(i), float(i < 7), task="gsm8k") for i in range(10)]
    runs = [composed_run(tmp_path, long, "full", *asked)]
    config = Composer().compose(asked)
    rows = lines(paper_table(layout_grid("ablation", config, runs)))
    assert "difference" not in rows
    assert len(rows) == 1 + 8 + 2
    # Of the main table, only the baseline does not depend on K.
    reported = paper_table(layout_grid("paper", config, runs)).rows[1]
    assert reported[1:4] == ("91.1", "-", "-")


def test_windowkv_beside_its_table_by_budget(tmp_path: Path) -> None:
    asked = [
        "recipe=windowkv",
        "model=llama3-8b",
        "model.weights=meta-llama/Meta-Llama-3-8B-Instruct",
    ]
    config = Composer().compose(asked)
    tasks = [task for members in config.table.groups.values() for task in members]
    scores = [verdict(str(i), float(i % 2), task=task) for task in tasks for i in range(4)]
    runs = [
        composed_run(tmp_path, scores, "full", *asked),
        composed_run(tmp_path, scores, "h2o-512", *asked, "kv=h2o", "kv.budget=512"),
    ]
    filled = layout_grid("longbench", config, runs)
    table = paper_table(filled)
    rows = [row[0] for row in table.rows[:6]]
    assert rows == [
        "llama3-8b full",
        "reported: Llama-3-8B-Instruct FullKV, LongBench",
        "difference",
        "llama3-8b h2o-512",
        "reported: Llama-3-8B-Instruct H2O (KV size 512), LongBench",
        "difference",
    ]
    assert table.rows[1][17] == "41.51"
    assert table.rows[4][17] == "38.88"
    # The other methods at 512; of other sizes, and of Qwen with longer prompts, are 21 lines.
    assert len(table.rows) == 6 + 3
    assert any(note.startswith("21 more reported lines") for note in table.notes)
    assert len(paper_content(filled)["others"]) == 24


def test_the_full_cache_needs_no_budget_to_be_tabulated(tmp_path: Path) -> None:
    asked = ["recipe=windowkv", "model=smollm2"]
    runs = [composed_run(tmp_path, [verdict("0", 1.0, task="trec")], "full", *asked)]
    table = paper_table(layout_grid("longbench", Composer().compose(asked), runs))
    assert table.rows[0][10].startswith("100.00")
    assert table.rows[0][17] == "-"
    assert any("nearest:" in note for note in table.notes)


def test_the_needle_figure_names_no_model_and_so_stands_apart(tmp_path: Path) -> None:
    asked = ["recipe=windowkv_needle", "model=llama3-8b"]
    runs = [composed_run(tmp_path, [verdict("0", 1.0, task="needle")], "full", *asked)]
    table = paper_table(layout_grid("needle", Composer().compose(asked), runs))
    assert lines(table)["reported: not said FullKV, Needle-in-a-Haystack"] == ("99.0",)
    assert "difference" not in lines(table)


@pytest.mark.parametrize("name", ["categories", "datasets"])
def test_longbench_has_layouts_without_reported_numbers(name: str, tmp_path: Path) -> None:
    config = Composer().compose(["recipe=longbench"])
    tasks = [task for members in config.table.groups.values() for task in members]
    scores = [verdict("0", 0.25, task=task) for task in tasks]
    runs = [composed_run(tmp_path, scores, "full", "recipe=longbench")]
    filled = layout_grid(name, config, runs)
    assert len(filled.columns) == {"categories": 7, "datasets": 17}[name]
    assert {cell.value for cell in filled.rows[0].cells} == {0.25}
    assert len(paper_table(filled).rows) == 1


def test_scbench_turns_and_tasks_have_columns_of_their_own(tmp_path: Path) -> None:
    config = Composer().compose(SCBENCH)
    runs = [composed_run(tmp_path, scbench_scores(config), "full", *SCBENCH)]
    turns = layout_grid("turns", config, runs)
    assert [column.name for column in turns.columns] == ["turn 1", "turn 2"]
    tasks = layout_grid("tasks", config, runs)
    assert [column.name for column in tasks.columns][:2] == ["Retr.KV", "Retr.Prefix-Suffix"]
    assert len(tasks.columns) == 12
