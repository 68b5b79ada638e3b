"""Which points a search looks at, given what it has seen."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import msgspec

from ...core.errors import MissingExtraError
from .options import SearchOptions
from .space import Point, Space

# Tries a point and returns its score; a point that was tried before costs nothing.
Evaluate = Callable[[Point], float]
Search = Callable[[Space, Evaluate, SearchOptions], None]


def random_search(space: Space, evaluate: Evaluate, options: SearchOptions) -> None:
    """Try points drawn at random until so many different ones were tried, or all.

    (`perform_random_search`, which never ends where there are fewer points.)
    """
    chance = random.Random(options.seed)  # noqa: S311 - a search, no secret
    wanted = min(options.random_search_iterations, space.size)
    seen: set[Point] = set()
    while len(seen) < wanted:
        point = Point(*(chance.choice(choices) for choices in space.choices.values()))
        if point not in seen:
            seen.add(point)
            evaluate(point)


def grid_search(space: Space, evaluate: Evaluate, _options: SearchOptions) -> None:
    """Try every point (`perform_grid_search`)."""
    for point in space.points():
        evaluate(point)


def greedy_search(space: Space, evaluate: Evaluate, options: SearchOptions) -> None:
    """Choose one coordinate after another, then try points of the grid while any may be tried.

    A coordinate takes the choice with the best score, the others staying as they were chosen; so
    many different points are tried as the file says (`perform_greedy_search`, which passes wrong
    names).
    """
    best, best_score = space.first(), float("-inf")
    seen: set[Point] = set()
    for name, choices in space.choices.items():
        for choice in choices:
            point = msgspec.structs.replace(best, **{name: choice})
            seen.add(point)
            score = evaluate(point)
            if score > best_score:
                best, best_score = point, score
    most = options.search_iterations or options.random_search_iterations
    for point in space.points():
        if len(seen) >= most:
            return
        if point not in seen:
            seen.add(point)
            evaluate(point)


def bayesian_optimization(space: Space, evaluate: Evaluate, options: SearchOptions) -> None:
    """Try `init_points` points drawn at random, then `n_iter` that a Gaussian process proposes.

    It works on the ranges of the choices; a proposal stands for the nearest point, so that several
    may be the same one (`perform_bayesian_optimization`, with the same library and seed). What has
    one choice is left out. Raises MissingExtraError.
    """
    try:
        from bayes_opt import BayesianOptimization
    except ImportError:
        raise MissingExtraError("search_algorithm_choice=bayesian_optimization", "search") from None
    bounds = {name: (min(c), max(c)) for name, c in space.choices.items() if len(set(c)) > 1}
    if not bounds:
        evaluate(space.first())
        return

    def objective(**values: float) -> float:
        return evaluate(space.nearest(values))

    optimizer = BayesianOptimization(
        f=objective,
        pbounds=bounds,
        random_state=options.seed,
        verbose=0,
        allow_duplicate_points=True,
    )
    optimizer.maximize(init_points=options.init_points, n_iter=options.n_iter)


ALGORITHMS: Mapping[str, Search] = {
    "random": random_search,
    "grid": grid_search,
    "greedy": greedy_search,
    "bayesian_optimization": bayesian_optimization,
}
