"""PokerBench from the command line: both stages, their means, and predictions graded."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import evalrun
from layout_rows import layout_rows, layout_values
from rows import only_run, read_jsonl, write_jsonl

pytest.importorskip("pandas")

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "pokerbench"
RUN = ["recipe=pokerbench", f"benchmark.data_dir={FIXTURES}"]
# Golden: raise 11.0, fold, all in, check, call | bet 3, raise 30, check, fold, call.
PREFLOP = ["Raise 11", "fold", "all-in", "check", "I call"]
POSTFLOP = ["bet 4", "raise 3", "check", "call", ""]


def replies(stage: str, outputs: list[str]) -> list[dict[str, str]]:
    return [{"id": f"{stage}/{row}", "output": output} for row, output in enumerate(outputs)]


def test_a_run_gives_both_stages_their_mean_and_all_spots(tmp_path: Path) -> None:
    # One spot fewer behind the flop, so that the mean of the stages is not the rate over all.
    rows = replies("preflop", PREFLOP) + replies("postflop", POSTFLOP)[:4]
    write_jsonl(tmp_path / "replies.jsonl", rows)
    done = evalrun(*RUN, "model=recorded", "model.path=replies.jsonl", cwd=tmp_path)
    assert done.returncode == 1  # one spot has no reply
    folder = only_run(tmp_path)
    assert layout_values(folder, "paper") == {
        "pre-flop / EM": pytest.approx(4 / 5),
        "pre-flop / AA": pytest.approx(4 / 5),
        "post-flop / EM": pytest.approx(1 / 4),
        "post-flop / AA": pytest.approx(3 / 4),
        "mean of stages / EM": pytest.approx((4 / 5 + 1 / 4) / 2),
        "mean of stages / AA": pytest.approx((4 / 5 + 3 / 4) / 2),
        "all spots / EM": pytest.approx(5 / 9),
        "all spots / AA": pytest.approx(7 / 9),
    }
    (row,) = layout_rows(folder, "paper")
    assert row["cells"]["post-flop / EM"]["n_missing"] == 1
    strict = layout_values(folder, "strict")
    assert strict["pre-flop / EM"] == pytest.approx(4 / 5)
    assert strict["post-flop / AA"] == pytest.approx(3 / 4)


@pytest.mark.parametrize(
    ("file", "outputs", "em", "aa"),
    [
        ("preflop_1k", PREFLOP, [1, 1, 0, 1, 1], [1, 1, 0, 1, 1]),
        ("postflop_10k", POSTFLOP, [0, 0, 1, 0, 0], [1, 1, 1, 0, 0]),
    ],
)
def test_predictions_on_either_stage_are_graded(
    tmp_path: Path, file: str, outputs: list[str], em: list[int], aa: list[int]
) -> None:
    predictions = [{"index": row, "prediction": output} for row, output in enumerate(outputs)]
    write_jsonl(tmp_path / "predictions.jsonl", predictions)
    done = evalrun(
        "score",
        "recipe=pokerbench",
        f"rows={FIXTURES / f'{file}_test_set_prompt_and_label.json'}",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [row["scores"]["em"] for row in graded] == em
    assert [row["scores"]["aa"] for row in graded] == aa


def test_few_shots_without_training_files_are_refused_before_anything_starts(
    tmp_path: Path,
) -> None:
    write_jsonl(tmp_path / "replies.jsonl", replies("preflop", PREFLOP))
    done = evalrun(
        *RUN, "model=recorded", "model.path=replies.jsonl", "benchmark.shots=5", cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr.count("no training file to draw examples from") == 2


@pytest.mark.model
def test_a_small_model_plays(tmp_path: Path) -> None:
    done = evalrun(*RUN, "run.limit=1", "generation.max_tokens=4", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(read_jsonl(only_run(tmp_path) / "predictions.jsonl")) == 2
