"""HiBench: the grid, official files, synthetic rows, prompts."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.hibench import HiBench
from evalrun.benchmarks.hibench.tasks import all_tasks, choose_tasks
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.options import to_options
from evalrun.core.sample import Sample

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "hibench"
EASY = FIXTURES / "Fundamental" / "normal" / "unbalanced-unweighted-easy.json"
ANSWERS = FIXTURES / "Code" / "pythonSelected" / "answer.json"
COUNTS = FIXTURES / "JSON" / "QA" / "child_count" / "child_count_university_structure_small.json"


def made(**section: Any) -> HiBench:
    """Return the benchmark with synthetic rows, one a cell."""
    section = {"name": "hibench", "rows": 1, **section}
    return HiBench(to_options(section, HiBench.Options, "benchmark"))


def official(**section: Any) -> HiBench:
    """Return the benchmark over our own rows in the official formats."""
    section = {"name": "hibench", "data": "official", "data_dir": str(FIXTURES), **section}
    return HiBench(to_options(section, HiBench.Options, "benchmark"))


def text_of(sample: Sample) -> str:
    (turn,) = sample.turns
    return f"{sample.context}{turn.query}"


def cells(samples: list[Sample]) -> Counter[str]:
    return Counter(sample.labels["cell"] for sample in samples)


# Tasks


def test_there_are_33_tasks_in_six_scenarios() -> None:
    scenarios = Counter(task.scenario for task in all_tasks().values())
    assert scenarios == {"normal": 9, "binary": 6, "json": 10, "formula": 3, "code": 2, "paper": 3}


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("mirror_tree", ["binary_mirror_tree"]),
        ("code", ["code_SpaceComplexity", "code_TimeComplexity"]),
        (("code_TimeComplexity", "code"), ["code_TimeComplexity", "code_SpaceComplexity"]),
        ("normal_node_depth, json_node_depth", ["normal_node_depth", "json_node_depth"]),
    ],
)
def test_tasks_are_named_by_scenario_or_subtask_too(chosen, names) -> None:
    assert [task.name for task in choose_tasks(chosen)] == names


@pytest.mark.parametrize("chosen", ["node_depth", "normal_rot"])
def test_an_unknown_or_ambiguous_name_is_refused_with_the_nearest(chosen) -> None:
    with pytest.raises(ConfigError, match="did you mean"):
        choose_tasks(chosen)


# Synthetic rows


def test_the_grid_of_synthetic_rows_is_the_official_one() -> None:
    counts = Counter(sample.task for sample in made().samples())
    assert len(counts) == 28
    assert {counts[task] for task in counts if task.startswith("normal")} == {3 * 2}
    assert {counts[task] for task in counts if task.startswith("binary")} == {2 * 3 * 2}
    assert {counts[task] for task in counts if task.startswith("json")} == {10}
    assert counts["formula_calculate"] == 27 * 3
    assert counts["formula_convert"] == 27 * 6
    assert counts["formula_equivalent"] == 27 * 9


def test_ids_are_unique_and_samples_the_same_each_time() -> None:
    samples = list(made(rows=2).samples())
    assert len({sample.id for sample in samples}) == len(samples)
    assert samples == list(made(rows=2).samples())
    assert all(sample.metadata == {"synthetic": True} for sample in samples)


def test_more_rows_leave_the_first_ones_as_they_are() -> None:
    more = {sample.id: sample for sample in made(rows=3, task="normal,json").samples()}
    few = list(made(rows=1, task="normal,json").samples())
    assert all(more[sample.id] == sample for sample in few)


def test_another_seed_makes_other_rows() -> None:
    def targets(seed: int) -> list[Any]:
        samples = made(task="calculate", seed=seed).samples()
        return [sample.turns[0].target for sample in samples]

    assert targets(1) != targets(2)


def test_a_limit_counts_the_samples_of_each_task() -> None:
    assert set(Counter(s.task for s in made(rows=5).samples(7)).values()) == {7}


@pytest.mark.parametrize(
    ("section", "labels"),
    [
        ({"task": "root", "input_mode": "edge"}, {"input_mode": {"edge"}}),
        ({"task": "root"}, {"input_mode": {"edge", "hierarchy"}}),
        ({"task": "json", "names": "nonsense"}, {"names": {"nonsense"}}),
        ({"task": "balance"}, {"balance": {"balanced", "unbalanced"}}),
        ({"task": "root"}, {"difficulty": {"easy", "medium", "hard"}, "scenario": {"normal"}}),
    ],
)
def test_labels_tell_cells_apart(section, labels) -> None:
    samples = list(made(**section).samples())
    for name, values in labels.items():
        assert {sample.labels[name] for sample in samples} == values


def test_every_sample_has_all_labels() -> None:
    samples = [*made().samples(1), *official(task="code,paper").samples(1)]
    assert len({tuple(sample.labels) for sample in samples}) == 1
    assert samples[-1].labels["difficulty"] == "-"


def test_questions_on_a_domain_share_its_structure_as_context() -> None:
    samples = [s for s in made(task="json").samples() if s.labels["domain"].endswith("re_small")]
    assert len({sample.context for sample in samples}) == 2
    assert all("University" in s.context for s in samples if s.labels["names"] == "meaningful")


def test_code_and_papers_are_not_made() -> None:
    (problem,) = made(task="code,root").problems()
    assert "code_SpaceComplexity, code_TimeComplexity" in problem.what
    assert made().problems() == ()


def test_provenance_says_that_rows_are_synthetic() -> None:
    found = made().provenance()
    assert (found["rows"], found["prompts"]) == ("synthetic", "evalrun wording")


# Official files


def test_files_of_one_difficulty_make_one_cell_for_each_mode() -> None:
    samples = list(official(task="normal_root").samples())
    assert cells(samples) == {
        "unbalanced-easy-edge": 3,
        "unbalanced-easy-hierarchy": 3,
        "unbalanced-medium-edge": 2,
        "unbalanced-medium-hierarchy": 2,
    }
    assert len({sample.id for sample in samples}) == len(samples)
    assert "normal_root/unbalanced-medium-edge/2/0" in {sample.id for sample in samples}


def test_a_tree_is_shown_as_it_is_drawn_and_answered_in_kind() -> None:
    row = json.loads(EASY.read_text())[0]
    edge, hierarchy = (
        next(iter(official(task="add_node", input_mode=mode).samples()))
        for mode in ("edge", "hierarchy")
    )
    assert row["edge_presentation"] in edge.context
    assert row["hierarchy_presentation"] in hierarchy.context
    assert row["add_node_Q"] in text_of(edge)
    assert edge.turns[0].target == row["add_node_A_E"]
    assert hierarchy.turns[0].target == row["add_node_A_H"]
    second = next(iter(official(task="isomorphic", input_mode="hierarchy").samples()))
    assert row["isomorphic_Q_H"] in text_of(second)


def test_answers_keep_their_types() -> None:
    samples = {s.task: s for s in official(task="root,leaf,prefix_traversal").samples(1)}
    assert samples["normal_root"].turns[0].target == 0
    assert samples["normal_leaf"].turns[0].target is True
    assert isinstance(samples["binary_prefix_traversal"].turns[0].target, list)


def test_files_of_earlier_versions_and_other_splits_are_left_alone() -> None:
    assert cells(list(official(task="child_count").samples())) == {
        "university_structure_small": 2,
        "university_bullshit_structure_small": 2,
    }
    assert cells(list(official(task="outline_extraction").samples())) == {"test": 1}
    floats = [s for s in official(task="calculate").samples() if "float" in s.id]
    assert floats == []


def test_as_many_rows_of_a_formula_file_as_the_launcher_takes() -> None:
    assert len(list(official(task="calculate").samples())) == 13
    assert len(list(official(task="calculate", formula_rows=None).samples())) == 15
    # Of a file that is named, all may have been answered.
    path = FIXTURES / "Formula/calculate/infix_symbol_hard_value_easy_length_easy.csv"
    assert len(list(official(path=str(path)).samples())) == 15
    (first, _) = official(task="convert").samples()
    assert "in infix notation in postfix notation" in text_of(first)
    assert first.labels["notation"] == "infix2postfix"


def test_code_is_shown_and_both_names_of_the_time_are_read() -> None:
    samples = [s for s in official(task="code").samples() if s.labels["cell"] == "python"]
    assert [(s.row_id, s.turns[0].target) for s in samples] == [
        (1, "O(1)"),
        (2, "O(n)"),
        (1, "O(n)"),
        (2, "O(n * m)"),
    ]
    assert "def last(items):" in text_of(samples[0])


def test_answers_about_papers_are_wrapped_as_the_official_code_does() -> None:
    (sample,) = official(task="disordered_section").samples()
    assert sample.turns[0].target == "{answer:['Results', 'Setup']}"
    assert sample.turns[0].metadata == {"references": ["Results", "Setup"]}


def test_the_identity_holds_structures_and_sources_too() -> None:
    files = official(task="child_count,code").provenance()["files"]
    assert "JSON/dataset/university_structure_small.json" in files
    assert "Code/c++Selected/1.cpp" in files


def test_missing_files_are_said_before_anything_starts(tmp_path) -> None:
    (problem,) = official(data_dir=str(tmp_path), task="root,code").problems()
    assert "normal_root, code_SpaceComplexity, code_TimeComplexity" in problem.what
    assert official(task="normal,binary,code,paper").problems() == ()


def test_a_missing_structure_is_an_error_unless_it_is_not_needed(tmp_path) -> None:
    path = tmp_path / COUNTS.relative_to(FIXTURES)
    path.parent.mkdir(parents=True)
    shutil.copy(COUNTS, path)
    section = {"data_dir": str(tmp_path), "task": "child_count"}
    (problem,) = official(**section).problems()
    assert "university_structure_small.json: no such file" in problem.what
    lenient = official(**section, context="optional")
    assert lenient.problems() == ()
    assert [sample.turns[0].target for sample in lenient.samples()] == ["2", "2"]


# One file


def test_an_answer_of_null_is_the_text_none(tmp_path) -> None:
    (row, *_) = json.loads(EASY.read_text())
    path = tmp_path / EASY.name
    path.write_text(json.dumps([{**row, "all_ancestor_A": None}]))
    section = {"path": str(path), "task": "all_ancestor", "input_mode": "edge"}
    assert [s.turns[0].target for s in official(**section).samples()] == ["None"]
    path = tmp_path / "root.json"
    path.write_text(json.dumps([{"response": "", "TrueAnswer": None}]))
    (sample,) = official(path=str(path), task="normal_root", input_mode="edge").samples()
    assert sample.turns[0].target == "None"


@pytest.mark.parametrize(
    ("path", "task", "count"),
    [
        (EASY, "normal_root", 6),
        (COUNTS, "all", 2),
        (ANSWERS, "TimeComplexity", 2),
        (FIXTURES / "Paper" / "contextual_qa" / "dev.json", "paper", 1),
    ],
)
def test_a_file_is_recognised_by_its_name(path, task, count) -> None:
    assert len(list(official(path=str(path), task=task).samples())) == count


def test_a_file_of_another_name_is_of_the_only_task(tmp_path) -> None:
    path = shutil.copy(EASY, tmp_path / "rows.json")
    (sample, *_) = official(path=str(path), task="leaf", input_mode="edge").samples()
    assert sample.id == "normal_leaf/rows-edge/0"
    assert len({s.task for s in official(path=str(path), task="leaf,root").samples()}) == 2


def placed(folder: Path, source: Path, name: str, *fields: str) -> str:
    """Write the rows of `source` to a file of another name, with these fields alone."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".csv":
        shutil.copy(source, path)
        return str(path)
    rows = json.loads(source.read_text())
    kept = [{key: row[key] for key in fields or row} for row in rows]
    path.write_text(json.dumps(kept))
    return str(path)


def told(path: str, **options: Any) -> set[tuple[str, str]]:
    """Return the tasks and drawings that the rows of a file are taken for."""
    samples = official(path=path, context="optional", **options).samples()
    return {(sample.task, sample.labels["input_mode"]) for sample in samples}


EDGES = ("id", "edge_presentation")


def test_the_fields_of_rows_tell_task_and_drawing(tmp_path) -> None:
    both = ("id", "edge_presentation", "hierarchy_presentation")
    add = ("add_node_Q", "add_node_A_H")
    assert told(placed(tmp_path, EASY, "a.json", *EDGES, "leaf_Q", "leaf_A")) == {
        ("normal_leaf", "edge")
    }
    assert told(placed(tmp_path, EASY, "b.json", *both, *add)) == {("normal_add_node", "hierarchy")}
    assert len(told(placed(tmp_path, EASY, "c.json"))) == 18
    assert told(placed(tmp_path, ANSWERS, "d.json", "question_no", "space")) == {
        ("code_SpaceComplexity", "-")
    }


def test_a_drawing_that_is_asked_for_is_not_replaced_by_another(tmp_path) -> None:
    path = placed(tmp_path, EASY, "a.json", *EDGES, "leaf_Q", "leaf_A")
    with pytest.raises(DataError, match="hierarchy_presentation"):
        told(path, task="leaf", input_mode="hierarchy")


def test_the_path_tells_the_task_where_fields_do_not(tmp_path) -> None:
    assert told(placed(tmp_path, COUNTS, "child_count/mine.json")) == {("json_child_count", "-")}
    formulas = FIXTURES / "Formula" / "convert"
    formula = next(formulas.glob("*.csv"))
    assert told(placed(tmp_path, formula, "convert-mine.csv")) == {("formula_convert", "-")}
    for source, name in ((formula, "mine.csv"), (COUNTS, "mine.json"), (ANSWERS, "answers.json")):
        with pytest.raises(ConfigError, match=r"of which task .* say benchmark\.task=T, of "):
            told(placed(tmp_path / "other", source, name))


def responses(folder: Path, name: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([{"TrueAnswer": "0 -> 1", "response": "{answer: 0 -> 1}"}]))
    return str(path)


def test_the_path_of_responses_tells_their_task_and_drawing(tmp_path) -> None:
    named = responses(tmp_path, "normal/add_node/InputMode_hierarchy/responses.json")
    assert told(named) == {("normal_add_node", "hierarchy")}
    assert told(responses(tmp_path, "normal/root/responses.json")) == {
        ("normal_root", "edge"),
        ("normal_root", "hierarchy"),
    }
    # Two scenarios ask for the depth of a node.
    with pytest.raises(ConfigError, match=r"of normal_node_depth, json_node_depth"):
        told(responses(tmp_path, "node_depth/responses.json"))
    assert told(responses(tmp_path, "json/node_depth/responses.json")) == {("json_node_depth", "-")}
    with pytest.raises(ConfigError, match=r"how are its trees drawn\? say benchmark\.input_mode"):
        told(responses(tmp_path, "mirror_tree/responses.json"))


def test_official_responses_have_prompt_and_answer_ready(tmp_path) -> None:
    rows = [{"UserPrompt": "Which?", "TrueAnswer": "0 -> 1", "response": "{answer: 0 -> 1}"}]
    path = tmp_path / "SubTask_add_node_InputMode_edge_ExampleType_ZeroShot.json"
    path.write_text(json.dumps(rows))
    (sample,) = official(path=str(path), task="add_node").samples()
    assert (text_of(sample), sample.turns[0].target) == ("Which?", "0 -> 1")
    assert sample.labels["input_mode"] == "edge"


def change(**fields: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda row: {key: value for key, value in {**row, **fields}.items() if value is not ...}


@pytest.mark.parametrize(
    ("source", "task", "changed", "message"),
    [
        (EASY, "root", change(root_A=...), "row 1: missing field 'root_A'"),
        (EASY, "root", change(root_A=None), "row 1: field 'root_A' should be"),
        (EASY, "add_node", change(add_node_A_E=""), "row 1: field 'add_node_A_E' is empty"),
        (EASY, "root", change(edge_presentation=3), "row 1: field 'edge_presentation'"),
        (COUNTS, "child_count", change(answer={}), "row 1: field 'answer' should be"),
        (ANSWERS, "SpaceComplexity", change(question_no="1"), "row 1: field 'question_no'"),
        (ANSWERS, "SpaceComplexity", change(question_no=9), "no source file of question 9"),
        (ANSWERS, "TimeComplexity", change(**{"time complexity": ...}), "'time complexity'"),
        (
            FIXTURES / "Paper" / "contextual_qa" / "dev.json",
            "contextual_qa",
            change(answer={"references": []}),
            "row 1: answer.references should be a list of texts",
        ),
    ],
)
def test_malformed_rows_are_named_with_file_row_and_field(
    tmp_path, source, task, changed, message
) -> None:
    path = tmp_path / source.relative_to(FIXTURES)
    shutil.copytree(source.parent, path.parent)
    shutil.copytree(FIXTURES / "JSON" / "dataset", tmp_path / "JSON" / "dataset")
    first, *rest = json.loads(path.read_text())
    path.write_text(json.dumps([changed(first), *rest]))
    bench = official(path=str(path), task=task, input_mode="edge")
    with pytest.raises(DataError, match=str(path.name)) as failure:
        list(bench.samples())
    assert message in str(failure.value)


# Prompts


def test_the_form_of_the_answer_is_asked_for() -> None:
    samples = {s.task: s for s in made(input_mode="hierarchy").samples(1)}
    assert '{"answer": "the tree, line by line"}' in text_of(samples["normal_add_node"])
    assert '{"answer": 1, 2, 3}\nWrite None' in text_of(samples["normal_all_children"])
    assert '{"answer": "XXX -> YYY"}' in text_of(samples["json_path_up_to_down"])
    assert all(sample.messages[0].role == "system" for sample in samples.values())


@pytest.mark.parametrize("shots", [0, 1, 3])
def test_solved_examples_stand_before_the_question(shots) -> None:
    bench = [*made(shots=shots).samples(1), *official(shots=shots, task="code,paper").samples(1)]
    assert len({sample.task for sample in bench}) == 33
    for sample in bench:
        text = text_of(sample)
        assert text.count("Example ") == shots
        # An answer for each of them, and the form.
        assert text.count('{"answer": ') == shots + 1


def test_examples_are_in_the_mode_and_the_notation_asked_for() -> None:
    for sample in made(shots=3, task="mirror_tree,convert").samples():
        text = text_of(sample)
        if sample.task == "binary_mirror_tree":
            drawing = "`-(" in text
            assert drawing == (sample.labels["input_mode"] == "hierarchy")
        else:
            assert text.count(f"in {sample.labels['notation'].split('2')[0]} notation in") == 4


def test_no_example_is_asked() -> None:
    asked = {text_of(sample) for sample in made(rows=3, task="normal,json").samples()}
    for sample in made(shots=3, task="normal,json").samples():
        for example in text_of(sample).split("Example ")[1:]:
            question = example.split("\n\n", 1)[1].split('\n\n{"answer"')[0]
            assert not any(text.startswith(question) for text in asked)
