"""The tables of WildBench: what its layouts make of verdicts, and of the leaderboard's numbers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graded import run, verdict

from evalrun.core.layout import Column, Layout
from evalrun.runners.compose import Composer
from evalrun.runners.layouts.evaluate import evaluate
from evalrun.runners.layouts.formula import evaluated, names_in, parsed
from evalrun.runners.results import StoredRun
from evalrun.runners.tables.grid import column_names

# Groups as the leaderboard calls them, by the ids of our columns.
GROUPS = {
    "creative": "Creative Tasks",
    "planning": "Planning & Reasoning",
    "math": "Math & Data Analysis",
    "information": "Information/Advice seeking",
    "coding": "Coding & Debugging",
}
BASELINES = ("gpt4t", "haiku", "llama")


@cache
def layout_of(name: str) -> Layout:
    return Composer().compose(["recipe=wildbench"]).table.layouts[name]


def column(layout: str, name: str) -> Column:
    return next(c for c in layout_of(layout).columns if name in (c.id, c.name))


def computed(layout: str, name: str, values: dict[str, float]) -> float:
    """Return what the formula of a column comes to for `values` of the columns it names."""
    tree = parsed(column(layout, name).formula or "", name)
    names = names_in(tree)
    places = {one: (place,) for place, one in enumerate(names)}
    number = evaluated(tree, places, [values.get(one, float("nan")) for one in names])
    assert number is not None
    return number.value


def shown(layout: str, *runs: StoredRun) -> list[dict[str, float | None]]:
    """Return the rows of a layout, each by the names of its columns."""
    grid = evaluate(layout_of(layout), runs)
    names = column_names(grid.columns)
    return [dict(zip(names, [cell.value for cell in row.cells], strict=True)) for row in grid.rows]


def labels(*inside: str) -> dict[str, str]:
    return {group: "yes" if group in inside else "no" for group in GROUPS}


def official(folder: Path, name: str) -> dict[str, Any]:
    return json.loads((folder / "wildbench" / name).read_text())


def test_groups_skip_what_the_mean_over_all_does_not_and_macro_weighs_them(
    tmp_path: Path,
) -> None:
    scores = [
        verdict(
            "0",
            {"score": 8.0, "group_score": 8.0, "length": 9.0},
            labels=labels("coding", "planning"),
        ),
        verdict(
            "1", {"score": 1.0, "group_score": None, "length": None}, labels=labels("creative")
        ),
        verdict("2", {"score": 9.0, "group_score": 9.0, "length": 4.0}, labels=labels("math")),
        verdict("3", {"score": 4.0, "group_score": 4.0, "length": 2.0}, labels=labels("math")),
    ]
    (row,) = shown("score", run(tmp_path, scores))
    assert row == {
        # (5.5 - 5) * 2; tables print ten times that.
        "WB-Score": pytest.approx(1.0),
        # (1.25 * 6 + 1 * 3 + 1.25 * 6) / 4.75, though two groups have no value.
        "task macro": pytest.approx(18 / 4.75),
        "Creative Tasks": None,
        "Planning & Reasoning": pytest.approx(6.0),
        "Math & Data Analysis": pytest.approx(3.0),
        "Information/Advice seeking": None,
        "Coding & Debugging": pytest.approx(6.0),
        "length": pytest.approx(5.0),
    }


def test_skipped_pairs_count_in_the_mean_and_not_in_groups(tmp_path: Path) -> None:
    both = [f"{kind}_{name}" for name in BASELINES for kind in ("reward", "group_reward")]
    won = {"reward": 1.0, **dict.fromkeys(both, 1.0)}
    skipped = {"reward": 0.0, **{n: None if n.startswith("group") else 0.0 for n in both}}
    math = labels("math")
    scores = [verdict("0", won, labels=math), verdict("1", skipped, labels=math)]
    (row,) = shown("reward", run(tmp_path, scores))
    assert (row["mix"], row["vs GPT-4-Turbo"]) == (0.5, 0.5)
    assert row["Math & Data Analysis"] == 1.0
    assert row["task macro"] == pytest.approx(1 / 4.75)


def test_elo_is_made_of_scores_on_the_same_requests(tmp_path: Path) -> None:
    def model(name: str, *scores: float) -> StoredRun:
        rows = [verdict(str(i), {"score": score, "length": 10.0}) for i, score in enumerate(scores)]
        return run(tmp_path, rows, model=name)

    best, worst = shown("elo", model("mine", 3.0, 3.0, 3.0), model("other", 8.0, 8.0, 8.0))
    assert best["WB-Elo"] is not None
    assert worst["WB-Elo"] is not None
    assert best["WB-Elo"] > 1000 > worst["WB-Elo"]
    assert best["WB-Elo"] + worst["WB-Elo"] == pytest.approx(2000)


def test_known_ratings_of_the_elo_table_are_those_of_the_arena(shared_data: Path) -> None:
    key = "Arena Elo (hard-en) - latest"
    known = {
        model: entry[key]
        for model, entry in official(shared_data, "all_stat.json").items()
        if entry.get(key, "-") != "-"
    }
    assert column("elo", "WB-Elo").elo.initial == known


def test_macro_scores_of_the_leaderboard_are_those_of_its_groups(shared_data: Path) -> None:
    for entry in official(shared_data, "score.json").values():
        groups = {id_: entry["task_categorized_scores"][name] for id_, name in GROUPS.items()}
        macro = computed("score", "task macro", groups)
        assert macro == pytest.approx(entry["task_macro_score"])
        overall = computed("score", "WB-Score", {"points": entry["score"]})
        assert overall == pytest.approx(entry["adjusted_score"])


@pytest.mark.parametrize("baseline", BASELINES)
def test_macro_rewards_of_the_leaderboard_are_those_of_its_groups(
    shared_data: Path, baseline: str
) -> None:
    entries = official(shared_data, f"pairwise-{baseline}-K=500.json").values()
    for entry in entries:
        rewards = entry["task_categorized_rewards"]
        groups = {f"{baseline}_{id_}": rewards[name] for id_, name in GROUPS.items()}
        macro = computed("reward", f"{baseline}_macro", groups)
        assert macro == pytest.approx(entry["task_macro_reward"])


@pytest.mark.parametrize("margin", ["-1", "500"])
def test_mixtures_of_the_leaderboard_are_means_over_baselines(
    shared_data: Path, margin: str
) -> None:
    for entry in official(shared_data, f"all_stat_wildbench.{margin}.json").values():
        of = {name: entry[f"{name}_reward.K={margin}"] for name in BASELINES}
        mix = computed("reward", "mix", of)
        assert mix == pytest.approx(entry[f"mixture_of_rewards.K={margin}"])
        macros = {f"{n}_macro": entry[f"{n}_reward.task_macro.K={margin}"] for n in BASELINES}
        macro = computed("reward", "task macro", macros)
        assert macro == pytest.approx(entry[f"task_macro_reward.K={margin}"])
