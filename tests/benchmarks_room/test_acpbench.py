"""ACPBench and ACPBench Hard: rows of eight tasks as samples, and how they are asked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from evalrun.benchmarks.acpbench import ACPBench, ACPBenchHard
from evalrun.benchmarks.acpbench.tasks import CLOSED, GROUPS
from evalrun.benchmarks.acpbench.wording import read_examples, read_sentences
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.options import to_options
from evalrun.core.sample import Sample

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "acpbench"


def closed(**section) -> ACPBench:
    section = {"name": "acpbench", "data_dir": str(FIXTURES), **section}
    return ACPBench(to_options(section, ACPBench.Options, "benchmark"))


def hard(**section) -> ACPBenchHard:
    section = {"name": "acpbench_hard", "data_dir": str(FIXTURES), **section}
    return ACPBenchHard(to_options(section, ACPBenchHard.Options, "benchmark"))


def first(task: str, **section) -> Sample:
    benchmark = hard if task in GROUPS else closed
    return next(iter(benchmark(task=task, **section).samples(1)))


def query(sample: Sample) -> str:
    (turn,) = sample.turns
    assert isinstance(turn.query, str)
    return turn.query


# Rows


def test_each_row_is_a_sample_of_its_task() -> None:
    assert Counter(sample.task for sample in hard().samples()) == dict.fromkeys(GROUPS, 2)
    forms = {f"{task}_{form}": 1 for task in CLOSED for form in ("bool", "mcq")}
    assert Counter(sample.task for sample in closed().samples()) == forms


def test_ids_that_come_again_in_other_tasks_are_told_apart() -> None:
    found = list(hard().samples())
    assert [s.row_id for s in found].count(7) == 8
    assert len({s.id for s in found}) == len(found)
    assert {s.labels["domain"] for s in found} == {"rooms"}


def test_forms_and_tasks_are_chosen_and_limited() -> None:
    assert {s.labels["form"] for s in closed(form="mcq").samples()} == {"mcq"}
    assert [s.task for s in closed(task="val_mcq,app_bool").samples()] == ["val_mcq", "app_bool"]
    assert [s.task for s in hard(task=["val", "app"]).samples(1)] == ["val", "app"]
    with pytest.raises(ConfigError, match="did you mean 'nexta'"):
        hard(task="next")
    with pytest.raises(ConfigError, match="unknown task 'app_bool'"):
        closed(form="mcq", task="app_bool")


def test_choices_and_golden_answers_are_kept() -> None:
    (turn,) = first("app_mcq").turns
    assert turn.target == "B"
    assert turn.choices[1] == "go from hall to den"
    assert first("app_bool").turns[0].target == "yes"
    assert first("app_bool").turns[0].choices == ()
    (turn,) = first("prog").turns
    assert turn.target["answer"] == {
        "pos": ["(carried blue)"],
        "neg": ["(box-in blue hall)", "(free)"],
    }
    assert turn.target["domain"].startswith("(define (domain rooms)")
    assert (first("prog").turns[0].max_tokens, first("app_bool").turns[0].max_tokens) == (
        1000,
        1024,
    )


@pytest.mark.parametrize("task", GROUPS)
def test_answers_of_development_rows_may_be_literals_in_texts(task: str) -> None:
    of_test, of_dev = first(task), first(task, split="dev")
    assert of_dev.turns[0].target == of_test.turns[0].target
    assert (of_test.row_id, of_dev.row_id) == (7, "7")


@pytest.mark.parametrize("name", ["test.gen.json", "mine.json"])
def test_rows_of_a_file_are_known_by_their_group(tmp_path, name: str) -> None:
    rows = [
        *json.loads((FIXTURES / "dataset/val/test.gen.json").read_text()),
        *json.loads((FIXTURES / "dataset/land/test.gen.json").read_text()),
        *json.loads((FIXTURES / "dataset/land/test.bool.json").read_text()),
        *json.loads((FIXTURES / "dataset/land/test.mcq.json").read_text()),
    ]
    (tmp_path / name).write_text(json.dumps(rows))
    path = str(tmp_path / name)
    assert [s.task for s in hard(path=path).samples()] == ["val", "val", "land", "land"]
    assert [s.task for s in closed(path=path).samples()] == ["land_bool", "land_mcq"]
    assert [s.row for s in closed(path=path).samples()] == [4, 5]


@pytest.mark.parametrize(
    ("task", "change", "said"),
    [
        ("val", {"answer": "-"}, "'answer' is no Python literal: '-'"),
        ("val", {"answer": "[1]"}, "'answer': Expected `int`"),
        ("prog", {"answer": {"pos": []}}, "'answer': Object missing required field `neg`"),
        ("app", {"answer": ["(go)", 1]}, "'answer': Expected `str`"),
        ("app", {"answer": None}, "'answer' should be str or list"),
        ("reach", {"PDDL_problem": None}, "'PDDL_problem' should be str"),
        ("land_bool", {"answer": "maybe"}, "'answer': Invalid enum value 'maybe'"),
        ("land_mcq", {"answer": "E"}, "'answer': Invalid enum value 'E'"),
        ("land_mcq", {"choices": {"text": ["a"]}}, "'choices' should hold four texts"),
        ("land_mcq", {"question": 3}, "'question' should be str"),
    ],
)
def test_a_malformed_row_is_named(tmp_path, task: str, change: dict, said: str) -> None:
    name, _, form = task.partition("_")
    path = FIXTURES / "dataset" / name / f"test.{form or 'gen'}.json"
    if not path.is_file():
        path = FIXTURES / f"{name}.dev.gen.json"
    row = json.loads(path.read_text())[0]
    (tmp_path / "rows.json").write_text(json.dumps([row | change]))
    benchmark = closed if form else hard
    with pytest.raises(DataError, match=r"rows\.json, row 1: field ") as error:
        list(benchmark(path=str(tmp_path / "rows.json")).samples())
    assert said in str(error.value)


def test_missing_files_are_told_with_the_command_that_brings_them(tmp_path) -> None:
    (problem,) = hard(data_dir=str(tmp_path)).problems()
    assert "no data of app, areach, just" in problem.what
    assert "evalrun fetch acpbench_hard" in problem.remedy
    (problem,) = closed(data_dir=str(tmp_path), task="app_mcq").problems()
    assert "dataset/app/test.mcq.json.gz" in problem.remedy
    assert not hard().problems()
    assert not closed().problems()


def test_provenance_names_wording_licence_and_files() -> None:
    provenance = hard(task="app,val").provenance()
    assert provenance["prompts"] == "evalrun wording"
    assert provenance["licence"] == "CDLA-Permissive-2.0"
    assert list(provenance["files"]) == [
        "dataset/app/test.gen.json.gz",
        "dataset/val/test.gen.json",
    ]
    assert closed(task="val_bool").provenance()["tasks"] == ["val_bool"]


# What is asked


def test_the_official_frame_ends_where_the_answer_begins() -> None:
    text = query(first("val", shots=0))
    assert text.startswith("**Question**: A robot moves between rooms")
    assert "(take blue hall) (take red hall)" in text
    assert text.endswith("Write the index of the action, and nothing else. **Final Answer**:")
    text = query(first("app_bool", shots=0))
    assert text.startswith("**Question**: A robot moves between rooms")
    assert text.endswith(
        "red box should be in hall.  Can the robot go from hall to den now? **Thoughts**:"
    )


def test_two_worked_examples_come_first() -> None:
    blocks = query(first("val")).split("\n\n")
    assert len(blocks) == 3
    assert all(block.startswith("**Question**: ") for block in blocks)
    assert blocks[0].endswith("**Final Answer**: 2")
    assert blocks[1].endswith("**Final Answer**: 5")
    assert len(query(first("val", shots=1)).split("\n\n")) == 2
    blocks = query(first("app_mcq")).split("\n\n")
    assert "**Thoughts**: A needs the lift at g" in blocks[0]
    assert blocks[0].endswith("**Final Answer**: B.")


def test_examples_of_open_questions_ask_what_the_row_asks() -> None:
    blocks = query(first("prog")).split("\n\n")
    assert 'What changes with "bob gets out of the lift at floor f1"?' in blocks[0]
    assert 'What changes with "the blue box is taken in hall"?' in blocks[2]
    blocks = query(first("reach")).split("\n\n")
    assert all("Which fact can never hold?" in block for block in blocks)


def test_examples_have_the_goal_where_rows_have_it() -> None:
    assert "The goal is that ann waits at f2." in query(first("land"))
    assert "The goal is that" not in query(first("app"))
    assert "Actions are (ride ?from ?to)" in query(first("app"))
    assert "Actions are (ride ?from ?to)" not in query(first("land_bool"))


def test_pddl_stands_beside_words_or_in_their_place() -> None:
    both = query(first("app", shown="both"))
    assert both.startswith(read_sentences().pddl)
    assert both.count("# PDDL DOMAIN \n\n```\n(define (domain ") == 3
    assert both.count("# PDDL PROBLEM \n\n```\n(define (problem ") == 3
    assert both.endswith(" \n**Final Answer**:")
    assert "A robot moves between rooms" in both
    pddl = query(first("app", shown="pddl"))
    assert "A robot moves between rooms" not in pddl
    assert "**Question**: Which actions can be applied? Write each" in pddl


def test_a_chat_has_no_frame() -> None:
    sample = first("val", style="chat")
    assert [message.role for message in sample.messages] == ["user", "assistant"] * 2
    assert [m.content for m in sample.messages[1::2]] == ["2", "5"]
    assert "**" not in query(sample)
    assert query(sample).endswith(
        "Count actions from 0. Write the index of the action, and nothing else."
    )
    sample = first("app_bool", style="chat", shots=0)
    assert sample.messages == ()
    assert query(sample).endswith('"**Final Answer**: No.", exactly so.')
    sample = first("app", style="chat", shots=1, shown="pddl")
    assert [message.role for message in sample.messages] == ["system", "user", "assistant"]
    assert sample.messages[0].content == read_sentences().pddl


def test_there_are_two_examples_of_each_task_and_form() -> None:
    examples = read_examples()
    assert set(examples.gen) == set(GROUPS)
    assert set(examples.bool) == set(examples.mcq) == set(CLOSED)
    for by_task in (examples.bool, examples.mcq, examples.gen):
        for shown in by_task.values():
            assert [example.world for example in shown] == ["lift", "kitchen"]
    assert {e.answer for shown in examples.bool.values() for e in shown} == {"Yes", "No"}
    assert {e.answer for shown in examples.mcq.values() for e in shown} == set("ABCD")


# The shipped rows


def test_official_rows_are_read(shared_data) -> None:
    data_dir = str(shared_data / "acpbench_hard")
    assert Counter(s.task for s in hard(data_dir=data_dir, split="dev").samples()) == dict.fromkeys(
        GROUPS, 40
    )
    found = list(closed(data_dir=data_dir, split="dev").samples())
    assert len(found) == 2 * 7 * 40
    for path in sorted(Path(data_dir).glob("*.json")):
        task, _, form = path.name.removesuffix(".json").split(".")
        benchmark = hard if form == "gen" else closed
        tasks = {s.task for s in benchmark(path=str(path)).samples()}
        assert tasks == {task if form == "gen" else f"{task}_{form}"}
