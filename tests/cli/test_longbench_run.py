"""LongBench and the needle from the command line: recorded replies, graded and tabulated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import evalrun
from rows import only_run, read_jsonl, write_jsonl

pytest.importorskip("rouge")

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "longbench"
# In the order of the table's columns; a reply and what it is worth.
REPLIES = {
    "narrativeqa": ("Oak.", 1),
    "qasper": ("300 reports", 1),
    "multifieldqa_en": ("Ines", 0.5),
    "hotpotqa": ("In Merrow", 2 / 3),
    "2wikimqa": ("Merrow", 0),
    "musique": ("The Dorn", 1),
    "gov_report": ("Nothing was found", 2 / 19),
    "qmsum": ("The stand will be rented for two days.", 1),
    "multi_news": ("", 0),
    "trec": ("Number, Other number\nType: Date", 0.5),
    "triviaqa": ("its clocks\nPassage:\nMore", 1),
    "samsum": ("The shop opens at nine.\n\nDialogue: ...", 1),
    "passage_count": ("2 or 3", 0.5),
    "passage_retrieval_en": ("Paragraph 2", 1),
    "lcc": ("    return result\n", 1),
    "repobench-p": ("```python\n    return price + tax(price)", 1),
}


def cells_of(folder: Path, level: str) -> dict[str, float]:
    results = json.loads((only_run(folder) / "results.json").read_text())
    return {cell["name"]: cell["value"] for cell in results["cells"] if cell["level"] == level}


@pytest.mark.parametrize("task", list(REPLIES))
def test_replies_made_elsewhere_are_graded_on_every_dataset(tmp_path: Path, task: str) -> None:
    output, value = REPLIES[task]
    write_jsonl(tmp_path / "predictions.jsonl", [{"id": f"own-{task}-0", "prediction": output}])
    done = evalrun(
        "score",
        "recipe=longbench",
        f"rows={FIXTURES / task}.jsonl",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    (line,) = read_jsonl(tmp_path / "graded.jsonl")
    assert list(line["scores"].values()) == [pytest.approx(value, abs=1e-6)]


def run_recorded(folder: Path, recipe: str) -> str:
    """Return what a run of `recipe` on our own rows prints."""
    write_jsonl(
        folder / "replies.jsonl",
        ({"id": f"{task}/0", "output": output} for task, (output, _) in REPLIES.items()),
    )
    done = evalrun(
        f"recipe={recipe}",
        "kv=full",
        f"benchmark.data_dir={FIXTURES}",
        "model=recorded",
        "model.path=replies.jsonl",
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_run_of_longbench_ends_in_the_mean_of_its_categories(tmp_path: Path) -> None:
    assert "prompts: evalrun wording" in run_recorded(tmp_path, "longbench")
    values = {task: value for task, (_, value) in REPLIES.items()}
    assert cells_of(tmp_path, "task") == pytest.approx(values, abs=1e-6)
    groups = cells_of(tmp_path, "group")
    assert groups["Code Completion"] == 1
    assert groups["Multi-Doc QA"] == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert cells_of(tmp_path, "all") == {"AVG": pytest.approx(sum(groups.values()) / 6)}


def test_a_run_of_windowkv_ends_in_the_plain_mean_of_sixteen_columns(tmp_path: Path) -> None:
    run_recorded(tmp_path, "windowkv")
    values = [value for _, value in REPLIES.values()]
    assert list(cells_of(tmp_path, "group").values()) == pytest.approx(values, abs=1e-6)
    assert cells_of(tmp_path, "all") == {"AVG": pytest.approx(sum(values) / 16, abs=1e-6)}


def test_missing_data_is_said_with_the_way_out(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "replies.jsonl", [{"index": 0, "output": "x"}])
    done = evalrun(
        "recipe=longbench",
        "benchmark.data_dir=none",
        "model=recorded",
        "model.path=replies.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert "no data of narrativeqa, qasper" in done.stderr
    assert "evalrun fetch longbench" in done.stderr


def test_scores_of_a_needle_run_are_joined_with_length_and_depth_by_their_ids(
    tmp_path: Path,
) -> None:
    needle = (
        "The best thing to do in San Francisco is eat a sandwich and sit in Dolores Park on a "
        "sunny day."
    )
    grid = [(length, depth) for length in (1000, 2000) for depth in (0, 50, 100)]
    write_jsonl(
        tmp_path / "replies.jsonl",
        (
            {"id": f"needle/{length}/{depth}", "output": needle if depth else "I cannot tell"}
            for length, depth in grid
        ),
    )
    done = evalrun(
        "recipe=needle",
        "benchmark.lengths.stop=2000",
        "benchmark.lengths.step=1000",
        "benchmark.depths=0,50,100",
        "model=recorded",
        "model.path=replies.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    found = {}
    for score in read_jsonl(only_run(tmp_path) / "scores.jsonl"):
        _, length, depth = score["sample_id"].split("/")
        found[int(length), int(depth)] = score["scores"]["rouge_1"]
    assert found == {(length, depth): float(depth > 0) for length, depth in grid}
    assert cells_of(tmp_path, "task") == {"needle": pytest.approx(2 / 3)}
