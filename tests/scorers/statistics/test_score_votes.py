"""Votes made of scores, and Elo ratings some of which are known before."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.statistics.bradley_terry import Battle
from evalrun.scorers.statistics.elo import EloOptions, elo_ratings
from evalrun.scorers.statistics.score_votes import (
    Anchoring,
    Scored,
    VoteRule,
    anchored_elo,
    shuffled_elo,
    votes_on,
)

ELO = EloOptions(k=4)
WIN, LOSS = Battle("a", "b", 1.0), Battle("a", "b", 0.0)
OUTCOMES = st.lists(st.sampled_from([0.0, 0.5, 1.0]), max_size=30)


@pytest.mark.parametrize(
    ("scores", "rule", "outcome"),
    [
        ((8, 6), VoteRule(margin=2, tie_margin=2), 1.0),
        ((6, 8), VoteRule(margin=2, tie_margin=2), 0.0),
        ((8, 7), VoteRule(margin=2, tie_margin=2), 0.5),
        ((8, 6), VoteRule(margin=3, tie_margin=1), None),
        ((8, 5), VoteRule(margin=3, tie_margin=1), 1.0),
        ((8, 7), VoteRule(margin=3, tie_margin=1), 0.5),
        ((7, 7), VoteRule(margin=0, tie_margin=0), 0.5),
        ((8, 7.5), VoteRule(margin=0.5, tie_margin=0), 1.0),
        ((8, 6), VoteRule(margin=2, tie_margin=2, length_margin=89), 0.5),
        ((8, 6), VoteRule(margin=2, tie_margin=2, length_margin=90), 1.0),
    ],
)
def test_a_gap_is_a_win_a_tie_or_no_vote(
    scores: tuple[float, float], rule: VoteRule, outcome: float | None
) -> None:
    one, other = scores
    votes = votes_on([[Scored("a", one, 100), Scored("b", other, 10)]], rule)
    assert votes == ([] if outcome is None else [Battle("a", "b", outcome)])


def test_each_two_players_vote_once_on_each_task() -> None:
    task = [Scored(player, 5, 1) for player in "abc"]
    votes = votes_on([task, task[:2], task[:1]], VoteRule())
    assert [(v.first, v.second) for v in votes] == [
        ("a", "b"), ("a", "c"), ("b", "c"), ("a", "b"),
    ]  # fmt: skip


def test_a_win_between_equals_moves_both_by_half_of_k() -> None:
    assert anchored_elo([WIN], Anchoring(), ELO) == {"a": 1002, "b": 998}


@given(OUTCOMES)
def test_without_known_ratings_it_is_plain_elo(outcomes: list[float]) -> None:
    battles = [Battle("a", "b", outcome) for outcome in outcomes]
    assert anchored_elo(battles, Anchoring(), ELO) == pytest.approx(elo_ratings(battles, ELO))


def test_a_known_rating_stays_and_two_known_players_do_not_fight() -> None:
    fixed = Anchoring({"a": 1000}, dynamic=False)
    assert anchored_elo([WIN, LOSS], fixed, ELO)["a"] == 1000
    both = Anchoring({"a": 1200, "b": 900})
    assert anchored_elo([WIN] * 9, both, ELO) == {"a": 1200, "b": 900}


def test_a_known_rating_that_moves_is_set_halfway_back_at_its_first_vote_and_every_interval() -> (
    None
):
    # The first of a's wins is worth 2 points, of which 1 stays; the second is its own.
    one = anchored_elo([WIN], Anchoring({"a": 1000}, interval=2), ELO)
    assert one == {"a": 1001, "b": 998}
    gain = 4 * (1 - 1 / (1 + 10 ** ((998 - 1001) / 400)))
    two = anchored_elo([WIN, WIN], Anchoring({"a": 1000}, interval=2), ELO)
    assert two == pytest.approx({"a": 1001 + gain, "b": 998 - gain})
    never = anchored_elo([WIN], Anchoring({"a": 1000}, interval=0), ELO)
    assert never["a"] == 1002


def test_ratings_are_means_over_seeded_orders_between_percentiles() -> None:
    draw = random.Random(1)
    battles = [Battle(*draw.sample("abc", 2), float(draw.random() < 0.5)) for _ in range(60)]
    found = shuffled_elo(battles, Anchoring({"a": 1000}), ELO, rounds=20)
    assert set(found) == set("abc")
    assert all(one.low <= one.mean <= one.high for one in found.values())
    assert found == shuffled_elo(battles, Anchoring({"a": 1000}), ELO, rounds=20)
    assert shuffled_elo([], Anchoring(), ELO, rounds=20) == {}
