"""Rows, prompts and provenance of SimpleBench."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.simplebench import SimpleBench
from evalrun.core.content import Message
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.options import to_options

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "simplebench"
JSON, CSV = FIXTURES / "simple_bench_public.json", FIXTURES / "simple_bench_public_set.csv"

Make = Callable[..., SimpleBench]


@pytest.fixture
def simplebench() -> Make:
    """Return a function that builds SimpleBench from a section, over our own rows."""

    def make(**section: Any) -> SimpleBench:
        section = {"name": "simplebench", "data_dir": str(FIXTURES), **section}
        return SimpleBench(to_options(section, SimpleBench.Options, "benchmark"))

    return make


def test_a_question_is_asked_as_the_file_has_it(simplebench: Make) -> None:
    first, second, third = simplebench().samples()
    row = json.loads(JSON.read_text())["eval_data"][0]
    assert first.turns[0].query == row["prompt"]
    assert [sample.turns[0].target for sample in (first, second, third)] == ["B", "E", "D"]
    assert [sample.row_id for sample in (first, second, third)] == [1, 2, 7]
    assert [sample.id for sample in (first, third)] == ["simplebench/1", "simplebench/7"]
    assert [sample.row for sample in (first, third)] == [0, 2]


def test_the_options_that_a_prompt_lists_are_its_choices(simplebench: Make) -> None:
    second = list(simplebench().samples())[1]
    assert second.turns[0].choices == (
        "the right", "both", "neither", "the one he likes less", "the left", "his hands",
    )  # fmt: skip


@pytest.mark.parametrize(
    "prompt", ["No options.", "A. x\nB. y\n", "B. x\nA. y\nC. 1\nD. 2\nE. 3\nF. 4"]
)
def test_a_prompt_with_other_options_is_asked_all_the_same(
    simplebench: Make, tmp_path: Path, prompt: str
) -> None:
    row = {"question_id": 1, "prompt": prompt, "answer": "A"}
    (tmp_path / "rows.json").write_text(json.dumps({"eval_data": [row]}))
    (sample,) = simplebench(path=str(tmp_path / "rows.json")).samples()
    assert (sample.turns[0].query, sample.turns[0].choices) == (prompt, ())


def test_the_csv_twin_asks_the_same_with_letters_of_its_own(simplebench: Make) -> None:
    from_json = list(simplebench(path=str(JSON)).samples())[:2]
    from_csv = list(simplebench(path=str(CSV)).samples())
    for one, other in zip(from_json, from_csv, strict=True):
        assert str(other.row_id) == str(one.row_id)
        (ours,), (theirs,) = other.turns, one.turns
        assert set(ours.choices) == set(theirs.choices)
        assert (
            ours.choices["ABCDEF".index(ours.target)]
            == (theirs.choices["ABCDEF".index(theirs.target)])
        )
        assert ours.query.splitlines()[1:] == [
            f"{letter}. {text}" for letter, text in zip("ABCDEF", ours.choices, strict=True)
        ]
    assert from_csv == list(simplebench(path=str(CSV)).samples())


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"question_id": 1, "prompt": "x", "answer": "G"}, "should be one of ABCDEF, found 'G'"),
        ({"question_id": 1, "prompt": "x", "answer": ""}, "should be one of ABCDEF"),
        ({"question_id": 1, "prompt": "x", "answer": 2}, "'answer' should be str"),
        ({"question_id": 1, "prompt": 5, "answer": "A"}, "'prompt' should be str"),
        ({"prompt": "x", "answer": "A"}, "missing field 'question_id'"),
        ({"question_id": 1, "answer": "A"}, "missing field 'prompt'"),
        ({"question": "x"}, "missing field 'correct_answer'"),
    ],
)
def test_a_malformed_row_is_named(
    simplebench: Make, tmp_path: Path, row: dict[str, Any], message: str
) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"eval_data": [row]}))
    with pytest.raises(DataError, match=message) as error:
        list(simplebench(path=str(path)).samples())
    assert str(error.value).startswith(f"{path}, row 1")


def test_equal_options_of_the_csv_file_are_refused(simplebench: Make, tmp_path: Path) -> None:
    text = CSV.read_text().replace("half of it", "none of it")
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(DataError, match="row 1: two options are the same"):
        list(simplebench(path=str(tmp_path / "rows.csv")).samples())


# The system message


def test_without_the_published_message_ours_asks_for_reasoning_or_not(simplebench: Make) -> None:
    thinking, direct = simplebench(), simplebench(cot=False)
    (told,), (untold,) = (next(b.samples()).messages for b in (thinking, direct))
    assert "step by step" in told.content
    assert "step" not in untold.content
    assert all("Final Answer: X" in message.content for message in (told, untold))
    assert thinking.provenance()["prompts"] == "evalrun wording"
    assert (thinking.provenance()["cot"], direct.provenance()["cot"]) == (True, False)


def test_the_published_message_is_used_where_it_was_fetched(
    simplebench: Make, tmp_path: Path
) -> None:
    shutil.copy(JSON, tmp_path)
    (tmp_path / "system_prompt.txt").write_text("Be wise.\n")
    benchmark = simplebench(data_dir=str(tmp_path))
    assert next(benchmark.samples()).messages == (Message("system", "Be wise."),)
    assert benchmark.provenance()["prompts"] == "system_prompt.txt"
    direct = simplebench(data_dir=str(tmp_path), cot=False)
    assert direct.provenance()["prompts"] == "evalrun wording"


def test_a_message_of_ones_own_is_used(simplebench: Make, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("Think.")
    benchmark = simplebench(prompts=str(tmp_path / "mine.txt"))
    assert next(benchmark.samples()).messages == (Message("system", "Think."),)
    with pytest.raises(ConfigError, match=r"leave out benchmark[.]prompts"):
        simplebench(prompts="mine.txt", cot=False)
    (problem,) = simplebench(prompts="absent.txt").problems()
    assert "absent.txt: no such file" in str(problem)


# Files


def test_missing_data_is_a_problem_that_names_the_command(
    simplebench: Make, tmp_path: Path
) -> None:
    (problem,) = simplebench(data_dir=str(tmp_path)).problems()
    assert "evalrun fetch simplebench" in str(problem)
    assert not simplebench().problems()


def test_the_full_set_needs_a_file(simplebench: Make) -> None:
    (problem,) = simplebench(split="full").problems()
    assert "private" in str(problem)
    assert not simplebench(split="full", path=str(JSON)).problems()


def test_the_official_files_agree_with_each_other(simplebench: Make, shared_data: Path) -> None:
    folder = shared_data / "simplebench"
    samples = list(simplebench(data_dir=str(folder)).samples())
    assert len(samples) == 10
    assert all(len(sample.turns[0].choices) == 6 for sample in samples)
    twin = list(simplebench(path=str(folder / CSV.name)).samples())
    with (folder / CSV.name).open(newline="") as file:
        correct = [row["correct_answer"] for row in csv.DictReader(file)]
    for sample, other, answer in zip(samples, twin, correct, strict=True):
        assert other.turns[0].choices["ABCDEF".index(other.turns[0].target)] == answer
        assert str(sample.row_id) == other.row_id
        assert {c.lower() for c in sample.turns[0].choices} & {answer.strip().lower()}
