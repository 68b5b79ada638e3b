"""Solutions of ProcessBench as samples of three forms."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from evalrun.benchmarks.processbench import ProcessBench
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.options import to_options

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "processbench"


def processbench(**section) -> ProcessBench:
    section = {"name": "processbench", "data_dir": str(FIXTURES), **section}
    return ProcessBench(to_options(section, ProcessBench.Options, "benchmark"))


def samples(**section):
    return list(processbench(**section).samples())


def only_query(sample) -> str:
    (turn,) = sample.turns
    return turn.query


# Rows


def test_each_solution_is_a_sample_labelled_by_its_side() -> None:
    found = samples()
    sides = Counter((sample.task, sample.labels["side"]) for sample in found)
    assert sides == {
        ("gsm8k", "error"): 2,
        ("gsm8k", "correct"): 2,
        **{
            (task, side): 1
            for task in ("math", "olympiadbench", "omnimath")
            for side in ("error", "correct")
        },
    }
    assert [s.id for s in found if s.task == "gsm8k"] == [f"gsm8k-{i}" for i in range(4)]
    assert [s.turns[0].target for s in found if s.task == "gsm8k"] == [1, -1, 0, -1]
    assert all(s.row_id == s.id for s in found)


def test_subsets_are_chosen_and_limited() -> None:
    assert [s.id for s in samples(task="math,omnimath")] == [
        "math-0",
        "math-1",
        "omnimath-0",
        "omnimath-1",
    ]
    assert Counter(s.task for s in processbench().samples(1)).total() == 4
    with pytest.raises(ConfigError, match="did you mean 'math'"):
        processbench(task="maths")


@pytest.mark.parametrize("name", ["gsm8k.json", "mine.json"])
def test_rows_of_a_file_are_known_by_its_name_or_by_their_ids(tmp_path, name) -> None:
    (tmp_path / name).write_text((FIXTURES / "gsm8k.json").read_text())
    assert {s.task for s in samples(path=str(tmp_path / name))} == {"gsm8k"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": []}, "'steps' should list"),
        ({"steps": ["a", 1]}, "'steps' should list"),
        ({"label": 2}, "'label' should be -1 to 1, found 2"),
        ({"label": -2}, "'label' should be -1 to 1"),
        ({"label": "1"}, "'label' should be int"),
        ({"problem": None}, "'problem' should be str"),
    ],
)
def test_a_malformed_row_is_named(tmp_path, change, said) -> None:
    row = json.loads((FIXTURES / "gsm8k.json").read_text())[0]
    (tmp_path / "gsm8k.json").write_text(json.dumps([row | change]))
    with pytest.raises(DataError, match=rf"gsm8k\.json, row 1: field {said}"):
        samples(path=str(tmp_path / "gsm8k.json"))


def test_missing_files_are_told_with_the_command_that_brings_them(tmp_path) -> None:
    (problem,) = processbench(data_dir=str(tmp_path)).problems()
    assert "no data of gsm8k, math, olympiadbench, omnimath" in problem.what
    assert "evalrun fetch processbench" in problem.remedy
    assert not processbench().problems()


# What critics are asked


def test_a_critic_sees_the_problem_and_numbered_paragraphs() -> None:
    query = only_query(samples(task="gsm8k")[0])
    assert "Ada has 3 pens" in query
    assert (
        "<paragraph_0>\nShe begins with 3 pens.\n</paragraph_0>\n\n"
        "<paragraph_1>\n3 + 4 = 8, so she has \\boxed{8} pens.\n</paragraph_1>\n"
    ) in query
    assert query.endswith("\\boxed{}.")
    assert samples()[0].turns[0].max_tokens == 8192


def test_a_template_of_ones_own_is_stripped_and_filled_once(tmp_path) -> None:
    template = tmp_path / "ask.txt"
    template.write_text("\nP: {problem}\nS: {tagged_response}\nIn \\boxed{{}}.\n\n")
    row = json.loads((FIXTURES / "gsm8k.json").read_text())[0]
    row |= {"problem": "{steps}", "steps": ["{problem}", "b"]}
    (tmp_path / "gsm8k.json").write_text(json.dumps([row]))
    (sample,) = samples(path=str(tmp_path / "gsm8k.json"), template=str(template))
    assert only_query(sample) == (
        "P: {steps}\nS: <paragraph_0>\n{problem}\n</paragraph_0>\n\n"
        "<paragraph_1>\nb\n</paragraph_1>\nIn \\boxed{}."
    )


def test_the_published_template_is_used_where_it_was_fetched(tmp_path) -> None:
    published = tmp_path / "prompts" / "code" / "templates" / "critique_template.txt"
    published.parent.mkdir(parents=True)
    published.write_text("{problem}|{tagged_response}")
    rows = tmp_path / "data" / "code" / "dataset"
    rows.mkdir(parents=True)
    (rows / "math.json").write_text((FIXTURES / "math.json").read_text())
    benchmark = processbench(data_dir=str(tmp_path), task="math")
    first = next(benchmark.samples())
    assert only_query(first).startswith("Solve $x + 2 = 5$.|<paragraph_0>\n")
    provenance = benchmark.provenance()
    assert provenance["prompts"] == "critique_template.txt"
    assert list(provenance["files"]) == ["code/dataset/math.json"]


def test_provenance_names_the_wording_and_the_licence() -> None:
    provenance = processbench().provenance()
    assert provenance["prompts"] == "evalrun wording"
    assert provenance["licence"] == "apache-2.0"
    assert "prompts" not in processbench(form="generative_prm").provenance()


def test_a_template_that_is_not_there_is_a_problem() -> None:
    (problem,) = processbench(template="nowhere.txt").problems()
    assert "nowhere.txt: no such file" in problem.what


# Step by step


def test_a_generative_reward_model_sees_a_step_a_turn() -> None:
    turns = samples(form="generative_prm", task="gsm8k")[2].turns
    assert [turn.query for turn in turns] == [
        "Bo reads 5 pages a day. How many does he read in a week?\n\nA week has 6 days.",
        "5 * 6 = 30.",
        "He reads \\boxed{30} pages.",
    ]
    assert [turn.max_tokens for turn in turns] == [1, 1, 1]
    # One verdict on the solution, at its end.
    assert [turn.answers for turn in turns] == [0, 0, 1]
    assert turns[-1].target == 0


def test_a_discriminative_reward_model_sees_one_step_more_each_turn() -> None:
    turns = samples(form="discriminative_prm", separator="|", task="math")[0].turns
    assert [turn.query for turn in turns] == [
        "Solve $x + 2 = 5$.|Take 2 away: $x = 5 - 2$.|",
        "Solve $x + 2 = 5$.|Take 2 away: $x = 5 - 2$.|So $x = \\boxed{4}$.|",
    ]
    assert {turn.choices for turn in turns} == {("-", "+")}


def test_official_rows_are_read(shared_data) -> None:
    folder = shared_data / "processbench"
    for name, count in (
        ("gsm8k.first60", 60),
        ("math.first40", 40),
        ("olympiadbench.first40", 40),
        ("omnimath.first40", 40),
    ):
        found = samples(path=str(folder / f"{name}.json"))
        assert len(found) == count
        assert {sample.task for sample in found} == {name.partition(".")[0]}
        assert {sample.labels["side"] for sample in found} == {"error"}
