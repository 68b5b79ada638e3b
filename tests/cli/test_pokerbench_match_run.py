"""Heads-up matches from the command line: recorded and real players, logs graded, a run killed."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import evalrun
from killed import killed_after
from layout_rows import layout_rows, layout_values
from rows import only_run, read_jsonl, write_jsonl

pytest.importorskip("pokerkit")
pytest.importorskip("pandas")

RECIPE = "recipe=pokerbench_match"
# Aces against kings: the model under test has the better hand in 1 and 3, the worse one in 2.
BOARD = "AdQc7h7s2d"
DEALS = [
    {"position": "SB", "holding": "AsAh", "opponent_holding": "KsKh", "board": BOARD},
    {"position": "BB", "holding": "KsKh", "opponent_holding": "AsAh", "board": BOARD},
    {"position": "BB", "holding": "AsAh", "opponent_holding": "KsKh", "board": BOARD},
    {"position": "SB", "holding": "KsKh", "opponent_holding": "AsAh", "board": BOARD},
]
# Worked out by hand, in chips: 200 won, 6 lost on the flop, 1 won unasked, 1 lost.
OWN = {"hand/1": ["all in"], "hand/2": ["call", "check", "fold"], "hand/4": ["fold"]}
OTHERS = {"hand/1": ["call"], "hand/2": ["raise 3", "bet 5"], "hand/3": ["fold"]}
CHIPS, STAGES = [200, -6, 1, -1], ["preflop", "flop", "preflop", "preflop"]


def recorded(folder: Path, name: str, place: str, replies: dict[str, list[str]]) -> list[str]:
    lines = [{"id": sample, "output": said} for sample, said in replies.items()]
    write_jsonl(folder / f"{name}.jsonl", lines)
    return [f"{place}=recorded", f"{place}.path={name}.jsonl"]


def deals(folder: Path) -> str:
    write_jsonl(folder / "deals.jsonl", DEALS)
    return f"benchmark.path={folder / 'deals.jsonl'}"


def test_recorded_players_give_the_tables(tmp_path: Path) -> None:
    done = evalrun(
        RECIPE,
        deals(tmp_path),
        *recorded(tmp_path, "own", "model", OWN),
        *recorded(tmp_path, "others", "roles.opponent", OTHERS),
        "roles.opponent.name=rival",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    rows = sorted(read_jsonl(run / "predictions.jsonl"), key=lambda row: row["id"])
    assert [row["outcome"]["chips"] for row in rows] == CHIPS
    assert [row["outcome"]["stage"] for row in rows] == STAGES
    assert [len(row["outputs"]) for row in rows] == [1, 3, 0, 1]
    # 194 chips in four hands; tables print a hundred times as much.
    assert layout_values(run, "match") == {"published bb/100": 48.5, "true bb/100": 24.25}
    found = layout_values(run, "stages")
    # 200 chips before the flop, where the last hand is the fourth and three hands end.
    assert found["published bb/100 / pre-flop"] == pytest.approx(200 / 4)
    assert found["true bb/100 / pre-flop"] == pytest.approx(200 / 3 / 2)
    assert found["published bb/100 / flop"] == pytest.approx(-6 / 2)
    assert found["true bb/100 / flop"] == pytest.approx(-6 / 1 / 2)
    assert (found["hands / pre-flop"], found["hands / river"]) == (3, 0)
    assert found["published bb/100 / river"] is None
    (row,) = layout_rows(run, "match")
    assert row["keys"]["config.benchmark.opponent"] == "rival"


def test_logs_played_elsewhere_are_graded(tmp_path: Path) -> None:
    logs = [{"chips": c, "stage": s} for c, s in zip(CHIPS, STAGES, strict=True)]
    lines = [{"index": i, "prediction": log} for i, log in enumerate(logs)]
    write_jsonl(tmp_path / "logs.jsonl", lines)
    deals(tmp_path)
    done = evalrun(
        *("score", RECIPE, "rows=deals.jsonl", "predictions=logs.jsonl", "--out", "graded.jsonl"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [row["answer"] for row in graded] == CHIPS
    assert "+4850.00" in done.stdout
    assert "+2425.00" in done.stdout


def test_a_dry_run_counts_as_many_actions_as_there_may_be(tmp_path: Path) -> None:
    done = evalrun(
        RECIPE,
        "model=openai",
        "model.name=gpt-4o",
        "roles.opponent=openai",
        "roles.opponent.name=gpt-4o-mini",
        "run.limit=10",
        "protocol.max_actions=6",
        "run.dry=true",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split("|") for line in done.stdout.splitlines() if "pokerbench_match" in line]
    assert [row[1].strip() for row in rows] == ["pokerbench_match", "pokerbench_match, opponent"]
    assert [row[6].strip() for row in rows] == ["30", "30"]


@pytest.mark.model
@pytest.mark.parametrize("opponent", ["itself", "a caller"])
def test_a_kill_in_the_middle_of_a_match_repeats_no_call(tmp_path: Path, opponent: str) -> None:
    # Against itself the small model plays six short hands; a caller takes one hand to the river.
    # In half precision, replies depend on what else is decoded at the same time.
    model = ["model=smollm2", "model.dtype=float32"]
    arguments = [RECIPE, *model, "run.limit=6", "generation.max_tokens=4"]
    if opponent == "a caller":
        caller = recorded(
            tmp_path, "caller", "roles.opponent", {"hand/1": ["call", *["check"] * 3]}
        )
        caller[1] = f"roles.opponent.path={tmp_path / 'caller.jsonl'}"
        write_jsonl(tmp_path / "deals.jsonl", DEALS[1:2])
        arguments += [*caller, f"benchmark.path={tmp_path / 'deals.jsonl'}"]
    killed = killed_after(2, arguments, tmp_path)
    assert len(killed.whole) >= 6
    assert len(killed.before) >= 2
    assert killed.after[: len(killed.before)] == killed.before
    assert sorted(killed.after) == sorted(killed.whole)
    assert killed.outcomes[0] == killed.outcomes[1]
    ends = [outcome["ending_chips"] for outcome, _ in killed.outcomes[0].values()]
    assert all(sum(chips) == 400 for chips in ends)
