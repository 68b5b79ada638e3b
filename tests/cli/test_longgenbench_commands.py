"""LongGenBench from the command line: recorded replies run, and predictions graded."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from command import evalrun
from rows import only_run, read_jsonl, write_jsonl

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "longgenbench"


def reply(first: int, *answers: str) -> str:
    return "\n\n".join(
        f"Answer_{first + i}:\nThe answer is {answer}." for i, answer in enumerate(answers)
    )


# Run


RUN = [
    "recipe=longgenbench",
    "model=recorded",
    "model.path=replies.jsonl",
    f"benchmark.data_dir={FIXTURES}",
    "benchmark.order=normal",
    "benchmark.baseline=true",
    "benchmark.task=gsm8k,mmlu",
    "benchmark.k=2",
]
# Golden: 16, 9 | 1,200, 3.5 | 3 and A, B | C, C.
REPLIES = [
    {"id": "gsm8k/0", "output": reply(9, "16", "8")},
    {"id": "gsm8k/1", "output": reply(9, "7")},
    {"id": "gsm8k/2", "output": reply(9, "3", "99")},
    {"id": "mmlu/bird_lore", "output": reply(6, "(A)", "(C)")},
    {"id": "mmlu/number_facts", "output": "I would rather not."},
    *(
        {"id": f"gsm8k_baseline/{row}", "output": f"The answer is {answer}."}
        for row, answer in enumerate(("16", "9", "1200", "3", "3"))
    ),
    *({"id": f"mmlu_baseline/bird_lore/{row}", "output": "(A)"} for row in range(2)),
    *({"id": f"mmlu_baseline/number_facts/{row}", "output": "(C)"} for row in range(2)),
]


def table_rows(text: str) -> dict[str, list[str]]:
    """Return the cells of a Markdown table by their first column."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return {first: rest for first, *rest in cells}


def test_a_run_shows_each_question_and_the_baseline_beside_it(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "replies.jsonl", REPLIES)
    done = evalrun(*RUN, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = table_rows((only_run(tmp_path) / "table.md").read_text())
    # gsm8k: 1, 0 | 0, none | 1: two of the four that were answered; question 1: 1, 0, 1.
    assert rows["gsm8k"][:4] == ["accuracy", "66.7", "0.0", "50.0"]
    assert rows["gsm8k"][-2:] == ["4", "1"]
    # mmlu: 1, 0 | 0, 0 of all four questions.
    assert rows["mmlu"][:4] == ["accuracy", "50.0", "0.0", "25.0"]
    assert rows["mmlu"][-2:] == ["4", "0"]
    # Golden "1,200" is read as 200 by the official script, and 3 is not 3.5.
    assert rows["gsm8k_baseline"][:4] == ["accuracy", "60.0", "-", "60.0"]
    assert rows["mmlu_baseline"][:4] == ["accuracy", "75.0", "-", "75.0"]
    assert "turns weighted by pairs; 14 of 14 samples" in done.stdout
    assert "of 18 answers: 3 unparsed" in done.stdout
    assert "prompts: evalrun wording" in done.stdout


def test_the_strict_variant_grades_the_same_run_again(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "replies.jsonl", REPLIES)
    assert evalrun(*RUN, cwd=tmp_path).returncode == 0
    run = only_run(tmp_path)
    done = evalrun("rescore", str(run), "scorer.variant=strict", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = table_rows((run / "table.md").read_text())
    assert rows["gsm8k"][3] == "40.0"
    assert rows["gsm8k"][-2:] == ["5", "0"]
    assert rows["gsm8k_baseline"][3] == "80.0"


def test_failed_queries_are_missing_with_every_answer_they_should_hold(tmp_path: Path) -> None:
    replies = [row for row in REPLIES if row["id"] != "gsm8k/0"]
    write_jsonl(tmp_path / "replies.jsonl", replies)
    done = evalrun(*RUN, "scorer.variant=strict", cwd=tmp_path)
    assert done.returncode == 1
    rows = table_rows((only_run(tmp_path) / "table.md").read_text())
    assert rows["gsm8k"][-2:] == ["3", "2"]


def test_replies_without_any_answer_leave_an_empty_cell(tmp_path: Path) -> None:
    replies = [{"id": f"gsm8k/{i}", "output": "No."} for i in range(3)]
    write_jsonl(tmp_path / "replies.jsonl", replies)
    done = evalrun(*RUN, "benchmark.task=gsm8k", "benchmark.baseline=false", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = table_rows((only_run(tmp_path) / "table.md").read_text())
    assert rows["gsm8k"] == ["accuracy", "-", "-", "0", "5"]


# Score


def score(folder: Path, rows: Path, predictions: list[dict], *overrides: str) -> dict:
    """Grade `predictions` and return the cell of the task; graded.jsonl has the lines."""
    write_jsonl(folder / "predictions.jsonl", predictions)
    done = evalrun(
        "score",
        "recipe=longgenbench",
        f"rows={rows}",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        "--format",
        "json",
        *overrides,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    (task,) = [cell for cell in json.loads(done.stdout)["cells"] if cell["level"] == "task"]
    return task


def test_predictions_on_gsm8k_are_a_line_a_query(tmp_path: Path) -> None:
    predictions = [
        {"index": 1, "prediction": reply(9, "1,200", "3.5")},
        {"id": "gsm8k/0", "prediction": reply(9, "16")},
        {"index": 2, "prediction": reply(9, "3")},
    ]
    section = ("benchmark.k=2", "benchmark.order=normal")
    task = score(tmp_path, FIXTURES / "gsm8k_test.jsonl", predictions, *section)
    # 16 right, its neighbour without answer; 1,200 is read as 200; 3.5 and 3 right.
    assert (task["value"], task["n"], task["n_missing"]) == (0.75, 4, 1)
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [line["answer"] for line in graded] == [["1200", "3.5"], ["16", None], "3"]
    assert [line["scores"]["accuracy"] for line in graded] == [0.5, 1.0, 1.0]
    strict = score(
        tmp_path, FIXTURES / "gsm8k_test.jsonl", predictions, *section, "scorer.variant=strict"
    )
    assert (strict["value"], strict["n"], strict["n_missing"]) == (0.8, 5, 0)


def test_predictions_on_mmlu_are_named_by_their_subject(tmp_path: Path) -> None:
    predictions = [
        {"id": "number_facts", "prediction": reply(6, "(C)", "(A)")},
        {"id": "bird_lore", "prediction": reply(6, "(A)", "(B)")},
    ]
    task = score(tmp_path, FIXTURES / "mmlu", predictions, "benchmark.order=normal")
    # 1 of 2 and, the last of three being missing, 2 of 3: 3 of 5 questions over both subjects.
    assert (task["value"], task["n"], task["n_missing"]) == (pytest.approx(3 / 5), 5, 0)


def test_predictions_on_one_subject_of_mmlu_are_graded(tmp_path: Path) -> None:
    rows = FIXTURES / "mmlu" / "number_facts_test.csv"
    predictions = [{"index": 0, "prediction": reply(6, "(C)", "(C)")}]
    assert score(tmp_path, rows, predictions, "benchmark.order=normal")["value"] == 1.0


def test_predictions_on_csqa_are_graded(tmp_path: Path) -> None:
    predictions = [{"index": 0, "prediction": reply(8, "(A)", "(B)", "(E)")}]
    task = score(tmp_path, FIXTURES / "csqa.jsonl", predictions, "benchmark.order=normal")
    assert task["value"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("task", "file", "golden"),
    [
        ("gsm8k_baseline", "gsm8k_test.jsonl", ["16", "9", "1,200", "3.5", "3"]),
        ("mmlu_baseline", "mmlu/bird_lore_test.csv", ["A", "B", "C"]),
        ("csqa_baseline", "csqa.jsonl", ["A", "D", "E"]),
    ],
)
def test_predictions_of_a_baseline_are_a_line_a_question(
    tmp_path: Path, task: str, file: str, golden: list[str]
) -> None:
    predictions = [{"index": i, "prediction": f"So: ({g})."} for i, g in enumerate(golden)]
    chosen = (f"benchmark.task={task}", "scorer.variant=strict")
    cell = score(tmp_path, FIXTURES / file, predictions, *chosen)
    assert (cell["name"], cell["value"], cell["n"]) == (task, 1.0, len(golden))


@pytest.mark.parametrize("variant", ["official", "strict"])
def test_golden_answers_score_full_marks_on_official_rows_of_mmlu(
    tmp_path: Path, shared_data: Path, variant: str
) -> None:
    folder = shared_data / "longgenbench" / "mmlu"
    predictions: list[dict] = []
    for path in sorted(folder.glob("*_test.*")):
        with path.open(newline="", encoding="utf-8") as file:
            golden = [f"({row[-1]})" for row in list(csv.reader(file))[:20]]
        subject = path.name.partition("_test")[0]
        predictions.append({"id": subject, "prediction": reply(6, *golden)})
    overrides = ("benchmark.order=normal", "benchmark.k=20", f"scorer.variant={variant}")
    task = score(tmp_path, folder, predictions, *overrides)
    assert (task["value"], task["n"], task["n_missing"]) == (1.0, 80, 0)


@pytest.mark.parametrize("variant", ["official", "strict"])
def test_golden_answers_score_full_marks_on_official_rows_of_gsm8k(
    tmp_path: Path, shared_data: Path, variant: str
) -> None:
    rows = shared_data / "longgenbench" / "gsm8k_test.first80.jsonl"
    golden = [row["answer"].rpartition("#### ")[2] for row in read_jsonl(rows)]
    predictions = [
        {"index": query, "prediction": reply(9, *golden[35 * query : 35 * query + 35])}
        for query in range(3)
    ]
    overrides = ("benchmark.order=normal", f"scorer.variant={variant}")
    task = score(tmp_path, rows, predictions, *overrides)
    assert (task["value"], task["n"], task["n_missing"]) == (1.0, 80, 0)
