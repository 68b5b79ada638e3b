"""How PokerBench compares actions, worked by hand from the authors' scorer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.pokerbench import (
    METRICS,
    PokerBenchOptions,
    PokerBenchScorer,
    official_match,
    parsed_action,
)

SCORER = PokerBenchScorer(PokerBenchOptions())
ECHO = PokerBenchScorer(PokerBenchOptions(echo=True))


@pytest.mark.parametrize(
    ("reply", "label", "em", "aa", "strict_em", "strict_aa"),
    [
        ("fold", "fold", 1, 1, 1, 1),
        (" Fold.\n", "fold", 1, 1, 1, 1),
        ("**call**", "call", 1, 1, 1, 1),
        ("I would fold here", "fold", 1, 1, 0, 0),
        ("check", "fold", 0, 0, 0, 0),
        ("raise 11.0", "raise 11.0", 1, 1, 1, 1),
        # As numbers 11 and 11.0 are the same, also in words that hold more.
        ("raise 11", "raise 11.0", 1, 1, 1, 1),
        ("Raise to 11 chips", "raise 11.0", 1, 1, 1, 1),
        ("raise 12", "raise 11.0", 0, 1, 0, 1),
        ("raise", "raise 11.0", 0, 1, 0, 0),
        ("raise from 3 to 11", "raise 11.0", 0, 1, 0, 0),
        # What the words are part of does not count officially.
        ("bet 33", "bet 3", 1, 1, 0, 1),
        ("check or bet 18", "bet 18", 1, 1, 0, 0),
        ("check or bet 18", "check", 1, 1, 0, 0),
        ("a better call", "bet 18", 0, 1, 0, 0),
        ("raise 18", "bet 18", 0, 0, 0, 0),
        ("bet 18", "raise 18", 0, 0, 0, 0),
        ("all in", "all in", 1, 1, 1, 1),
        ("all-in", "all in", 0, 0, 1, 1),
        ("allin", "all in", 0, 0, 1, 1),
        ("allin", "allin", 1, 1, 1, 1),
        ("18", "bet 18", 0, 0, 0, 0),
        ("", "fold", 0, 0, 0, 0),
        (" \n", "fold", 0, 0, 0, 0),
        ("nonsense", "check", 0, 0, 0, 0),
    ],
)
def test_actions(grade, reply, label, em, aa, strict_em, strict_aa) -> None:
    scores = grade(SCORER, reply, label).scores
    assert [scores[metric] for metric in METRICS] == [em, aa, strict_em, strict_aa]


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("bets 3", ("bet", 3.0)),
        ("raise to 2.50", ("raise", 2.5)),
        ("ALL-IN", ("allin", None)),
        ("fold, fold", None),
        ("bet", None),
        ("bet -3", None),
        ("check 3", None),
        ("", None),
    ],
)
def test_an_action_is_the_whole_text(text: str, action) -> None:
    assert parsed_action(text) == action


def test_what_follows_the_last_prompt_is_graded_where_outputs_repeat_it(grade) -> None:
    output = "call ... Your optimal action is: raise 3 Your optimal action is: fold"
    assert grade(ECHO, output, "fold").scores["strict_em"] == 1
    assert grade(ECHO, output, "call").scores["em"] == 0
    assert grade(SCORER, output, "call").scores["em"] == 1
    assert grade(ECHO, "call", "call").scores["em"] == 1


def test_a_reply_that_is_no_action_is_unparsed_and_still_compared(grade) -> None:
    verdict = grade(SCORER, "I fold", "fold")
    assert (verdict.status, verdict.scores["em"]) == ("unparsed", 1.0)


ACTIONS = st.sampled_from(["fold", "call", "check", "all in", "raise 11.0", "bet 18", "raise 89"])


@given(ACTIONS, ACTIONS)
def test_one_action_against_another(reply: str, label: str) -> None:
    expected = 1.0 if reply == label else 0.5 if reply[:5] == label[:5] == "raise" else 0.0
    assert official_match(reply, label) == expected


@given(st.text() | st.text(alphabet="foldcaheknirs btein0123.٣ \n"), ACTIONS)
def test_no_reply_crashes_and_an_exact_match_is_an_action_match(
    grade, text: str, label: str
) -> None:
    scores = grade(SCORER, text, label).scores
    assert scores["em"] <= scores["aa"]
    assert scores["strict_em"] <= scores["strict_aa"]
