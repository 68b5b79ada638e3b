"""Which points the algorithms try."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from search_files import options

from evalrun.core.errors import MissingExtraError
from evalrun.runners.search.algorithms import ALGORITHMS
from evalrun.runners.search.space import Point, space_of

CHOICES: dict[str, Any] = {"model_top_k_choices": [1, 2, 3], "fuser_layer_1_choices": [0, 2]}


def tried(algorithm: str, score: Callable[[Point], float], **settings: Any) -> list[Point]:
    """Return the points that an algorithm looks at, in its order."""
    told = options(**{**CHOICES, **settings})
    looked: list[Point] = []

    def evaluate(point: Point) -> float:
        looked.append(point)
        return score(point)

    ALGORITHMS[algorithm](space_of(told), evaluate, told)
    return looked


def more_is_better(point: Point) -> float:
    return point.model_top_k + point.fuser_layer_1 / 10


def test_a_grid_has_every_point_once() -> None:
    points = tried("grid", more_is_better)
    assert len(points) == len(set(points)) == 6
    assert points[:3] == [Point(1, 1, 0, 0, 0), Point(1, 1, 2, 0, 0), Point(2, 1, 0, 0, 0)]


def test_a_random_search_tries_different_points_always_the_same() -> None:
    points = tried("random", more_is_better, random_search_iterations=4)
    assert len(points) == len(set(points)) == 4
    assert points == tried("random", more_is_better, random_search_iterations=4)
    assert points != tried("random", more_is_better, random_search_iterations=4, seed=1)


def test_a_random_search_ends_when_there_are_no_more_points() -> None:
    assert len(tried("random", more_is_better, random_search_iterations=50)) == 6


def test_a_greedy_search_chooses_one_coordinate_after_another() -> None:
    def score(point: Point) -> float:
        return {1: 0.2, 2: 0.9, 3: 0.4}[point.model_top_k] + 0.05 * point.fuser_layer_1

    points = tried("greedy", score, search_iterations=1)
    chosen = list(dict.fromkeys(points))
    assert chosen == [
        Point(1, 1, 0, 0, 0), Point(2, 1, 0, 0, 0), Point(3, 1, 0, 0, 0), Point(2, 1, 2, 0, 0),
    ]  # fmt: skip
    # What may still be tried is taken from the grid.
    assert len(set(tried("greedy", score, search_iterations=6))) == 6


def test_bayesian_optimization_tries_points_of_the_choices_and_finds_the_best() -> None:
    pytest.importorskip("bayes_opt")
    points = tried("bayesian_optimization", more_is_better, init_points=2, n_iter=4)
    assert len(points) == 6
    assert set(points) <= {Point(k, 1, f, 0, 0) for k in (1, 2, 3) for f in (0, 2)}
    assert max(points, key=more_is_better).model_top_k == 3
    assert points == tried("bayesian_optimization", more_is_better, init_points=2, n_iter=4)


def test_one_point_needs_no_optimization() -> None:
    alone = {"model_top_k_choices": [2], "fuser_layer_1_choices": [0]}
    points = tried("bayesian_optimization", more_is_better, **alone, n_iter=5)
    assert points == [Point(2, 1, 0, 0, 0)]


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bayes_opt", None)
    with pytest.raises(MissingExtraError, match=r"evalrun\[search\]"):
        tried("bayesian_optimization", more_is_better)
