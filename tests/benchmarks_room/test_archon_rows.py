"""GSM8K, MATH and MMLU as Archon asks them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.archon import ExactMatch
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.options import to_options

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "archon"

Make = Callable[..., ExactMatch]


@pytest.fixture
def archon() -> Make:
    """Return a function that builds the benchmark from a section, over our own rows."""

    def make(**section: Any) -> ExactMatch:
        section = {"name": "archon", "data_dir": str(FIXTURES), **section}
        return ExactMatch(to_options(section, ExactMatch.Options, "benchmark"))

    return make


def test_each_row_is_one_question(archon: Make) -> None:
    samples = list(archon().samples())
    assert [sample.id for sample in samples] == [
        "gsm8k/0", "gsm8k/1", "math/0", "math/1", "math/2", "mmlu/0", "mmlu/1",
    ]  # fmt: skip
    assert samples[0].turns[0].target.endswith("#### 18")
    assert samples[2].labels == {"subject": "Prealgebra"}
    assert (samples[5].turns[0].target, samples[5].turns[0].choices[1]) == ("B", "56")


@pytest.mark.parametrize("task", ["gsm8k", "math", "mmlu"])
def test_the_separator_that_scorers_look_for_is_asked_for(archon: Make, task: str) -> None:
    for sample in archon(task=task).samples():
        assert "The answer is: " in sample.turns[0].query
        assert sample.messages[0].role == "system"


def test_options_are_shown_by_their_letters(archon: Make) -> None:
    (first, _) = archon(task="mmlu").samples()
    assert "A. 54\nB. 56\nC. 58\nD. 64" in first.turns[0].query


def test_a_limit_is_of_each_task(archon: Make) -> None:
    assert [sample.id for sample in archon().samples(1)] == ["gsm8k/0", "math/0", "mmlu/0"]


@pytest.mark.parametrize("task", ["gsm8k", "math", "mmlu"])
def test_the_task_of_one_file_is_told_by_its_fields(
    archon: Make, tmp_path: Path, task: str
) -> None:
    copy = tmp_path / "rows.jsonl"
    copy.write_bytes((FIXTURES / f"{task}.jsonl").read_bytes())
    assert {sample.task for sample in archon(path=str(copy)).samples()} == {task}


@pytest.mark.parametrize(
    ("task", "row", "said"),
    [
        ("gsm8k", {"question": "?", "answer": "18"}, "no final answer"),
        ("gsm8k", {"question": "?", "answer": "#### "}, "no final answer"),
        ("gsm8k", {"answer": "#### 1"}, "missing field 'question'"),
        ("math", {"problem": "?", "solution": " "}, "is empty"),
        ("math", {"problem": 3, "solution": "x"}, "should be str"),
        ("mmlu", {"question": "?", "choices": ["a"], "answer": 0}, "4 entries, found 1"),
        ("mmlu", {"question": "?", "choices": list("abcd"), "answer": 4}, "0 to 3, found 4"),
        ("mmlu", {"question": "?", "choices": list("abcd"), "answer": "B"}, "should be int"),
    ],
)
def test_a_malformed_row_is_named(
    archon: Make, tmp_path: Path, task: str, row: dict[str, Any], said: str
) -> None:
    (tmp_path / f"{task}.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(DataError, match=rf"{task}\.jsonl, row 1: .*{said}"):
        list(archon(task=task, data_dir=str(tmp_path)).samples())


def test_an_unknown_task_is_refused(archon: Make) -> None:
    with pytest.raises(ConfigError, match="did you mean 'gsm8k'"):
        archon(task="gsm8")


def test_missing_files_are_said_with_the_way_out(archon: Make, tmp_path: Path) -> None:
    (problem,) = archon(data_dir=str(tmp_path)).problems()
    assert "evalrun fetch archon" in problem.remedy


def test_provenance_names_rows_and_wording(archon: Make) -> None:
    told = archon().provenance()
    assert told["prompts"] == "evalrun wording"
    assert set(told["files"]) == {"gsm8k.jsonl", "math.jsonl", "mmlu.jsonl"}
