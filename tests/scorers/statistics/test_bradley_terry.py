"""Bradley-Terry ratings, against published fits, a closed form and statsmodels."""

from __future__ import annotations

import csv
import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.core.errors import DataError
from evalrun.scorers.statistics.bradley_terry import (
    POINTS_PER_LOGIT,
    Battle,
    Resampling,
    bootstrap_bradley_terry,
    centred,
    fit_bradley_terry,
    style_difference,
)

# Home and away wins of the row's team against the column's: American League East, 1987 (Agresti
# 2002, "Categorical Data Analysis", table 10.10).
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WINS = (
    (0, 7, 9, 7, 7, 9, 11),
    (6, 0, 7, 5, 11, 9, 9),
    (4, 6, 0, 7, 7, 8, 12),
    (6, 8, 6, 0, 6, 7, 10),
    (6, 2, 6, 7, 0, 7, 12),
    (4, 4, 5, 6, 6, 0, 6),
    (2, 4, 1, 3, 1, 7, 0),
)


def season() -> list[Battle]:
    return [
        Battle(TEAMS[winner], TEAMS[loser], 1.0)
        for winner, row in enumerate(WINS)
        for loser, wins in enumerate(row)
        for _ in range(wins)
    ]


def test_the_baseball_season_of_1987_is_fitted_as_published() -> None:
    """Agresti 2002, section 10.6.2; the same numbers are in the R package BradleyTerry2."""
    fitted = fit_bradley_terry(season(), anchor="Baltimore", at=0.0)
    logits = {name: rating / POINTS_PER_LOGIT for name, rating in fitted.ratings.items()}
    assert logits == pytest.approx(
        {
            "Milwaukee": 1.5814,
            "Detroit": 1.4364,
            "Toronto": 1.2945,
            "New York": 1.2476,
            "Boston": 1.1077,
            "Cleveland": 0.6839,
            "Baltimore": 0.0,
        },
        abs=5e-5,
    )


def test_a_logistic_regression_of_statsmodels_finds_the_same() -> None:
    battles = season()
    rows = np.zeros((len(battles), len(TEAMS)))
    for row, battle in zip(rows, battles, strict=True):
        row[TEAMS.index(battle.first)], row[TEAMS.index(battle.second)] = 1.0, -1.0
    # Every other row the other way round, so that there are losses too.
    rows[::2] *= -1
    outcomes = np.arange(len(battles)) % 2
    found = sm.GLM(outcomes, rows[:, :-1], family=sm.families.Binomial()).fit(tol=1e-12)
    fitted = fit_bradley_terry(battles, anchor=TEAMS[-1], at=0.0)
    ours = [fitted.ratings[name] / POINTS_PER_LOGIT for name in TEAMS[:-1]]
    assert ours == pytest.approx(found.params.tolist(), abs=1e-6)


@pytest.mark.parametrize("share", [0.03, 0.2334, 0.5, 0.8263])
def test_against_one_opponent_the_win_rate_is_the_share_of_wins(share: float) -> None:
    fitted = fit_bradley_terry([Battle("model", "baseline", share)], anchor="baseline")
    assert fitted.ratings["baseline"] == 1000.0
    assert fitted.win_rate("model", "baseline") == pytest.approx(share, abs=1e-7)
    expected = 1000 + 400 * math.log10(share / (1 - share))
    assert fitted.ratings["model"] == pytest.approx(expected, abs=1e-3)


def test_published_scores_of_arena_hard_come_back_from_their_battles(shared_data: Path) -> None:
    """All battles of Arena-Hard v0.1 are against gpt-4-0314, so scores are win rates against it."""
    path = shared_data / "arena_hard" / "arena_hard_leaderboard_20240731.csv"
    with path.open(newline="") as file:
        scores = {row["model"]: float(row["score"]) for row in csv.DictReader(file)}
    battles = [
        Battle("gpt-4-0314", model, 1 - score / 100, weight=1000.0)
        for model, score in scores.items()
        if model != "gpt-4-0314"
    ]
    assert len(battles) > 50
    fitted = fit_bradley_terry(battles, anchor="gpt-4-0314")
    for model, score in scores.items():
        assert 100 * fitted.win_rate(model, "gpt-4-0314") == pytest.approx(score, abs=1e-4)


def test_a_tie_is_half_a_win_of_each() -> None:
    ties = [Battle("a", "b", 0.5), Battle("b", "c", 0.5), Battle("a", "c", 1.0)]
    halves = [Battle(one, other, 1.0, weight=0.5) for one, other in ["ab", "ba", "bc", "cb"]]
    fitted = fit_bradley_terry(ties)
    assert fitted.ratings == pytest.approx(
        fit_bradley_terry([*halves, Battle("a", "c", 1.0)]).ratings
    )
    assert list(fitted.ratings) == ["a", "b", "c"]


def test_a_weight_is_as_many_battles() -> None:
    outcomes = [("a", "b", 1.0), ("b", "a", 1.0), ("b", "c", 0.5)]
    weighted = [Battle(*outcome, weight=3.0) for outcome in outcomes[:1]]
    weighted += [Battle(*outcome) for outcome in outcomes[1:]]
    repeated = [Battle(*outcomes[0])] * 3 + [Battle(*outcome) for outcome in outcomes[1:]]
    assert fit_bradley_terry(weighted).ratings == pytest.approx(fit_bradley_terry(repeated).ratings)


def test_without_an_anchor_the_mean_is_at() -> None:
    ratings = fit_bradley_terry(season(), at=1500.0).ratings
    assert np.mean([*ratings.values()]) == pytest.approx(1500.0)


@given(
    shares=st.lists(st.floats(0.05, 0.95), min_size=6, max_size=6),
    weights=st.lists(st.floats(0.5, 5.0), min_size=6, max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_expected_wins_are_the_wins(shares: list[float], weights: list[float]) -> None:
    """The likelihood equations of the model: each one's expected wins are those it has."""
    pairs = [*combinations("abcd", 2)]
    battles = [Battle(*p, s, w) for p, s, w in zip(pairs, shares, weights, strict=True)]
    fitted = fit_bradley_terry(battles)
    for name in "abcd":
        difference = 0.0
        for battle in battles:
            expected = fitted.win_rate(battle.first, battle.second)
            side = (battle.first == name) - (battle.second == name)
            difference += side * battle.weight * (battle.outcome - expected)
        assert difference == pytest.approx(0.0, abs=1e-4)


def test_who_never_loses_has_no_finite_rating() -> None:
    battles = [
        Battle("champion", "a", 1.0),
        Battle("champion", "b", 1.0),
        Battle("a", "b", 1.0),
        Battle("b", "a", 1.0),
        Battle("a", "loser", 1.0),
    ]
    fitted = fit_bradley_terry(battles, anchor="a")
    assert fitted.ratings == {"champion": None, "a": 1000.0, "b": 1000.0, "loser": None}
    assert fitted.win_rate("champion", "a") is None
    assert fit_bradley_terry(battles).ratings == fitted.ratings
    alone = fit_bradley_terry(battles, anchor="champion").ratings
    assert alone == {"champion": 1000.0, "a": None, "b": None, "loser": None}


def test_a_penalty_makes_every_rating_finite() -> None:
    """One win, b_a = -b_b = b: b maximises ln s(2 b) - l b^2, so s(-2 b) = l b."""
    for penalty in (1.0, 0.01):
        fitted = fit_bradley_terry([Battle("a", "b", 1.0)], at=0.0, penalty=penalty)
        strength = fitted.ratings["a"] / POINTS_PER_LOGIT
        assert 1 / (1 + math.exp(2 * strength)) == pytest.approx(penalty * strength, rel=1e-5)
        assert fitted.ratings["b"] == pytest.approx(-fitted.ratings["a"])


def styled(generator: np.random.Generator, gain: float, n: int = 4000) -> list[Battle]:
    """Return battles among three, of whom longer answers win by `gain` a standard deviation."""
    strengths = {"a": 0.5, "b": 0.0, "c": -0.5}
    pairs = [*combinations(strengths, 2)]
    battles: list[Battle] = []
    for index in range(n):
        first, second = pairs[index % 3]
        # The best writes most: without style control its rating is too high.
        longer = generator.normal(0.5 if first == "a" else 0.0)
        logit = strengths[first] - strengths[second] + gain * longer
        won = generator.random() < 1 / (1 + math.exp(-logit))
        battles.append(Battle(first, second, float(won), style=(longer, 0.0)))
    return battles


def test_style_is_told_apart_from_strength() -> None:
    battles = styled(np.random.default_rng(0), gain=1.0)
    names = ("length", "constant")
    fitted = fit_bradley_terry(battles, anchor="b", at=0.0, style_names=names)
    blind = fit_bradley_terry(
        [Battle(b.first, b.second, b.outcome) for b in battles], anchor="b", at=0.0
    )
    size = np.sqrt(np.mean([battle.style[0] ** 2 for battle in battles]))
    assert fitted.style["length"] == pytest.approx(size, abs=0.12)
    assert fitted.style["constant"] == 0.0
    true = 0.5 * POINTS_PER_LOGIT
    assert fitted.ratings["a"] == pytest.approx(true, abs=30)
    assert fitted.ratings["c"] == pytest.approx(-true, abs=30)
    assert blind.ratings["a"] > fitted.ratings["a"] + 30


def test_it_does_not_matter_who_is_called_the_first_unless_style_is_centred() -> None:
    battles = styled(np.random.default_rng(2), gain=0.5, n=600)
    swapped = [
        Battle(b.second, b.first, 1 - b.outcome, style=tuple(-x for x in b.style)) if i % 2 else b
        for i, b in enumerate(battles)
    ]
    names = ("length", "constant")
    one, other = (
        fit_bradley_terry(given, anchor="b", style_names=names) for given in (battles, swapped)
    )
    assert one.ratings == pytest.approx(other.ratings)
    assert one.style == pytest.approx(other.style)
    as_arena = fit_bradley_terry(centred(battles), anchor="b", style_names=names)
    assert abs(as_arena.ratings["c"] - one.ratings["c"]) > 5


def test_centring_takes_the_weighted_mean_off() -> None:
    battles = [Battle("a", "b", 1.0, 3.0, (1.0,)), Battle("a", "b", 0.0, 1.0, (5.0,))]
    assert [battle.style for battle in centred(battles)] == [(-1.0,), (3.0,)]
    assert centred([]) == []
    plain = [Battle("a", "b", 1.0)]
    assert centred(plain) == plain


def test_with_style_a_logistic_regression_of_statsmodels_finds_the_same() -> None:
    battles = styled(np.random.default_rng(1), gain=0.3, n=600)
    battles = [
        Battle(b.first, b.second, b.outcome, 1.0 + i % 3, b.style[:1])
        for i, b in enumerate(battles)
    ]
    weights = np.array([b.weight for b in battles])
    lengths = np.array([b.style[0] for b in battles])
    scaled = lengths / np.sqrt(np.average(lengths**2, weights=weights))
    rows = np.array(
        [
            [(b.first == n) - (b.second == n) for n in "ab"] + [s]
            for b, s in zip(battles, scaled, strict=True)
        ],
        dtype=float,
    )
    outcomes = np.array([b.outcome for b in battles])
    family = sm.families.Binomial()
    found = sm.GLM(outcomes, rows, family=family, freq_weights=weights).fit(tol=1e-12).params
    fitted = fit_bradley_terry(battles, anchor="c", at=0.0, style_names=("length",))
    ours = [fitted.ratings[n] / POINTS_PER_LOGIT for n in "ab"] + [fitted.style["length"]]
    assert ours == pytest.approx(found.tolist(), abs=1e-6)


def test_style_that_decides_every_battle_is_refused() -> None:
    battles = [Battle("a", "b", 1.0, style=(1.0,)), Battle("a", "b", 0.0, style=(-1.0,))] * 3
    with pytest.raises(DataError, match="set a penalty"):
        fit_bradley_terry(battles, style_names=("length",))
    assert fit_bradley_terry(battles, style_names=("length",), penalty=1.0).style["length"] > 0


def test_style_differences_are_shares_of_the_sum() -> None:
    assert style_difference((30, 0, 2), (10, 0, 0)) == (0.5, 0.0, 1.0)
    assert style_difference((3, 0), (0, 0), smoothing=1) == (0.75, 0.0)


def test_who_was_never_compared_is_named() -> None:
    battles = [Battle("a", "b", 0.5), Battle("c", "d", 0.5)]
    with pytest.raises(DataError, match=r"connect these 2 sets, rate them apart: a, b; c, d"):
        fit_bradley_terry(battles)


@pytest.mark.parametrize(
    ("battles", "message"),
    [
        ([], "there are no battles"),
        ([Battle("a", "b", 1.0, weight=0.0)], "there are no battles"),
        ([Battle("a", "a", 1.0)], r"battle 1 \(a against a\): nobody fights himself"),
        ([Battle("a", "b", 0.5), Battle("a", "b", 1.5)], "battle 2 .* is 1.5, not in"),
        ([Battle("a", "b", math.nan)], "is nan, not in"),
        ([Battle("a", "b", 0.5), Battle("a", "b", 0.5, weight=-1.0)], "the weight is -1.0"),
        ([Battle("a", "b", 0.5, style=(1.0,))], "style should be 0 numbers"),
    ],
)
def test_malformed_battles_are_named(battles: list[Battle], message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit_bradley_terry(battles)


def test_an_anchor_who_fights_nobody_is_named() -> None:
    with pytest.raises(DataError, match="the anchor 'z' fights no battle"):
        fit_bradley_terry([Battle("a", "b", 0.5)], anchor="z")


def test_a_bootstrap_covers_the_truth_as_often_as_it_says() -> None:
    generator = np.random.default_rng(3)
    covered = 0
    for seed in range(40):
        outcomes = generator.random(150) < 0.6
        battles = [Battle("a", "b", float(won)) for won in outcomes]
        resampling = Resampling(rounds=60, seed=seed)
        interval = bootstrap_bradley_terry(battles, resampling, anchor="b")["a"]
        covered += interval.low <= 1000 + 400 * math.log10(0.6 / 0.4) <= interval.high
    assert covered >= 34  # of 40, at 95%


def test_a_bootstrap_repeats_itself_and_contains_the_rating() -> None:
    first, again = (
        bootstrap_bradley_terry(season(), Resampling(rounds=40, seed=7), anchor="Boston")
        for _ in range(2)
    )
    assert first == again
    assert first["Boston"].low == first["Boston"].high == 1000.0
    assert all(one.low <= one.rating <= one.high and one.rounds == 40 for one in first.values())


def test_copies_in_a_cluster_add_nothing() -> None:
    battles = [Battle("a", "b", float(won)) for won in (1, 0, 1, 1, 0, 1, 0, 1, 1, 0) * 3]
    clusters = [number for number in range(30) for _ in range(4)]
    copied = [battle for battle in battles for _ in range(4)]
    once = bootstrap_bradley_terry(battles, Resampling(seed=1), anchor="b")["a"]
    clustered = bootstrap_bradley_terry(copied, Resampling(seed=1), anchor="b", clusters=clusters)
    assert (clustered["a"].low, clustered["a"].high) == pytest.approx((once.low, once.high))
    naive = bootstrap_bradley_terry(copied, Resampling(seed=1), anchor="b")["a"]
    assert naive.high - naive.low < once.high - once.low


def test_a_rating_that_resamples_often_lack_has_no_interval() -> None:
    battles = [Battle("a", "b", won) for won in (1.0, 1.0, 0.0)]
    interval = bootstrap_bradley_terry(battles, anchor="b")["a"]
    assert interval.rating is not None
    assert (interval.low, interval.high) == (None, None)
    assert 0 < interval.rounds < 100


def test_clusters_are_named_for_every_battle() -> None:
    with pytest.raises(DataError, match="1 clusters are named for 2 battles"):
        bootstrap_bradley_terry([Battle("a", "b", 0.5)] * 2, clusters=["x"])
