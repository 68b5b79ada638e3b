"""HiBench from the command line: means of means, and predictions on each kind of official file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import evalrun
from layout_rows import layout_rows, layout_values
from rows import only_run, read_jsonl, write_jsonl

from evalrun.benchmarks.hibench import HiBench
from evalrun.benchmarks.hibench.options import HiBenchOptions

pytest.importorskip("pandas")

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "hibench"
TREES = FIXTURES / "Fundamental" / "normal"

LOCAL = ("all_ancestor", "all_children", "common_ancestor", "node_depth", "leaf", "root")


def reply(answer: object) -> str:
    return f'{{"answer": {str(answer).strip("[]")}}}'


def rows_of(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))


def tree_replies() -> list[dict[str, str]]:
    """Answer all official questions on relations rightly, drawn as edges; some roots wrongly."""
    files = {"easy": "easy", "medium/1": "medium-1", "medium/2": "medium-2"}
    rows = [
        (cell, index, row)
        for cell, name in files.items()
        for index, row in enumerate(rows_of(TREES / f"unbalanced-unweighted-{name}.json"))
    ]
    replies = []
    for task in LOCAL:
        for cell, index, row in rows:
            difficulty, _, part = cell.partition("/")
            place = f"unbalanced-{difficulty}-edge/{f'{part}/' if part else ''}{index}"
            # One of three easy roots, and one of two of medium trees.
            wrong = task == "root" and (index == 0 and part != "2")
            answer = "none" if wrong else row[f"{task}_A"]
            replies.append({"id": f"normal_{task}/{place}", "output": reply(answer)})
    return replies


RUN = [
    "recipe=hibench",
    "model=recorded",
    "model.path=replies.jsonl",
    "benchmark.data=official",
    f"benchmark.data_dir={FIXTURES}",
    "benchmark.input_mode=edge",
]


def test_a_capability_is_a_mean_of_scenarios_of_subtasks_of_cells(tmp_path: Path) -> None:
    json_tasks = ("child_count", "level_nodes", "path_between_nodes")
    rows = tree_replies()
    # Of JSON, no question on meaningful names is answered rightly, and all on nonsense ones are.
    for task in json_tasks:
        for domain in ("university_structure_small", "university_bullshit_structure_small"):
            path = FIXTURES / "JSON" / "QA" / task / f"{task}_{domain}.json"
            for index, row in enumerate(rows_of(path)):
                output = reply(f'"{row["answer"]}"') if "bullshit" in domain else "no"
                rows.append({"id": f"json_{task}/{domain}/{index}", "output": output})
    write_jsonl(tmp_path / "replies.jsonl", rows)
    tasks = ",".join([*(f"normal_{task}" for task in LOCAL), *(f"json_{t}" for t in json_tasks)])
    done = evalrun(*RUN, f"benchmark.task=[{tasks}]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = only_run(tmp_path)
    root = (2 / 3 + 1 / 2) / 2
    subtasks = layout_values(folder, "subtasks")
    assert subtasks["normal_root"] == pytest.approx(root)
    assert subtasks["normal_leaf"] == 1
    assert subtasks["json_child_count"] == 0
    scenarios = layout_values(folder, "scenarios")
    assert scenarios["normal"] == pytest.approx((5 + root) / 6)
    assert scenarios["json"] == 0
    dimensions = layout_values(folder, "dimensions")
    # Questions on some subtasks of JSON were not asked.
    assert dimensions["Local"] is None
    assert dimensions["Textual"] is None
    cells = {row["keys"]["label.difficulty"]: row for row in layout_rows(folder, "trees")}
    assert cells["easy"]["cells"]["normal_root"]["value"] == pytest.approx(2 / 3)


def test_all_subtasks_of_both_scenarios_make_a_capability(tmp_path: Path) -> None:
    """Roots of trees drawn as edges are right, and depths in JSON; nonsense names do not count."""
    section = ["benchmark.data=synthetic", "benchmark.rows=1", "benchmark.task=normal,json"]
    benchmark = HiBench(HiBenchOptions(rows=1, task="normal,json", input_mode="edge"))
    rows = []
    for sample in benchmark.samples():
        right = sample.task == "normal_root" or (
            sample.task == "json_node_depth" and sample.labels["names"] == "meaningful"
        )
        output = reply(sample.turns[0].target) if right else "no"
        rows.append({"id": sample.id, "output": output})
    write_jsonl(tmp_path / "replies.jsonl", rows)
    done = evalrun(*RUN, *section, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    values = layout_values(only_run(tmp_path), "dimensions")
    # One of six subtasks of trees, and one of eight of JSON.
    assert values["Local"] == pytest.approx((1 / 6 + 1 / 8) / 2)
    assert values["Global"] is None
    # No binary trees were asked.
    assert values["Modification"] is None


@pytest.mark.parametrize(
    ("rows", "overrides", "outputs", "scores"),
    [
        (
            "Fundamental/normal/unbalanced-unweighted-easy.json",
            ["benchmark.task=normal_add_node", "benchmark.input_mode=edge"],
            ["{answer: 0 -> 2, 2 -> 3, 2 -> 1, 1 -> 4}", "{answer: 9 -> 9}", ""],
            [1, 0, 0],
        ),
        (
            "Fundamental/binary/unbalanced-unweighted-easy.json",
            ["benchmark.task=mirror_tree", "benchmark.input_mode=hierarchy"],
            ['{"answer": "0 5 3 2 4 1"}', '{"answer": "1 2"}'],
            [1, 0],
        ),
        (
            "JSON/QA/child_count/child_count_university_structure_small.json",
            [],
            ['{"answer": 2}', '{"answer": 2.0}'],
            [1, 0],
        ),
        (
            "Formula/equivalent/prefixEq2infix_symbol_hard_value_easy_length_easy.csv",
            [],
            ['{"answer": "True"}', '{"answer": "False"}'],
            [1, 0],
        ),
        (
            "Code/pythonSelected/answer.json",
            ["benchmark.task=TimeComplexity"],
            ["{answer: O(n log n)}", "{answer: O(m n)}"],
            [1, 0],
        ),
        ("Paper/disordered_section/dev.json", [], ['{"answer": "Setup, Rust"}'], [0.5]),
    ],
)
def test_predictions_on_official_files_are_graded(
    tmp_path: Path, rows: str, overrides: list[str], outputs: list[str], scores: list[float]
) -> None:
    predictions = [{"index": row, "prediction": output} for row, output in enumerate(outputs)]
    write_jsonl(tmp_path / "predictions.jsonl", predictions)
    done = evalrun(
        "score",
        "recipe=hibench",
        f"rows={FIXTURES / rows}",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        *overrides,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [row["scores"]["accuracy"] for row in graded] == scores


@pytest.mark.model
def test_a_small_model_answers(tmp_path: Path) -> None:
    done = evalrun(
        "recipe=hibench",
        "benchmark.task=normal_root,normal_leaf",
        "benchmark.input_mode=edge",
        "generation.max_tokens=8",
        "run.limit=1",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert len(read_jsonl(only_run(tmp_path) / "predictions.jsonl")) == 2


def graded(folder: Path, rows: Path, predictions: list[dict], *overrides: str):
    write_jsonl(folder / "mine.jsonl", predictions)
    command = ["score", "recipe=hibench", f"rows={rows}", "predictions=mine.jsonl"]
    return evalrun(*command, *overrides, "--out", "graded.jsonl", cwd=folder)


def test_a_line_that_may_be_of_several_questions_on_a_tree_is_refused(tmp_path: Path) -> None:
    rows = TREES / "unbalanced-unweighted-easy.json"
    done = graded(tmp_path, rows, [{"index": 0, "prediction": "{answer: 0}"}])
    assert done.returncode == 2
    assert "row 1: index 0 is of several samples, normal_add_node/" in done.stderr
    assert "choose benchmark.task" in done.stderr
    # What the replies are about tells them apart, and so does the id of a sample.
    own = {
        "id": "normal_leaf/unbalanced-easy-edge/0",
        "prediction": reply(rows_of(rows)[0]["leaf_A"]),
    }
    assert graded(tmp_path, rows, [own]).returncode == 0
    assert read_jsonl(tmp_path / "graded.jsonl")[0]["scores"] == {"accuracy": 1.0}


def test_a_tree_drawn_in_two_ways_that_asks_for_the_same_needs_no_drawing(tmp_path: Path) -> None:
    rows = TREES / "unbalanced-unweighted-easy.json"
    lines = [{"index": 0, "prediction": reply(rows_of(rows)[0]["root_A"])}]
    assert graded(tmp_path, rows, lines, "benchmark.task=root").returncode == 0
    assert read_jsonl(tmp_path / "graded.jsonl")[0]["scores"] == {"accuracy": 1.0}
    done = graded(tmp_path, rows, lines, "benchmark.task=add_node")
    assert done.returncode == 2
    assert "is of several samples" in done.stderr


def test_rows_with_one_subtask_drawn_in_one_way_need_neither_option(tmp_path: Path) -> None:
    fields = ("id", "hierarchy_presentation", "add_node_Q", "add_node_A_H")
    rows = [
        {name: row[name] for name in fields}
        for row in rows_of(TREES / "unbalanced-unweighted-easy.json")
    ]
    path = tmp_path / "unbalanced-unweighted-easy.json"
    path.write_text(json.dumps(rows))
    lines = [{"index": 0, "prediction": f'{{"answer": {json.dumps(rows[0]["add_node_A_H"])}}}'}]
    done = graded(tmp_path, path, lines)
    assert done.returncode == 0, done.stderr
    assert read_jsonl(tmp_path / "graded.jsonl")[0]["scores"] == {"accuracy": 1.0}
