"""What a trial scores, and the order of trials."""

from __future__ import annotations

from pathlib import Path

import msgspec
from fabricated import cell, results
from search_files import options

from evalrun.runners.folder import RunFolder
from evalrun.runners.results import Results
from evalrun.runners.search.space import Point, architecture_of
from evalrun.runners.search.study import best_first
from evalrun.runners.search.trials import Trial


def trial(samples: int, run: Results) -> Trial:
    architecture = architecture_of(Point(1, samples, 0, 0, 0), ("a", "b", "c"), options())
    return Trial(architecture, Path("a.yaml"), RunFolder(Path("run")), run)


def test_a_score_is_the_mean_over_tasks_or_the_recipes_own_average() -> None:
    tasks = results(cell("task", "x", 0.2), cell("task", "y", 0.6), cell("task", "z", None))
    assert trial(1, tasks).score == 0.4
    whole = results(cell("task", "x", 0.2), cell("task", "y", 0.6), cell("all", "AVG", 0.5))
    assert trial(1, whole).score == 0.5
    assert trial(1, results()).score == 0.0


def test_calls_are_those_of_a_prediction_and_what_is_missing_is_told() -> None:
    run = msgspec.structs.replace(results(), planned=5, predicted=4, replies=10)
    assert (trial(1, run).calls, trial(1, run).missing) == (2.5, 1)
    assert trial(1, msgspec.structs.replace(run, predicted=0)).calls == 0


def test_of_equal_scores_fewer_inference_calls_come_first() -> None:
    better, equal = results(cell("task", "x", 0.9)), results(cell("task", "x", 0.5))
    tried = [trial(3, equal), trial(1, equal), trial(5, better)]
    assert best_first(tried) == (tried[2], tried[1], tried[0])
