"""ProcessBench from the command line: critiques, votes, reward models, and the paper's table."""

from __future__ import annotations

import json
import math
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from command import evalrun
from layout_rows import layout_values
from recorded import recorded_run
from rows import only_run, read_jsonl, write_jsonl

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "processbench"
TASKS = ("gsm8k", "math", "olympiadbench", "omnimath")
ROWS = {
    row["id"]: row for task in TASKS for row in json.loads((FIXTURES / f"{task}.json").read_text())
}


def run(folder: Path, replies: dict[str, object], *overrides: str) -> Path:
    data = f"benchmark.data_dir={FIXTURES}"
    return recorded_run(folder, replies, "recipe=processbench", data, *overrides)


def critiques(right: set[str]) -> dict[str, object]:
    """Return a right index for the solutions named, and a wrong one for others."""
    return {
        name: rf"So \boxed{{{row['label'] if name in right else 7}}}." for name, row in ROWS.items()
    }


def test_a_run_gives_two_accuracies_and_their_harmonic_mean(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    right = {"gsm8k-0", "gsm8k-1", "gsm8k-3", "math-0", "math-1", "olympiadbench-0"}
    folder = run(tmp_path, critiques(right), "protocol=single_turn")
    paper = layout_values(folder, "paper")
    assert paper["GSM8K / error"] == 0.5
    assert paper["GSM8K / correct"] == 1.0
    assert paper["GSM8K / F1"] == pytest.approx(2 / 3)
    # One side right and the other wrong, or neither: 0.
    assert (paper["OlympiadBench / error"], paper["OlympiadBench / F1"]) == (1.0, 0.0)
    assert paper["Omni-MATH / F1"] == 0.0
    assert paper["Average F1"] == pytest.approx((2 / 3 + 1 + 0 + 0) / 4)
    weighted = layout_values(folder, "weighted")
    assert weighted["weighted / error"] == pytest.approx((400 * 0.5 + 1000 + 1000) / 3400)
    assert weighted["weighted / F1"] == pytest.approx((400 * 2 / 3 + 1000) / 3400)


def test_a_side_without_solutions_has_no_value(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    folder = run(
        tmp_path, critiques(set(ROWS)), "protocol=single_turn", "benchmark.task=math", "run.limit=1"
    )
    paper = layout_values(folder, "paper")
    assert paper["MATH / error"] == 1.0
    assert paper["MATH / correct"] is None
    assert paper["MATH / F1"] is None


def test_the_recipe_lets_eight_critiques_vote(tmp_path: Path) -> None:
    folder = run(tmp_path, critiques(set(ROWS)), "benchmark.task=math")
    (first, *_) = read_jsonl(folder / "predictions.jsonl")
    assert len(first["outputs"]) == 8
    assert {row["scores"]["match"] for row in read_jsonl(folder / "scores.jsonl")} == {1.0}


def test_a_generative_reward_model_is_asked_as_far_as_it_agrees(tmp_path: Path) -> None:
    replies = {
        name: ["-" if index == row["label"] else "+" for index in range(len(row["steps"]))]
        for name, row in ROWS.items()
    }
    replies["math-1"] = ["+", "-"]
    folder = run(
        tmp_path,
        replies,
        "benchmark.form=generative_prm",
        "protocol=until",
        "generation.temperature=0",
    )
    outputs = {row["sample_id"]: row["outputs"] for row in read_jsonl(folder / "predictions.jsonl")}
    assert outputs["gsm8k-2"] == ["-"]
    assert outputs["olympiadbench-1"] == ["+", "+", "+"]
    wrong = [
        r["sample_id"] for r in read_jsonl(folder / "scores.jsonl") if not r["scores"]["match"]
    ]
    assert wrong == ["math-1"]
    cells = json.loads((folder / "results.json").read_text())["cells"]
    (math,) = [c for c in cells if c["level"] == "task" and c["name"] == "math"]
    assert (math["value"], math["n"], math["n_missing"]) == (0.5, 2, 0)


def score_command(
    folder: Path, predictions: list[dict], *overrides: str, rows: str = "gsm8k"
) -> CompletedProcess[str]:
    write_jsonl(folder / "predictions.jsonl", predictions)
    return evalrun(
        "score",
        "recipe=processbench",
        f"rows={FIXTURES / f'{rows}.json'}",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        *overrides,
        cwd=folder,
    )


def score(folder: Path, predictions: list[dict], *overrides: str) -> list[dict]:
    done = score_command(folder, predictions, *overrides)
    assert done.returncode == 0, done.stderr
    return read_jsonl(folder / "graded.jsonl")


def test_critiques_made_elsewhere_are_graded_alone_or_as_votes(tmp_path: Path) -> None:
    predictions = [
        {"id": "gsm8k-0", "prediction": r"\boxed{1}"},
        {"index": 1, "prediction": [r"\boxed{0}", r"\boxed{-1}", r"\boxed{-1}", "none"]},
        {"id": "gsm8k-2", "prediction": ""},
        {"id": "gsm8k-3", "prediction": r"\boxed{\text{-1}}"},
    ]
    graded = score(tmp_path, predictions)
    assert [line["scores"]["match"] for line in graded] == [1, 1, 0, 0]
    assert [line["status"] for line in graded] == ["ok", "ok", "empty", "ok"]
    fixed = score(tmp_path, predictions, "scorer.variant=fixed")
    assert [line["scores"]["match"] for line in fixed] == [1, 1, 0, 1]


def test_scores_of_steps_made_elsewhere_are_graded_by_a_threshold(tmp_path: Path) -> None:
    predictions = [
        {"id": "gsm8k-0", "prediction": [0.9, 0.4]},
        {"id": "gsm8k-1", "prediction": [0.9, 0.4]},
        {"id": "gsm8k-2", "prediction": [0.2, 0.9, 0.9]},
    ]
    form = ("benchmark.form=discriminative_prm",)
    assert [r["scores"]["match"] for r in score(tmp_path, predictions, *form)] == [1, 0, 1]
    lower = score(tmp_path, predictions, *form, "scorer.threshold=0.3")
    assert [r["scores"]["match"] for r in lower] == [0, 1, 1]


# Below the label's step and the lowest score of a correct solution F1 is 1: from 0.3 on, below 0.8.
GSM8K_SCORES: dict[str, list[float]] = {
    "gsm8k-0": [0.9, 0.3],
    "gsm8k-1": [0.9, 0.8],
    "gsm8k-2": [0.2, 0.9, 0.9],
    "gsm8k-3": [0.85],
}
OTHER_SCORES: dict[str, list[float]] = {
    "math-0": [0.9, 0.56],
    "math-1": [0.9, 0.54],
    "olympiadbench-0": [0.1, 0.1],
    "olympiadbench-1": [0.6, 0.6, 0.6],
    "omnimath-0": [0.6, 0.5],
    "omnimath-1": [0.9, 0.9],
}
FIT = ("benchmark.form=discriminative_prm", "scorer.threshold=fit")
FITTED = "processbench[variant=official,threshold=0.6,fit_on=gsm8k]"


def test_a_threshold_is_fitted_to_scores_made_elsewhere(tmp_path: Path) -> None:
    predictions = [{"id": name, "prediction": of} for name, of in GSM8K_SCORES.items()]
    done = score_command(tmp_path, predictions, *FIT)
    assert done.returncode == 0, done.stderr
    assert FITTED in done.stdout
    assert [row["scores"]["match"] for row in read_jsonl(tmp_path / "graded.jsonl")] == [1.0] * 4


def test_scores_without_those_of_the_subset_it_is_fitted_to_are_refused(tmp_path: Path) -> None:
    predictions = [{"id": name, "prediction": OTHER_SCORES[name]} for name in ("math-0", "math-1")]
    done = score_command(tmp_path, predictions, *FIT, rows="math")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "scores of steps of gsm8k, and has none of its erroneous and correct" in done.stderr
    done = score_command(tmp_path, predictions, *FIT, "scorer.fit_on=math", rows="math")
    assert done.returncode == 0, done.stderr
    # The correct one has a lower score than the wrong step: F1 is 0, whatever the threshold.
    assert "fit_on=math" in done.stdout


def step_run(folder: Path, *overrides: str) -> Path:
    told = {name: [str(s) for s in of] for name, of in (GSM8K_SCORES | OTHER_SCORES).items()}
    form = ("benchmark.form=discriminative_prm", "protocol=multi_request")
    return run(folder, told, *form, *overrides)


def test_a_run_is_graded_with_the_threshold_that_fits_its_gsm8k(tmp_path: Path) -> None:
    folder = step_run(tmp_path, "scorer.threshold=fit")
    rows = read_jsonl(folder / "scores.jsonl")
    assert {row["scorer"] for row in rows} == {FITTED}
    assert json.loads((folder / "results.json").read_text())["scorer"] == FITTED
    assert FITTED in (folder / "table.md").read_text()
    found = {row["sample_id"]: row["answer"] for row in rows}
    assert found == {
        **{name: ROWS[name]["label"] for name in GSM8K_SCORES},
        "math-0": 1,
        "math-1": 1,
        "olympiadbench-0": 0,
        "olympiadbench-1": 0,
        "omnimath-0": 0,
        "omnimath-1": -1,
    }


def test_a_finished_run_is_graded_anew_with_a_fitted_threshold(tmp_path: Path) -> None:
    folder = step_run(tmp_path)
    before = (folder / "predictions.jsonl").read_bytes()
    done = evalrun("rescore", str(folder), "scorer.threshold=fit", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert FITTED in done.stdout
    assert (folder / "predictions.jsonl").read_bytes() == before
    scorers = [row["scorer"] for row in read_jsonl(folder / "scores.jsonl")]
    assert scorers == ["processbench[variant=official]"] * 10 + [FITTED] * 10


def content(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.iterdir() if file.is_file() and file.name != ".lock")
    return {file.name: file.read_bytes() for file in files}


def test_a_subset_that_was_not_asked_is_told_before_anything_changes(tmp_path: Path) -> None:
    folder = step_run(tmp_path, "benchmark.task=math")
    before = content(folder)
    done = evalrun("rescore", str(folder), "scorer.threshold=fit", cwd=tmp_path)
    assert done.returncode == 2
    assert "name another subset with scorer.fit_on=NAME" in done.stderr
    assert content(folder) == before


def test_a_dry_run_tells_what_a_fit_lacks(tmp_path: Path) -> None:
    arguments = ("recipe=processbench", f"benchmark.data_dir={FIXTURES}", "run.dry=true")
    done = evalrun(*arguments, "scorer.threshold=fit", cwd=tmp_path)
    assert done.returncode == 2
    assert "scorer.threshold=fit needs scores of steps of gsm8k" in done.stderr


@pytest.mark.model
def test_a_small_model_is_a_critic_and_judges_steps(tmp_path: Path) -> None:
    common = ["recipe=processbench", f"benchmark.data_dir={FIXTURES}", "benchmark.task=gsm8k"]
    critic = evalrun(
        *common,
        "protocol=single_turn",
        "generation.temperature=0",
        "generation.max_tokens=48",
        "run.limit=2",
        cwd=tmp_path,
    )
    assert critic.returncode == 0, critic.stderr
    steps = evalrun(
        *common,
        "benchmark.form=generative_prm",
        "protocol=until",
        "generation.temperature=0",
        "outputs=steps",
        cwd=tmp_path,
    )
    assert steps.returncode == 0, steps.stderr
    (predictions,) = tmp_path.glob("steps/*/*/*/predictions.jsonl")
    assert len(read_jsonl(predictions)) == 4


def test_a_classifier_scores_steps_and_a_threshold_is_tried_without_asking_it_again(
    tmp_path: Path,
) -> None:
    pytest.importorskip("transformers")
    from tiny_classifier import save_classifier

    (tmp_path / "weights").mkdir()
    save_classifier(tmp_path / "weights")
    done = evalrun(
        "recipe=processbench",
        "model=classifier",
        "model.name=./weights",
        f"benchmark.data_dir={FIXTURES}",
        "benchmark.form=discriminative_prm",
        "protocol=likelihood",
        "protocol.of=texts",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    folder = only_run(tmp_path)
    scores = {}
    for row in read_jsonl(folder / "predictions.jsonl"):
        steps = [turn["likelihoods"] for turn in row["turns"]]
        assert len(steps) == len(ROWS[row["sample_id"]]["steps"])
        scores[row["sample_id"]] = [math.exp(good["logprob"]) for _, good in steps]
    for threshold in (0.5, 0.0, 1.0):
        if threshold != 0.5:
            override = f"scorer.threshold={threshold}"
            assert evalrun("rescore", str(folder), override, cwd=tmp_path).returncode == 0
        wanted = {
            name: next((i for i, score in enumerate(of) if score <= threshold), -1)
            for name, of in scores.items()
        }
        found = {row["sample_id"]: row["answer"] for row in read_jsonl(folder / "scores.jsonl")}
        assert found == wanted
