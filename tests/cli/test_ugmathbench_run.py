"""UGMathBench from the command line: runs, predictions made elsewhere, and the paper's table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import evalrun
from layout_rows import layout_rows, layout_values
from rows import only_run, read_jsonl, write_jsonl

pytest.importorskip("sympy")

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "ugmathbench"
ROWS = [
    row
    for subject in ("Algebra", "Trigonometry")
    for row in json.loads((FIXTURES / f"{subject}.json").read_text())
]
COMMON = [
    "recipe=ugmathbench",
    f"benchmark.data_dir={FIXTURES}",
    "benchmark.task=[Algebra,Trigonometry]",
]
# Right in LaTeX, in the order of the versions; golden answers are as WeBWorK writes them.
RIGHT = {
    "Algebra_0001": [rf"(-\infty,-{k})\cup({k},\infty)" for k in (1, 2, 3)],
    "Algebra_0002": [f"2x={2 * k}y" for k in (2, 3, 4)],
    "Algebra_0003": [rf"({k}, 1), \text{{Positive}}" for k in (2, 3, 4)],
    "Algebra_0004": [rf"\left({k}, {k}\right), CA" for k in (2, 3, 4)],
    "Trigonometry_0001": [
        r"\frac{\sqrt{3}}{2}, 0.5",
        r"\frac{\sqrt{2}}{2}, \frac{1}{\sqrt{2}}",
        "1, 0",
    ],
    "Trigonometry_0002": [rf"\sin(2{x})" for x in "xyt"],
    "Trigonometry_0003": ["Yes, a"] * 3,
}


def replies(wrong: set[str]) -> list[dict[str, str]]:
    """Return a reply to each version, wrong to those named."""
    ids = {f"{problem}/v{v}": text for problem in RIGHT for v, text in enumerate(RIGHT[problem], 1)}
    return [
        {"id": i, "output": f"The final answer is \\boxed{{{'none' if i in wrong else text}}}"}
        for i, text in ids.items()
    ]


def run(folder: Path, wrong: set[str], *overrides: str) -> Path:
    write_jsonl(folder / "replies.jsonl", replies(wrong))
    done = evalrun(*COMMON, "model=recorded", "model.path=replies.jsonl", *overrides, cwd=folder)
    assert done.returncode == 0, done.stderr
    return only_run(folder)


def test_a_run_gives_effective_accuracy_and_the_reasoning_gap(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    wrong = {"Algebra_0001/v2", "Trigonometry_0001/v1", "Trigonometry_0001/v2"}
    wrong |= {f"Trigonometry_0002/v{v}" for v in (1, 2, 3)}
    folder = run(tmp_path, wrong)
    # 15 of 21 items; 4 of 7 problems whole; 6 of 7 at least once.
    paper = layout_values(folder, "paper")
    assert paper["AAcc"] == pytest.approx(15 / 21)
    assert paper["EAcc"] == pytest.approx(4 / 7)
    assert paper["CAcc"] == pytest.approx(6 / 7)
    assert paper["Delta"] == pytest.approx(3 / 21)
    assert paper["RE"] == pytest.approx(0.25)
    algebra, trigonometry = layout_rows(folder, "subjects")
    assert algebra["cells"]["AAcc"]["value"] == pytest.approx(11 / 12)
    assert algebra["cells"]["EAcc"]["value"] == pytest.approx(3 / 4)
    assert trigonometry["cells"]["EAcc"]["value"] == pytest.approx(1 / 3)
    assert trigonometry["cells"]["RE"]["value"] == pytest.approx(1 / 3)
    versions = list(layout_values(folder, "versions").values())
    assert versions == pytest.approx([5 / 7, 4 / 7, 6 / 7])
    assert len(layout_rows(folder, "versions_by_subject")) == 2
    assert len(layout_rows(folder, "levels")) == 4


def test_a_subsample_has_whole_problems_in_its_table(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    folder = run(tmp_path, set(), "run.limit=4")
    assert len(read_jsonl(folder / "predictions.jsonl")) == 6
    assert layout_values(folder, "paper")["EAcc"] == 1.0


@pytest.mark.parametrize("subject", ["Algebra", "Trigonometry"])
def test_predictions_made_elsewhere_are_graded(tmp_path: Path, subject: str) -> None:
    wrong = {f"{subject}_0001/v3", f"{subject}_0002/v1"}
    predictions = [
        {"id": reply["id"], "prediction": reply["output"]}
        for reply in replies(wrong)
        if reply["id"].startswith(subject)
    ]
    write_jsonl(tmp_path / "predictions.jsonl", predictions)
    done = evalrun(
        "score",
        "recipe=ugmathbench",
        f"rows={FIXTURES / f'{subject}.json'}",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    graded = {row["id"]: row["scores"] for row in read_jsonl(tmp_path / "graded.jsonl")}
    assert graded == {p["id"]: {"accuracy": float(p["id"] not in wrong)} for p in predictions}


def test_a_judge_looks_at_what_the_rules_find_wrong(tmp_path: Path) -> None:
    report = "## Equivalence Judgement\nTRUE\n## Justification\nso"
    wrong = {"Algebra_0001/v1", "Trigonometry_0001/v3"}
    verdicts = [{"id": f"{problem}/v{v}", "output": report} for problem in RIGHT for v in (1, 2, 3)]
    write_jsonl(tmp_path / "verdicts.jsonl", verdicts)
    folder = run(
        tmp_path,
        wrong,
        "scorer=ugmathbench_judged",
        "judge=recorded",
        "judge.path=verdicts.jsonl",
    )
    # Of 1 and 0, plain numbers, no judge is asked.
    failed = [
        r["sample_id"] for r in read_jsonl(folder / "scores.jsonl") if not r["scores"]["accuracy"]
    ]
    assert failed == ["Trigonometry_0001/v3"]


@pytest.mark.model
def test_a_small_model_is_asked(tmp_path: Path) -> None:
    done = evalrun(
        *COMMON, "model=smollm2", "generation.max_tokens=24", "run.limit=1", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert len(read_jsonl(only_run(tmp_path) / "scores.jsonl")) == 2
