"""Rows of LiveBench as samples: releases, tasks, targets, and what is wrong with a row."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
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


def test_code_has_no_target_and_tests_instead() -> None:
    add, ends, larger = bench(task="coding").samples()
    assert [sample.turns[0].target for sample in (add, ends, larger)] == [None] * 3
    # Public tests, and after them those that are packed.
    assert add.turns[0].metadata["tests"] == {
        "prefix": "",
        "cases": [
            {"input": "1 2\n", "output": "3\n"},
            {"input": "-4 4\n", "output": "0\n"},
            {"input": "10 5\n", "output": "15\n"},
        ],
        "function": None,
    }
    assert ends.turns[0].metadata["tests"]["function"] == "ends"
    assert larger.turns[0].metadata["tests"]["prefix"] == "a, b = map(int, input().split())"


def test_later_code_has_unit_tests() -> None:
    (sample,) = bench(task="code_generation", release="2025-04-25").samples()
    tests = sample.turns[0].metadata["tests"]
    assert (tests["entry_point"], tests["expected_s"]) == ("count_vowels", 0.5)
    assert tests["unit_tests"].startswith("import unittest")


CASES = {
    "category": "coding",
    "task": "LCB_generation",
    "public_test_cases": '[{"input": "1", "output": "1", "testtype": "stdin"}]',
    "private_test_cases": "[]",
    "original_json": {"metadata": "{}"},
}
UNIT_TESTS = {
    "category": "coding",
    "task": "code_generation",
    "tests": "",
    "entry_point": "f",
    "code_prompt": "",
    "expected_time": 1,
}


class Opens:
    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __reduce__(self):
        return open, (self._path, "w")


def test_a_pickle_that_does_anything_is_refused(tmp_path) -> None:
    hostile = pickle.dumps(Opens(tmp_path / "made"))
    packed = base64.b64encode(zlib.compress(hostile)).decode()
    path = written(tmp_path, **{**CASES, "private_test_cases": packed})
    with pytest.raises(DataError, match=r"rows.jsonl, row 1: field 'private_test_cases'.*pickle"):
        list(bench(path=path).samples())
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({**CASES, "public_test_cases": "[]"}, "no tests in"),
        ({**CASES, "public_test_cases": None}, "missing field 'public_test_cases'"),
        ({**CASES, "public_test_cases": "[1]"}, "should list objects"),
        ({**CASES, "public_test_cases": '[{"input": "1"}]'}, "should list objects"),
        ({**CASES, "private_test_cases": "["}, "should be JSON"),
        ({**CASES, "private_test_cases": "[" * 100_000}, "should be JSON"),
        ({**CASES, "original_json": {}}, "'original_json'"),
        ({**CASES, "original_json": {"metadata": "[]"}}, "'original_json'"),
        ({**CASES, "original_json": {"metadata": '{"func_name": 1}'}}, "'func_name'"),
        ({**CASES, "partial_solution": 1}, "'partial_solution'"),
        ({**UNIT_TESTS, "tests": None}, "missing field 'tests'"),
        ({**UNIT_TESTS, "expected_time": -1}, "'expected_time'"),
        ({**UNIT_TESTS, "expected_time": None}, "missing field 'expected_time'"),
    ],
)
def test_rows_of_code_that_cannot_be_run_are_refused(tmp_path, fields, says) -> None:
    with pytest.raises(DataError, match=f"row 1: .*{says}"):
        list(bench(path=written(tmp_path, **fields)).samples())


@pytest.mark.parametrize(
    ("options", "asks"),
    [
        ({}, True),
        ({"task": "coding"}, True),
        ({"task": "reasoning,math"}, False),
        ({"task": "agentic_coding"}, False),
        ({"path": str(FIXTURES / "coding.jsonl")}, True),
        ({"path": str(FIXTURES / "reasoning.jsonl")}, False),
        ({"path": str(FIXTURES / "coding.jsonl"), "task": "code_completion"}, False),
        ({"path": str(FIXTURES / "absent.jsonl")}, False),
    ],
)
def test_it_tells_whether_replies_are_to_be_run(options, asks) -> None:
    assert bench(**options).asks_for_code is asks


def test_a_row_may_have_a_system_prompt_and_lack_dates(tmp_path) -> None:
    path = written(tmp_path, system_prompt="Be brief.")
    (sample,) = bench(path=path).samples()
    assert sample.messages == (Message("system", "Be brief."),)
    assert sample.turns[0].metadata == {"released": "2024-06-24"}


@pytest.mark.parametrize(("required", "temperature"), [(1, 1.0), (0, 0.0), (None, None)])
def test_a_row_may_require_a_temperature(tmp_path, required, temperature) -> None:
    (sample,) = bench(path=written(tmp_path, required_temperature=required)).samples()
    assert sample.turns[0].temperature == temperature


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"required_temperature": -1}, "row 1: field 'required_temperature'"),
        ({"required_temperature": "hot"}, "row 1: field 'required_temperature'"),
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
