"""Hands between scripted players. Chips are worked out by hand: blinds of 1 and 2, 200 chips."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from dealt import ACES, SPLIT, play_between, played, sample_of, says, told
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import ScriptedEndpoint

from evalrun.benchmarks.pokerbench.deals import random_deal
from evalrun.core.errors import DataError
from evalrun.core.exchange import SampleKey, Sampling
from evalrun.core.interfaces import Actor
from evalrun.core.sample import Sample, Turn
from evalrun.runners.poker.heads_up import HeadsUp, HeadsUpOptions

pytest.importorskip("pokerkit")


def done(outcome: dict[str, Any]) -> list[str]:
    """Return the actions of a log: who, what, and to how many chips."""
    return [
        " ".join(str(step[key]) for key in ("position", "action", "to") if key in step)
        for step in outcome["actions"]
    ]


def result(outcome: dict[str, Any]) -> tuple[int, str]:
    return outcome["chips"], outcome["stage"]


def test_who_folds_before_the_flop_loses_its_blind() -> None:
    outcome = played(ACES, ["fold"], [])
    assert result(outcome) == (-1, "preflop")
    assert outcome["ending_chips"] == [199, 201]
    assert done(outcome) == ["SB fold"]


def test_a_model_whose_opponent_folds_at_once_is_not_asked() -> None:
    outcome = played(SPLIT, [], ["I fold."])
    assert result(outcome) == (1, "preflop")
    assert (outcome["position"], outcome["ending_chips"]) == ("BB", [201, 199])


def test_the_better_hand_takes_the_pot_at_the_showdown() -> None:
    # 6 before the flop, 8 on the flop, nothing on the turn, 20 on the river: 34 chips each.
    own = ["raise 3", "raise 4", "check", "bet 10"]
    outcome = played(ACES, own, ["call", "check", "call", "check", "check", "call"])
    assert result(outcome) == (34, "river")
    assert done(outcome) == [
        *("SB raise 6", "BB call", "BB check", "SB bet 8", "BB call"),
        *("BB check", "SB check", "BB check", "SB bet 20", "BB call"),
    ]


def test_an_all_in_that_is_called_deals_the_board_and_ends_where_it_was_called() -> None:
    outcome = played(ACES, ["all in"], ["call"])
    assert result(outcome) == (200, "preflop")
    assert outcome["ending_chips"] == [400, 0]
    assert done(outcome) == ["SB raise 200", "BB call"]


def test_going_all_in_against_an_all_in_is_a_call() -> None:
    assert done(played(ACES, ["all in"], ["ALL IN"])) == ["SB raise 200", "BB call"]


def test_equal_hands_split_the_pot() -> None:
    outcome = played(SPLIT, ["call"], ["all in"])
    assert result(outcome) == (0, "preflop")
    assert outcome["ending_chips"] == [200, 200]


def test_who_folds_on_a_later_stage_loses_what_was_put_in() -> None:
    outcome = played(ACES, ["raise 2.6", "fold"], ["call", "raise 10"])
    assert result(outcome) == (-6, "flop")


@pytest.mark.parametrize(
    ("reply", "action"),
    [
        ("raise 1", "SB raise 4"),  # no less than the big blind more
        ("raise 0", "SB raise 4"),
        ("raise", "SB raise 4"),
        ("raise 1000", "SB raise 200"),  # no more than there is
        ("bet 3", "SB raise 6"),
        ("raise 2.5 chips", "SB raise 4"),  # 2.5 is rounded to 2 big blinds
        ("raise 3.5 chips", "SB raise 8"),
        ("check", "SB fold"),
        ("let me think", "SB fold"),
        ("", "SB fold"),
    ],
)
def test_replies_are_brought_into_the_rules(reply: str, action: str) -> None:
    opponent = ScriptedEndpoint(lambda *_: "fold")
    outcome = play_between(ACES, says([reply]), opponent).outcome
    assert done(outcome)[0] == action


def test_a_raise_over_a_raise_is_at_least_as_high() -> None:
    # A raise from 2 to 10 is one of 8: the next goes to 18 at least.
    assert done(played(ACES, ["raise 5", "fold"], ["raise 6"]))[:2] == [
        "SB raise 10",
        "BB raise 18",
    ]


def test_a_raise_where_none_is_allowed_is_a_call() -> None:
    assert done(played(ACES, ["all in"], ["raise 50"])) == ["SB raise 200", "BB call"]


@pytest.mark.parametrize("reply", ["fold", "call", "check", "what?", ""])
def test_nobody_folds_who_may_check(reply: str) -> None:
    outcome = played(ACES, ["call", "fold"], [reply, "bet 5"])
    assert done(outcome)[:2] == ["SB call", "BB check"]
    assert result(outcome) == (-2, "flop")


def test_after_so_many_actions_both_check_or_call_unasked() -> None:
    outcome = played(ACES, ["raise 3"], ["raise 9"], max_actions=2)
    assert result(outcome) == (18, "river")
    assert (outcome["asked_actions"], len(outcome["actions"])) == (2, 9)
    assert done(outcome)[2] == "SB call"


def test_the_log_tells_what_was_wanted() -> None:
    outcome = played(ACES, ["raise 1000"], ["hm"])
    assert outcome["wanted"] == [{"word": "raise", "to": 2000}, None]


def test_replies_of_the_opponent_are_kept_with_their_role() -> None:
    play = play_between(ACES, says(["call", "fold"]), says(["check", "bet 1"]))
    assert [reply.text for reply in play.replies] == ["call", "fold"]
    others = [(step.role, step.reply.text) for step in play.intermediate]
    assert others == [("opponent", "check"), ("opponent", "bet 1")]


def test_the_fixed_variant_takes_what_is_named_first() -> None:
    reply = "All-in. I will not fold."
    assert done(played(ACES, [reply], ["call"], variant="fixed"))[0] == "SB raise 200"
    assert done(played(ACES, [reply], []))[0] == "SB fold"


# What players are told


def test_each_player_is_told_its_own_cards_position_and_stack_in_big_blinds() -> None:
    model, opponent = says(["raise 3", "check"]), says(["call", "bet 2", "fold", "bet 9"])
    play_between(ACES, model, opponent, max_actions=4)
    first, then = told(model), told(opponent, 1)
    assert "your position is SB, and your holding is [Ace of Spade and Ace of Heart]" in first
    assert "Before the flop, nobody has acted yet." in first
    assert "current pot size is 1.5 chips, your remaining stack is 99.5 chips" in first
    assert "your position is BB, and your holding is [King of Spade and King of Heart]" in then
    assert "Before the flop, SB raise 3.0 chips and BB call." in then
    assert (
        "The flop comes Ace of Diamond, Queen of Club, and Seven of Heart, "
        "then nobody has acted yet." in then
    )
    assert "current pot size is 6.0 chips, your remaining stack is 97.0 chips" in then
    assert "Ace of Spade" not in then
    assert then.endswith("Your optimal action is:")


def test_later_stages_are_told_with_their_cards_and_actions() -> None:
    model = says(["call", "check", "check", "fold"])
    play_between(ACES, model, says(["check", "check", "check", "bet 7"]))
    told_last = told(model, 3)
    assert "The turn comes Seven of Spade, then BB check and SB check." in told_last
    assert "The river comes Two of Diamond, then BB bet 7.0 chips." in told_last
    assert "current pot size is 9.0 chips" in told_last


# Any replies


_REPLIES = st.one_of(
    st.sampled_from(["fold", "call", "check", "all in", "raise", "bet", ""]),
    st.builds("raise {}".format, st.floats(0, 150)),
    st.builds("bet {}".format, st.integers(0, 10**400)),
    st.text(max_size=30),
)


@settings(max_examples=150, deadline=None)
@given(
    number=st.integers(0, 10_000),
    replies=st.lists(_REPLIES, min_size=1, max_size=12),
    variant=st.sampled_from(["official", "fixed"]),
    max_actions=st.integers(1, 99),
)
def test_any_replies_give_a_legal_hand_that_loses_no_chip(
    number: int, replies: list[str], variant: str, max_actions: int
) -> None:
    calls = iter(range(10_000))

    def script(*_: Any) -> str:
        return replies[next(calls) % len(replies)]

    model, opponent = ScriptedEndpoint(script), ScriptedEndpoint(script)
    outcome = play_between(
        random_deal(0, number), model, opponent, variant=variant, max_actions=max_actions
    ).outcome
    assert sum(outcome["ending_chips"]) == 400
    assert outcome["chips"] == outcome["ending_chips"][0] - 200
    assert len(model.asked) + len(opponent.asked) == outcome["asked_actions"] <= max_actions


@pytest.mark.parametrize("max_actions", [1, 24, 99])
def test_the_longest_hand_has_as_many_actions_as_are_allowed(max_actions: int) -> None:
    protocol = HeadsUp(HeadsUpOptions(name="heads_up", max_actions=max_actions))
    endpoint = says(["fold"] * max_actions)
    cast = protocol.with_cast({"opponent": Actor("opponent", endpoint, Sampling())}).longest()
    play = asyncio.run(cast.play(sample_of(ACES), SampleKey("hand/1"), endpoint, Sampling()))
    assert len(play.replies) + len(play.intermediate) == max_actions


def test_every_call_has_a_seed_of_its_own_and_the_same_in_a_second_play() -> None:
    def seeds() -> list[int | None]:
        model, opponent = says(["call", "check"]), says(["check", "check", "bet 3"])
        play_between(ACES, model, opponent, seed=7, max_actions=4)
        return [request.sampling.seed for each in (model, opponent) for _, _, request in each.asked]

    assert len(set(seeds())) == len(seeds()) == 4
    assert seeds() == seeds()


@pytest.mark.parametrize("metadata", [{}, {"deal": None}, {"deal": {"position": "BTN"}}])
def test_a_sample_without_a_deal_is_refused(metadata: dict[str, Any]) -> None:
    sample = Sample(id="t/0", task="t", turns=(Turn(query="Q"),), metadata=metadata)
    protocol = HeadsUp(HeadsUpOptions(name="heads_up"))
    with pytest.raises(DataError, match="sample t/0 is no deal"):
        asyncio.run(protocol.play(sample, SampleKey("t/0"), says([]), Sampling()))
