"""TMGBench from the command line: games asked four times, composed tasks, and the tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import evalrun
from layout_rows import layout_values
from recorded import recorded_run
from rows import only_run, read_jsonl, write_jsonl

from evalrun.benchmarks.tmgbench import TMGBench
from evalrun.core.options import to_options

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "tmgbench"
TASKS = "classic,story,sequential,parallel,nested"


def pairs(outcomes: list[int]) -> str:
    return str([(f"A{(n + 1) // 2}", f"B{2 - n % 2}") for n in outcomes])


def right_replies(**section) -> dict[str, object]:
    """Return the right reply to each sample, called by its id."""
    options = to_options({"name": "tmgbench", **section}, TMGBench.Options, "benchmark")
    replies: dict[str, object] = {}
    for sample in TMGBench(options).samples():
        if len(sample.turns) > 1:
            replies[sample.id] = [f"answer = {pairs(turn.target)}" for turn in sample.turns]
        elif sample.task in ("parallel", "nested"):
            lines = enumerate(sample.turns[0].target, start=1)
            replies[sample.id] = "\n".join(f"answer_{n} = {pairs(one)}" for n, one in lines)
        else:
            replies[sample.id] = f"answer = {pairs(sample.turns[0].target)}"
    return replies


def run(folder: Path, replies: dict[str, object], *overrides: str) -> Path:
    return recorded_run(folder, replies, "recipe=tmgbench", *overrides)


def test_the_144_games_are_asked_four_times_each(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    replies = right_replies(task="classic")
    # A game of one equilibrium, which is not its own sister, gets the empty list every time.
    wrong = next(
        name
        for name, text in replies.items()
        if str(text).count("A") == 1 and len(set(name.removeprefix("classic/").split("-"))) == 2
    )
    replies[wrong] = "answer = []"
    folder = run(tmp_path, replies, "benchmark.task=classic")
    assert len(read_jsonl(folder / "scores.jsonl")) == 144 * 4
    table = layout_values(folder, "classic")
    assert table["PAR"] == pytest.approx(143 / 144)
    assert (table["PAR_0"], table["PAR_2"]) == (1.0, 1.0)
    assert table["PAR_1"] == pytest.approx(107 / 108)
    # It alone lacks one outcome of four.
    assert table["ID"] == pytest.approx(0.25 / 144)
    # Its sister differs from it in that outcome, and so does it from its sister.
    assert table["BD"] == pytest.approx(2 * 0.25 / 144)
    assert table["AntiBD"] == pytest.approx(1 - (2 * 0.25 / 144) ** 0.5)


def test_every_kind_of_task_is_played_and_every_table_filled(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    section = {"task": TASKS.split(","), "games": [3], "runs": 2}
    replies = right_replies(**section)
    story = next(name for name in replies if name.startswith("story/0/"))
    replies[story] = "I cannot tell."
    replies["sequential/3/0"][1] = "answer = [none]"
    overrides = (f"benchmark.task=[{TASKS}]", "benchmark.games=[3]", "benchmark.runs=2")
    folder = run(tmp_path, replies, *overrides, "run.epochs=1")
    table = layout_values(folder, "story")
    assert table["PAR"] == pytest.approx(719 / 720)
    # One story of five is off by 1/144.
    assert table["PAR sd"] == pytest.approx(0.4 / 144)
    assert table["PAR CV"] == pytest.approx((0.4 / 144) / (719 / 720))
    composed = layout_values(folder, "composed")
    assert composed["sequential / 3"] == 0.5
    assert composed["parallel / 3"] == 1.0
    assert composed["sequential / 5"] is None
    assert composed["nested / pairs"] == 1.0


def test_all_tables_of_a_run_are_shown_whatever_it_asked(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    folder = run(tmp_path, right_replies(task="nested"), "benchmark.task=nested", "run.epochs=1")
    done = evalrun("table", str(folder), "--layout", "classic", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("rows", "predictions", "perfect"),
    [
        (
            "classic.jsonl",
            {
                "harmony": 'answer = [("A1", "B1")]',
                "stag": 'answer = [("A1", "B1")]',
                "chase": "answer = []",
                "dilemma": "",
            },
            [1, 0, 1, 0],
        ),
        (
            "composed.jsonl",
            {
                "sequential/0": ['answer = [("A1", "B1")]', 'answer = [("A2", "B2")]'],
                "parallel/1": 'answer_1 = [("A1", "B1"), ("A2", "B2")]\nanswer_2 = []',
                "nested/2": 'answer_1 = [("A1", "B1")]\nanswer_2 = [("A2", "B2")]',
            },
            [1, 1, 0],
        ),
    ],
)
def test_replies_made_elsewhere_are_graded(tmp_path: Path, rows, predictions, perfect) -> None:
    lines = [{"id": name, "prediction": text} for name, text in predictions.items()]
    write_jsonl(tmp_path / "predictions.jsonl", lines)
    done = evalrun(
        "score",
        "recipe=tmgbench",
        f"rows={FIXTURES / rows}",
        f"benchmark.stories={FIXTURES / 'story.jsonl'}",
        "predictions=predictions.jsonl",
        "--out",
        "graded.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [line["scores"]["perfect"] for line in graded] == perfect


@pytest.mark.model
def test_a_small_model_is_asked(tmp_path: Path) -> None:
    done = evalrun(
        "recipe=tmgbench",
        "benchmark.task=classic,sequential",
        "benchmark.games=[2]",
        "benchmark.runs=1",
        "benchmark.prompt=da",
        "generation.max_tokens=24",
        "run.epochs=2",
        "run.limit=1",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert len(read_jsonl(only_run(tmp_path) / "scores.jsonl")) == 4
