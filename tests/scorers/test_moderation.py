"""Moderators of a debate. Golden cases are worked out from the published rules of LOGICOM."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.moderation import (
    CONVINCED,
    GREETING,
    NOT_CONVINCED,
    ModeratorReplies,
    Variant,
    decide,
    ruled,
)

KEEP = "<KEEP-TALKING>"


def convinced(tag: str, variant: Variant = "official") -> bool:
    return decide(ModeratorReplies(KEEP, tag), 0, variant).convinced


def reason(terminator: str, unconvinced: int = 0, variant: Variant = "official") -> str | None:
    return decide(ModeratorReplies(terminator, "FALSE"), unconvinced, variant).reason


@pytest.mark.parametrize("tag", ["TRUE", "true", "It is True.", "Not TRUE: FALSE", "Untrue"])
def test_true_anywhere_convinces_officially(tag: str) -> None:
    assert convinced(tag)


@pytest.mark.parametrize("tag", ["FALSE", "", "yes", "T R U E"])
def test_nothing_else_convinces(tag: str) -> None:
    assert not convinced(tag)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("Not TRUE: FALSE", False), ("Untrue", False), ("FALSE? No, TRUE.", True), ("true", True)],
)
def test_the_last_whole_word_counts_when_fixed(tag: str, expected: bool) -> None:
    assert convinced(tag, "fixed") == expected


def test_a_loop_of_greetings_ends_the_debate() -> None:
    assert reason("<TERMINATE>") == reason("so: <terminate>!") == GREETING
    assert reason(KEEP) is reason("TERMINATE") is reason("") is None


def test_both_signals_end_the_debate_officially_and_the_last_one_counts_when_fixed() -> None:
    both = "<TERMINATE> or rather <KEEP-TALKING>"
    assert reason(both) == GREETING
    assert reason(both, variant="fixed") is None


def test_the_eleventh_round_without_success_is_the_last() -> None:
    assert reason(KEEP, unconvinced=9) is None
    assert reason(KEEP, unconvinced=10) == NOT_CONVINCED
    assert reason("<TERMINATE>", unconvinced=10) == NOT_CONVINCED


def test_being_convinced_comes_before_everything_else() -> None:
    decision = decide(ModeratorReplies("<TERMINATE>", "TRUE"), 10, "official")
    assert (decision.reason, decision.unconvinced) == (CONVINCED, 10)


def test_a_panel_must_agree() -> None:
    yes = decide(ModeratorReplies(KEEP, "TRUE"), 0, "official")
    no = decide(ModeratorReplies(KEEP, "FALSE"), 0, "official")
    greeting = decide(ModeratorReplies("<TERMINATE>", "FALSE"), 0, "official")
    assert ruled([yes, yes, yes]).convinced
    assert not ruled([yes, no, yes]).over
    # All want to stop, but not all are convinced; the first one's reason stands.
    split = ruled([yes, greeting, greeting])
    assert (split.over, split.convinced, split.reason) == (True, False, CONVINCED)


@given(st.text(), st.text(), st.integers(0, 20), st.sampled_from(["official", "fixed"]))
def test_any_reply_is_a_decision(tag: str, signal: str, before: int, variant: Variant) -> None:
    decision = decide(ModeratorReplies(signal, tag), before, variant)
    assert decision.unconvinced == before + (not decision.convinced)
