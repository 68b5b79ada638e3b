"""The 144 games: enumeration, equilibria, sisters, and looking ahead."""

from __future__ import annotations

from collections import Counter
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks.tmgbench.composed import Restriction, looking_ahead
from evalrun.benchmarks.tmgbench.games import OUTCOMES, PLACES, Game, all_games, canonical

RANKINGS = [((w, x), (y, z)) for w, x, y, z in permutations((1, 2, 3, 4))]
GAMES = all_games()
MIRRORED = {1: 4, 2: 2, 3: 3, 4: 1}
any_game = st.builds(Game, st.sampled_from(RANKINGS), st.sampled_from(RANKINGS))


def best_replies(game: Game) -> set[int]:
    """Return the equilibria as mutual best replies, found in another way."""
    found = set()
    for number, (r, c) in zip(OUTCOMES, PLACES, strict=True):
        best_of_a = max((0, 1), key=lambda row: game.a[row][c]) == r
        best_of_b = max((0, 1), key=lambda column: game.b[r][column]) == c
        if best_of_a and best_of_b:
            found.add(number)
    return found


def test_there_are_144_classes_of_four_games_each() -> None:
    classes = Counter(canonical(Game(a, b))[0] for a, b in product(RANKINGS, RANKINGS))
    assert set(classes) == set(GAMES)
    assert set(classes.values()) == {4}
    assert len(GAMES) == 144


def test_108_games_have_one_equilibrium_and_18_each_none_and_two() -> None:
    assert Counter(len(game.equilibria) for game in GAMES) == {1: 108, 0: 18, 2: 18}


@pytest.mark.parametrize(
    ("a", "b", "equilibria"),
    [
        (((3, 1), (4, 2)), ((3, 4), (1, 2)), (4,)),
        (((4, 1), (3, 2)), ((4, 3), (1, 2)), (1, 4)),
        (((4, 1), (2, 3)), ((1, 4), (3, 2)), ()),
        (((3, 2), (4, 1)), ((3, 4), (2, 1)), (2, 3)),
    ],
    ids=["prisoner's dilemma", "stag hunt", "matching pennies", "chicken"],
)
def test_equilibria_of_well_known_games(a, b, equilibria) -> None:
    assert Game(a, b).equilibria == equilibria


@given(any_game)
def test_equilibria_are_mutual_best_replies(game) -> None:
    assert set(game.equilibria) == best_replies(game)


def test_the_sister_of_each_game_is_among_them_across_the_diagonal() -> None:
    for position, game in enumerate(GAMES):
        i, j = divmod(position, 12)
        assert GAMES[12 * j + i] == game.sister
        assert set(game.sister.equilibria) == {MIRRORED[number] for number in game.equilibria}


@given(any_game)
def test_a_sister_swaps_players_and_the_names_of_their_actions(game) -> None:
    sister = game.sister
    for r, c in PLACES:
        assert sister.a[r][c] == game.b[1 - c][1 - r]
        assert sister.b[r][c] == game.a[1 - c][1 - r]
    assert sister.sister == game


@given(any_game)
def test_outcomes_are_found_again_in_the_game_of_the_class(game) -> None:
    of_class, numbers = canonical(game)
    assert sorted(numbers) == [1, 2, 3, 4]
    for (r, c), number in zip(PLACES, numbers, strict=True):
        row, column = PLACES[number - 1]
        assert (of_class.a[r][c], of_class.b[r][c]) == (game.a[row][column], game.b[row][column])


@given(any_game, st.sampled_from("AB"), st.sampled_from((1, 2)))
def test_without_an_action_the_other_player_replies_to_the_one_that_is_left(
    game, player, action
) -> None:
    (number,) = game.without(player, action)
    r, c = PLACES[number - 1]
    left = 2 - action
    if player == "A":
        assert r == left
        assert game.b[r][c] > game.b[r][1 - c]
    else:
        assert c == left
        assert game.a[r][c] > game.a[1 - r][c]


DILEMMA = Game(((3, 1), (4, 2)), ((3, 4), (1, 2)))
STAG = Game(((4, 1), (3, 2)), ((4, 3), (1, 2)))
HARMONY = Game(((4, 3), (2, 1)), ((4, 2), (3, 1)))
MEETING = Game(((3, 1), (2, 4)), ((4, 2), (1, 3)))


def test_sides_that_look_ahead_give_up_an_outcome_that_costs_them_more_later() -> None:
    # Alone, the meeting may end with (A1, B1) or (A2, B2). After (A1, B1) the main game would end
    # at (A2, B1) with 2 for A, not at (A1, B1) with 4: A gets 3 + 2, and by leaving 2 + 4.
    assert MEETING.equilibria == (1, 4)
    assert looking_ahead(MEETING, HARMONY, Restriction(1, "A", 1)) == ((4,), (1,))


@pytest.mark.parametrize(
    ("opening", "main", "rule"),
    [
        # The trigger is no equilibrium anyway.
        (MEETING, HARMONY, Restriction(2, "A", 1)),
        # The rule takes away what nobody would choose.
        (MEETING, HARMONY, Restriction(1, "A", 2)),
        # The main game has two equilibria.
        (MEETING, STAG, Restriction(1, "A", 1)),
    ],
)
def test_pairs_in_which_nothing_has_to_be_given_up_are_not_asked(opening, main, rule) -> None:
    assert looking_ahead(opening, main, rule) is None


@given(
    any_game, any_game, st.sampled_from(OUTCOMES), st.sampled_from("AB"), st.sampled_from((1, 2))
)
def test_looking_ahead_is_backward_induction(opening, main, outcome, player, action) -> None:
    found = looking_ahead(opening, main, Restriction(outcome, player, action))
    if found is None:
        return
    kept, reached = found
    assert reached == main.equilibria
    assert outcome in opening.equilibria
    assert outcome not in kept
    (free,), (bound,) = main.equilibria, main.without(player, action)

    def total(payoffs, later, number):
        end = PLACES[(bound if number == outcome else free) - 1]
        r, c = PLACES[number - 1]
        return payoffs[r][c] + later[end[0]][end[1]]

    for number, (r, c) in zip(OUTCOMES, PLACES, strict=True):
        other_a, other_b = 2 * (1 - r) + c + 1, 2 * r + (1 - c) + 1
        stable = total(opening.a, main.a, number) > total(opening.a, main.a, other_a) and total(
            opening.b, main.b, number
        ) > total(opening.b, main.b, other_b)
        assert stable == (number in kept)
