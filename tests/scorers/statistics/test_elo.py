"""Online Elo ratings: hand-worked updates, what order does, and invariants."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import DataError
from evalrun.scorers.statistics.bradley_terry import Battle
from evalrun.scorers.statistics.elo import EloOptions, bootstrap_elo, elo_ratings

CHESS = EloOptions(k=32.0, start=1500.0)


def test_the_first_win_among_equals_moves_half_of_k() -> None:
    assert elo_ratings([Battle("a", "b", 1.0)], CHESS) == {"a": 1516.0, "b": 1484.0}


def test_the_second_win_moves_less() -> None:
    ratings = elo_ratings([Battle("a", "b", 1.0)] * 2, CHESS)
    expected = 1 / (1 + 10 ** (-32 / 400))
    assert ratings["a"] == pytest.approx(1516 + 32 * (1 - expected))


def test_a_tie_of_equals_moves_nothing_and_none_rates_nobody() -> None:
    assert elo_ratings([Battle("a", "b", 0.5)]) == {"a": 1000.0, "b": 1000.0}
    assert elo_ratings([]) == {}
    assert bootstrap_elo([]) == {}


def test_weight_and_base_are_used() -> None:
    assert elo_ratings([Battle("a", "b", 1.0, weight=3.0)])["a"] == 1006.0
    options = EloOptions(k=32.0, base=math.e, scale=1.0, start=0.0)
    ratings = elo_ratings([Battle("a", "b", 1.0), Battle("a", "b", 0.0)], options)
    assert ratings["a"] == pytest.approx(16 - 32 / (1 + math.exp(-32)))


def test_order_matters() -> None:
    battles = [Battle("a", "b", 1.0), Battle("b", "c", 1.0), Battle("c", "a", 1.0)]
    assert elo_ratings(battles, CHESS) != elo_ratings(battles[::-1], CHESS)


def test_an_outcome_beyond_a_win_is_refused() -> None:
    with pytest.raises(DataError, match="battle 2: the outcome is 2"):
        elo_ratings([Battle("a", "b", 1.0), Battle("a", "b", 2)])


@given(
    st.lists(
        st.builds(
            Battle,
            st.sampled_from("abc"),
            st.sampled_from("xyz"),
            st.floats(0, 1),
            st.floats(0, 1e6),
        ),
        max_size=30,
    )
)
def test_points_are_neither_made_nor_lost(battles: list[Battle]) -> None:
    ratings = elo_ratings(battles)
    assert sum(ratings.values()) == pytest.approx(1000 * len(ratings), abs=1e-2)
    assert all(map(math.isfinite, ratings.values()))


def test_the_bootstrap_holds_the_ratings_of_orders() -> None:
    battles = [Battle("a", "b", 1.0), Battle("a", "b", 0.0)]
    drawn = bootstrap_elo(battles, CHESS, rounds=200, level=0.9, seed=1)
    orders = sorted(elo_ratings(order, CHESS)["a"] for order in (battles, battles[::-1]))
    assert (drawn["a"].low, drawn["a"].high) == pytest.approx(tuple(orders))
    assert drawn == bootstrap_elo(battles, CHESS, rounds=200, level=0.9, seed=1)


def test_where_order_changes_nothing_the_interval_is_a_point() -> None:
    drawn = bootstrap_elo([Battle("a", "b", 1.0)] * 5, CHESS, rounds=20)
    assert drawn["a"].low == pytest.approx(drawn["a"].high)
    assert drawn["a"].median == pytest.approx(elo_ratings([Battle("a", "b", 1.0)] * 5, CHESS)["a"])
