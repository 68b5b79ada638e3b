"""ACPBench and ACPBench Hard from the command line: replies, grades, and the paper's table."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import evalrun
from layout_rows import layout_values
from recorded import recorded_run
from rows import read_jsonl, write_jsonl

for package in ("lark", "pddl", "clingo", "kstar_planner", "pebble"):
    pytest.importorskip(package)

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "acpbench"

SHORT = "(go hall den) (take red den) (go den hall) (drop red hall)"
# Right answers to some of the questions, by task; others get none.
OPEN = {
    "app": {7: "(go hall den) (take blue hall)", 1001: "(go hall den)"},
    "areach": {7: "(swap red red den)", 2001: "None"},
    "just": {7: SHORT},
    "land": {7: "(carried red)", 4001: "None"},
    "nexta": {5001: "(go hall den)"},
    "prog": {7: "[(carried blue)] [(free), (box-in blue hall)]", 6001: "[(labelled blue)] []"},
    "reach": {7: "(carried red)"},
    "val": {7: "1", 8001: "2"},
}
SCORES = {
    "app": 0.5,
    "areach": 1,
    "just": 0.5,
    "land": 1,
    "nexta": 0.5,
    "prog": 1,
    "reach": 0,
    "val": 0.5,
}


def run(folder: Path, recipe: str, replies: dict[str, str], *overrides: str) -> Path:
    data = f"benchmark.data_dir={FIXTURES}"
    return recorded_run(folder, replies, f"recipe={recipe}", data, *overrides)


def test_open_questions_give_a_share_of_each_task_and_their_mean(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    ids = {t: [7, 1000 * n + 1] for n, t in enumerate(OPEN, start=1)}
    replies = {f"{t}/{i}": OPEN[t].get(i, "no idea") for t in OPEN for i in ids[t]}
    folder = run(tmp_path, "acpbench_hard", replies)
    paper = layout_values(folder, "paper")
    assert {task: paper[task] for task in SCORES} == SCORES
    assert paper["Average"] == pytest.approx(sum(SCORES.values()) / 8)
    assert layout_values(folder, "domains")["rooms"] == pytest.approx(sum(SCORES.values()) / 8)


def test_closed_questions_give_an_accuracy_of_each_task_and_form(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    tasks = ("app", "areach", "just", "land", "prog", "reach", "val")
    replies = {f"{t}_bool/{5000 + n}": "**Final Answer**: Yes." for n, t in enumerate(tasks)}
    replies |= {f"{t}_mcq/{6000 + n}": "**Final Answer**: B." for n, t in enumerate(tasks)}
    folder = run(tmp_path, "acpbench", replies)
    table = layout_values(folder, "tasks")
    right = {"Bool / app", "Bool / land", "Bool / val", "MCQ / app", "MCQ / val"}
    assert {name for name, value in table.items() if value == 1.0} == right
    assert table["Bool / Average"] == pytest.approx(3 / 7)
    assert table["MCQ / Average"] == pytest.approx(2 / 7)


def score(folder: Path, recipe: str, rows: str, predictions: list[dict], *overrides: str) -> list:
    write_jsonl(folder / "predictions.jsonl", predictions)
    done = evalrun(
        "score",
        f"recipe={recipe}",
        f"rows={FIXTURES / rows}",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        *overrides,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return read_jsonl(folder / "graded.jsonl")


@pytest.mark.parametrize(
    ("task", "packed"), [("app", ".gz"), ("just", ""), ("reach", ""), ("val", "")]
)
def test_open_answers_made_elsewhere_are_graded(tmp_path: Path, task: str, packed: str) -> None:
    replies = [{"id": 7, "prediction": OPEN[task][7]}, {"index": 1, "prediction": " "}]
    found = score(tmp_path, "acpbench_hard", f"dataset/{task}/test.gen.json{packed}", replies)
    right = float(task != "reach")
    assert [line["scores"]["score"] for line in found] == [right, 0.0]
    assert [line["status"] for line in found] == ["ok", "empty"]


def test_closed_answers_made_elsewhere_are_graded(tmp_path: Path) -> None:
    predictions = [{"index": 0, "prediction": "the answer is No"}]
    path = "dataset/prog/test.bool.json"
    assert score(tmp_path, "acpbench", path, predictions)[0]["scores"] == {"exact_match": 0.0}
    fixed = score(tmp_path, "acpbench", path, predictions, "scorer.variant=fixed")
    assert fixed[0]["scores"] == {"exact_match": 1.0}
    predictions = [{"id": 6000, "prediction": ["A.", "B.", "[B]"]}]
    votes = score(tmp_path, "acpbench", "dataset/app/test.mcq.json", predictions)
    assert votes[0]["scores"] == {"exact_match": 0.0}


@pytest.mark.model
def test_a_small_model_is_asked(tmp_path: Path) -> None:
    for recipe in ("acpbench", "acpbench_hard"):
        done = evalrun(
            f"recipe={recipe}",
            f"benchmark.data_dir={FIXTURES}",
            "generation.max_tokens=24",
            "benchmark.task=" + ("app_bool,app_mcq" if recipe == "acpbench" else "val,reach"),
            "run.limit=1",
            f"outputs={recipe}",
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        (predictions,) = tmp_path.glob(f"{recipe}/*/*/*/predictions.jsonl")
        assert len(read_jsonl(predictions)) == 2
