"""Rows of LiveBench as samples: releases, tasks, targets, and what is wrong with a row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalrun.benchmarks.livebench import LiveBench
from evalrun.benchmarks.livebench.benchmark import categories
from evalrun.benchmarks.livebench.options import LiveBenchOptions
from evalrun.core.content import Message
from evalrun.core.errors import ConfigError, DataError

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "livebench"


def bench(**options) -> LiveBench:
    return LiveBench(LiveBenchOptions(**{"data_dir": str(FIXTURES), **options}))


def tasks_of(**options) -> list[str]:
    return [sample.task for sample in bench(**options).samples()]


def written(path: Path, **fields) -> str:
    row = {
        "question_id": "q",
        "category": "reasoning",
        "task": "spatial",
        "turns": ["How many?"],
        "ground_truth": "5",
        **fields,
    }
    file = path / "rows.jsonl"
    file.write_text(json.dumps({k: v for k, v in row.items() if v is not None}) + "\n")
    return str(file)


@pytest.mark.parametrize(
    ("release", "tasks"),
    [
        ("2024-06-24", ["web_of_lies_v2", "zebra_puzzle"]),
        ("2024-07-26", ["web_of_lies_v2", "zebra_puzzle", "spatial"]),
        # The old puzzle was removed on the day of this release, and a new one came.
        ("2024-11-25", ["web_of_lies_v2", "zebra_puzzle", "spatial"]),
        ("2025-04-02", ["zebra_puzzle", "spatial", "web_of_lies_v3"]),
    ],
)
def test_a_release_has_what_was_released_and_not_removed_by_its_day(release, tasks) -> None:
    assert tasks_of(task="reasoning", release=release) == tasks


def test_the_default_release_is_the_last_that_is_all_public() -> None:
    assert bench().provenance()["release"] == "2024-11-25"
    (puzzle,) = bench(task="zebra_puzzle").samples()
    assert puzzle.turns[0].target == "red, ice-cream, 2"


def test_a_file_of_ones_own_is_taken_whole() -> None:
    path = str(FIXTURES / "reasoning.jsonl")
    assert len(tasks_of(path=path)) == 5
    assert tasks_of(path=path, release="2025-04-02")[-1] == "web_of_lies_v3"
    assert bench(path=path).provenance()["release"] == "every row"


def test_categories_and_tasks_can_be_chosen() -> None:
    assert set(tasks_of(task="math,cta")) == {"math_comp", "olympiad", "AMPS_Hard", "cta"}
    assert len(categories()) == 6


def test_the_limit_is_of_each_task() -> None:
    assert [s.task for s in bench(task="math").samples(1)] == ["math_comp", "olympiad", "AMPS_Hard"]


def test_a_sample_keeps_the_words_and_the_day_of_its_row() -> None:
    sample = next(bench(task="math_comp").samples())
    (turn,) = sample.turns
    assert turn.query.startswith("What is $1+1$?")
    assert (turn.target, turn.max_tokens) == ("C", 4096)
    assert turn.metadata == {"released": "2024-06-24"}
    assert sample.labels == {"category": "math", "subtask": "amc_12a"}
    assert sample.id == sample.row_id


def test_instructions_lose_arguments_without_value() -> None:
    (sample,) = bench(task="story_generation").samples()
    assert sample.turns[0].target == [
        {"id": "punctuation:no_comma", "arguments": {}},
        {"id": "detectable_format:title", "arguments": {}},
    ]


def test_code_has_no_target() -> None:
    (sample,) = bench(task="coding").samples()
    assert sample.turns[0].target is None


def test_a_row_may_have_a_system_prompt_and_lack_dates(tmp_path) -> None:
    path = written(tmp_path, system_prompt="Be brief.")
    (sample,) = bench(path=path).samples()
    assert sample.messages == (Message("system", "Be brief."),)
    assert sample.turns[0].metadata == {"released": "2024-06-24"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"turns": ["a", "b"]}, "row 1: field 'turns'"),
        ({"turns": None}, "row 1: missing field 'turns'"),
        ({"question_id": None}, "row 1: missing field 'question_id'"),
        ({"ground_truth": None}, "row 1: missing field 'ground_truth'"),
        ({"livebench_release_date": "soon"}, "row 1: field 'livebench_release_date'"),
        (
            {
                "category": "instruction_following",
                "task": "simplify",
                "instruction_id_list": ["a"],
                "kwargs": [],
            },
            "equally long",
        ),
    ],
)
def test_a_malformed_row_is_named(tmp_path, fields, says) -> None:
    with pytest.raises(DataError, match=says):
        list(bench(path=written(tmp_path, **fields)).samples())


@pytest.mark.parametrize(
    ("options", "says"),
    [({"release": "2024-07-27"}, "2024-07-26"), ({"task": "spacial"}, "spatial")],
)
def test_unknown_names_are_refused_with_the_nearest(options, says) -> None:
    with pytest.raises(ConfigError, match=says):
        bench(**options)


def test_missing_files_are_named_with_the_way_to_get_them(tmp_path) -> None:
    (problem,) = bench(data_dir=str(tmp_path), task="math").problems()
    assert "math" in problem.what
    assert "evalrun fetch livebench" in problem.remedy


def test_the_row_of_the_readme_is_read(shared_data) -> None:
    path = shared_data / "livebench" / "web_of_lies_v2.readme_rows.jsonl"
    (sample,) = bench(path=str(path)).samples()
    assert (sample.task, sample.turns[0].target) == ("web_of_lies_v2", "no, yes, yes")
