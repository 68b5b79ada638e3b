"""Which models are taken, by strategy."""

from __future__ import annotations

import pytest
from boards import scenario
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.agreement.strategies import Draw, chosen_models, draws

BOARD = scenario("board", e=1.0, a=5.0, b=4.0, c=3.0, d=2.0, f=0.0)
SHARED = ["f", "e", "d", "c", "b", "a"]


def taken(strategy, size: int, experiment: int = 0) -> str:
    return "".join(chosen_models(Draw(strategy, size, experiment, 0), SHARED, BOARD))


@pytest.mark.parametrize(
    ("strategy", "size", "models"),
    [
        ("top_aggregate", 2, "ab"),
        ("bottom_aggregate", 2, "fe"),
        ("middle_aggregate", 2, "cd"),
        ("middle_aggregate", 3, "cde"),
        ("middle_aggregate", 6, "abcdef"),
        ("top_aggregate", 0, "abcdef"),
        ("bottom_aggregate", 0, "fedcba"),
        ("middle_aggregate", 0, "abcdef"),
        ("somewhere_aggregate", 0, "abcdef"),
    ],
)
def test_directed_strategies_take_a_part_of_the_order(strategy, size: int, models: str) -> None:
    assert taken(strategy, size) == models


def test_equal_models_stand_in_the_order_of_the_file() -> None:
    tied = scenario("tied", b=1.0, a=1.0, c=2.0)
    for strategy, models in (("top_aggregate", ["c", "b"]), ("bottom_aggregate", ["b", "a"])):
        assert chosen_models(Draw(strategy, 2, 0, 0), ["a", "b", "c"], tied) == models


def test_somewhere_is_a_run_of_neighbours_and_every_run_comes_up() -> None:
    runs = {taken("somewhere_aggregate", 3, experiment) for experiment in range(60)}
    assert runs == {"abc", "bcd", "cde", "def"}


def test_random_draws_do_not_depend_on_the_order_of_models() -> None:
    draw = Draw("random", 3, 1, 0)
    assert chosen_models(draw, SHARED, BOARD) == chosen_models(draw, SHARED[::-1], BOARD)


def test_draws_depend_on_experiment_and_seed() -> None:
    assert len({taken("random", 3, experiment) for experiment in range(10)}) > 3
    other = chosen_models(Draw("random", 3, 0, seed=5), SHARED, BOARD)
    assert "".join(other) == taken("random", 3, experiment=5)


@pytest.mark.parametrize(
    ("strategy", "size", "number"),
    [
        ("random", 10, 7),
        ("random", 0, 1),
        ("somewhere_aggregate", 10, 7),
        ("top_aggregate", 10, 1),
        ("bottom_aggregate", 10, 1),
        ("middle_aggregate", 10, 1),
    ],
)
def test_what_chance_does_not_change_is_drawn_once(strategy, size: int, number: int) -> None:
    assert len(draws(strategy, size, 7, seed=0)) == number


@given(
    strategy=st.sampled_from(
        ["random", "top_aggregate", "middle_aggregate", "bottom_aggregate", "somewhere_aggregate"]
    ),
    size=st.integers(0, 6),
    experiment=st.integers(0, 50),
)
def test_as_many_different_models_are_taken_as_asked(strategy, size, experiment) -> None:
    models = taken(strategy, size, experiment)
    assert len(set(models)) == len(models) == (size or 6)
