"""Problems of UGMathBench as samples: versions, prompts, sub-samples."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from evalrun.benchmarks.ugmathbench import UGMathBench
from evalrun.benchmarks.ugmathbench.rows import ANSWER_TYPES, SUBJECTS
from evalrun.core.content import Message
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.options import to_options

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "ugmathbench"
BOTH = "Algebra,Trigonometry"


def ugmathbench(**section) -> UGMathBench:
    section = {"name": "ugmathbench", "task": BOTH, "data_dir": str(FIXTURES), **section}
    return UGMathBench(to_options(section, UGMathBench.Options, "benchmark"))


def only_turn(sample):
    (turn,) = sample.turns
    return turn


def written(tmp_path: Path, **fields) -> Path:
    """Write a subject of one problem, its official row changed by `fields`."""
    (row, *_) = json.loads((FIXTURES / "Trigonometry.json").read_text())
    path = tmp_path / "Trigonometry.json"
    path.write_text(json.dumps([{**row, **fields}]))
    return path


# Versions


def test_the_versions_of_a_problem_follow_each_other_as_a_group() -> None:
    found = list(ugmathbench(task="Trigonometry").samples())
    assert [s.id for s in found] == [
        f"Trigonometry_000{problem}/v{version}" for problem in (1, 2, 3) for version in (1, 2, 3)
    ]
    assert [s.group for s in found[2:5]] == ["Trigonometry_0001"] + ["Trigonometry_0002"] * 2
    assert [s.labels for s in found[2:5]] == [
        {"version": "3", "level": "2"},
        {"version": "1", "level": "3"},
        {"version": "2", "level": "3"},
    ]
    assert [(s.row, s.row_id) for s in found[3:5]] == [(1, "Trigonometry_0002")] * 2


def test_a_version_has_answers_types_and_options_of_its_own() -> None:
    (*_, last) = ugmathbench(task="Trigonometry").samples()
    turn = only_turn(last)
    assert turn.target == ["T", "A"]
    assert turn.metadata["answer_types"] == ["TF", "MCS"]
    assert turn.metadata["options"] == [[], ["A", "B"]]
    assert "\\sin(5x)" in turn.metadata["problem"]
    assert turn.max_tokens == 2048


@pytest.mark.parametrize(
    ("limit", "taken"),
    [(1, 1), (2, 2), (3, 3), (4, 3), (5, 3), (6, 6), (8, 6), (9, 9), (1000, 9)],
)
def test_a_subsample_takes_whole_problems(limit, taken) -> None:
    found = list(ugmathbench(task="Trigonometry").samples(limit))
    assert len(found) == taken
    assert [s.id for s in found] == [
        s.id for s in list(ugmathbench(task="Trigonometry").samples())[:taken]
    ]


def test_the_limit_holds_for_each_subject() -> None:
    assert Counter(s.task for s in ugmathbench().samples(3)) == {"Algebra": 3, "Trigonometry": 3}


def test_versions_can_be_chosen() -> None:
    found = list(ugmathbench(task="Algebra", versions=[2]).samples(3))
    assert [s.id for s in found] == [f"Algebra_000{n}/v2" for n in (1, 2, 3)]
    with pytest.raises(ConfigError, match=r"benchmark\.versions should name some"):
        ugmathbench(versions=[1, 1])
    with pytest.raises(ConfigError, match="versions"):
        ugmathbench(versions=[4])


# Prompts


def test_one_placeholder_and_several_are_asked_for_in_different_words() -> None:
    cosine, *_ = ugmathbench(task="Trigonometry").samples()
    expression = list(ugmathbench(task="Trigonometry").samples())[3]
    several, one = only_turn(cosine).query, only_turn(expression).query
    assert "There are 2 marks [ANS]" in several
    assert "are: a number, without a unit; a number, without a unit." in several
    assert several.endswith("The final answers are \\boxed{ANSWER}")
    assert "asked for: an expression." in one
    assert one.endswith("The final answer is \\boxed{ANSWER}")
    assert "\nWrite $\\sin(2x)$ with $\\sin x$ and $\\cos x$. [ANS]\n" in one
    assert "problem in Trigonometry" in one


def test_every_type_is_described_and_choices_with_their_options(tmp_path) -> None:
    path = written(
        tmp_path,
        answer_v1=["1"] * 10,
        answer_type_v1=list(ANSWER_TYPES),
        options_v1=[[f"{kind} yes", f"{kind} no"] for kind in ANSWER_TYPES],
    )
    (sample,) = ugmathbench(task="Trigonometry", path=str(path), versions=[1]).samples()
    query = only_turn(sample).query
    assert query.count(";") == 9
    assert "one of the options MCS yes, MCS no;" in query
    assert "apply of MCM yes, MCM no," in query
    assert "OE yes" not in query


def test_braces_of_a_problem_stay_as_they_are(tmp_path) -> None:
    path = written(tmp_path, problem_v1="{subject} {{x}} \\frac{1}{2} [ANS]")
    (sample,) = ugmathbench(task="Trigonometry", path=str(path), versions=[1]).samples()
    assert "\n{subject} {{x}} \\frac{1}{2} [ANS]\n" in only_turn(sample).query


def test_a_system_message_is_sent_when_there_is_one() -> None:
    told, *_ = ugmathbench(system_prompt="You help with mathematics.").samples()
    silent, *_ = ugmathbench().samples()
    assert told.messages == (Message("system", "You help with mathematics."),)
    assert silent.messages == ()


# Files


def test_subjects_are_named_as_their_files_or_nearly_so() -> None:
    (task,) = ugmathbench(task="calculus single variable").provenance()["tasks"]
    assert task == "Calculus_-_single_variable"
    assert len(SUBJECTS) == len(set(SUBJECTS)) == 16
    with pytest.raises(ConfigError, match="did you mean 'Trigonometry'"):
        ugmathbench(task="Trigonometri")


def test_missing_subjects_are_named() -> None:
    (problem,) = ugmathbench(task="Algebra,Geometry").problems()
    assert "no data of Geometry" in problem.what
    assert "evalrun fetch ugmathbench" in problem.remedy
    assert ugmathbench().problems() == ()


def test_rows_lie_where_fetch_puts_them(tmp_path) -> None:
    (tmp_path / "data").mkdir()
    written(tmp_path / "data")
    assert len(list(ugmathbench(task="Trigonometry", data_dir=str(tmp_path)).samples())) == 3


def test_the_subject_of_a_file_with_another_name_is_told_by_its_ids(tmp_path) -> None:
    path = written(tmp_path).rename(tmp_path / "mine.json")
    found = list(ugmathbench(task="all", path=str(path)).samples())
    assert {s.task for s in found} == {"Trigonometry"}


def test_provenance_says_whose_words_and_which_rows() -> None:
    provenance = ugmathbench().provenance()
    assert provenance["prompts"] == "evalrun wording"
    assert provenance["licence"] == "GPL-3.0"
    assert set(provenance["files"]) == {"Algebra.json", "Trigonometry.json"}


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"id": 7}, "field 'id' should be str"),
        ({"problem_v2": None}, "field 'problem_v2' should be str"),
        ({"answer_v1": "1"}, "field 'answer_v1' should be list"),
        ({"answer_v1": [1, 2]}, "field 'answer_v1' should be a list of texts"),
        ({"answer_type_v3": ["NV", "NX"]}, "unknown type 'NX'"),
        ({"options_v1": ["A", "B"]}, "should be a list of lists"),
    ],
    ids=str,
)
def test_a_malformed_row_is_named(tmp_path, fields, complaint) -> None:
    path = written(tmp_path, **fields)
    with pytest.raises(DataError, match=rf"Trigonometry\.json, row 1: .*{complaint}"):
        list(ugmathbench(task="Trigonometry", path=str(path)).samples())


def test_a_damaged_version_without_answers_is_asked_as_it_is(tmp_path) -> None:
    damaged = {"problem_v2": "error", "answer_v2": [], "answer_type_v2": [], "options_v2": []}
    path = written(tmp_path, **damaged)
    _, second, _ = ugmathbench(task="Trigonometry", path=str(path)).samples()
    assert only_turn(second).target == []
