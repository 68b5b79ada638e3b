"""How TurtleBench judges judgements, worked by hand from the published script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.turtlebench import METRICS, TurtleBenchOptions, TurtleBenchScorer

OFFICIAL = TurtleBenchScorer(TurtleBenchOptions())
FIXED = TurtleBenchScorer(TurtleBenchOptions(variant="fixed"))


@pytest.mark.parametrize(
    ("reply", "golden", "official", "fixed"),
    [
        ("Correct", "Correct", "Correct", "Correct"),
        ("  correct.\n", "Correct", "Correct", "Correct"),
        ("CORRECT!", "Correct", "Correct", "Correct"),
        ("Correctly guessed", "Correct", "Correct", "Invalid"),
        ("Incorrect", "Correct", "Incorrect", "Incorrect"),
        ("Unknown", "Incorrect", "Unknown", "Unknown"),
        ("**Correct**", "Correct", "Invalid", "Correct"),
        ('"Unknown"', "Unknown", "Invalid", "Unknown"),
        ("The guess is Correct", "Correct", "Invalid", "Invalid"),
        ("Not correct", "Incorrect", "Invalid", "Invalid"),
        ("对", "T", "T", "T"),
        ("对。", "T", "T", "T"),
        ("错", "F", "F", "F"),
        ("不知道", "N", "N", "N"),
        ("对错", "T", "T", "Invalid"),
        ("不对", "F", "Invalid", "Invalid"),
        ("「对」", "T", "Invalid", "T"),
        ("Correct", "T", "Invalid", "Invalid"),
        ("对", "Correct", "Invalid", "Invalid"),
    ],
)
def test_a_reply_is_what_it_begins_with(
    grade, reply: str, golden: str, official: str, fixed: str
) -> None:
    for scorer, answer in ((OFFICIAL, official), (FIXED, fixed)):
        verdict = grade(scorer, reply, golden)
        assert verdict.answer == answer
        assert verdict.status == ("unparsed" if answer == "Invalid" else "ok")


@pytest.mark.parametrize(
    ("golden", "reply", "kind"),
    [
        ("Correct", "Correct", "tp"),
        ("Correct", "Incorrect", "fn"),
        ("Correct", "Unknown", "fn"),
        ("Correct", "Hm", "fn"),
        ("Incorrect", "Correct", "fp"),
        ("Incorrect", "Incorrect", "tn"),
        ("Incorrect", "Unknown", "tn"),
        ("Incorrect", "Hm", "fp"),
        ("Unknown", "Correct", "fp"),
        ("Unknown", "Incorrect", "tn"),
        ("Unknown", "Unknown", "tn"),
        ("Unknown", "Hm", "fp"),
        ("T", "对", "tp"),
        ("T", "不知道", "fn"),
        ("F", "不知道", "tn"),
        ("N", "错", "tn"),
        ("N", "对", "fp"),
    ],
)
def test_unknown_and_incorrect_are_one_class(grade, golden: str, reply: str, kind: str) -> None:
    scores = grade(OFFICIAL, reply, golden).scores
    assert scores == {
        **dict.fromkeys(METRICS, 0.0),
        "accuracy": float(kind in ("tp", "tn")),
        kind: 1.0,
    }


@pytest.mark.parametrize("scorer", [OFFICIAL, FIXED], ids=["official", "fixed"])
def test_no_reply_has_no_verdict_but_white_space_is_invalid(
    grade, scorer: TurtleBenchScorer
) -> None:
    missing = grade(scorer, "", "Correct")
    assert (missing.scores, missing.status) == (dict.fromkeys(METRICS), "empty")
    blank = grade(scorer, " \n", "Correct")
    assert (blank.scores["accuracy"], blank.scores["fn"], blank.status) == (0.0, 1.0, "unparsed")


@given(
    st.text() | st.text(alphabet="Corectinunkwna 对错不知道*\n"),
    st.sampled_from(["Correct", "Incorrect", "Unknown", "T", "F", "N"]),
)
def test_every_reply_is_one_of_four_kinds(grade, text: str, golden: str) -> None:
    for scorer in (OFFICIAL, FIXED):
        scores = grade(scorer, text, golden).scores
        if text == "":
            continue
        assert sum(scores[kind] for kind in METRICS[1:]) == 1.0
        assert scores["accuracy"] == scores["tp"] + scores["tn"]
