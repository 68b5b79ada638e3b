"""The needle's rule: ROUGE-1 of word stems against the needle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.needle import NeedleOptions, NeedleScorer

pytest.importorskip("rouge_score")

SCORER = NeedleScorer(NeedleOptions())
NEEDLE = "Eat a sandwich and sit in the park."


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (NEEDLE, 1),
        ("  eat a SANDWICH, and sit in the park\n", 1),
        # 3 of 3 words, of the needle's 8: 2 * 3 / 11.
        ("eat a sandwich", 6 / 11),
        # Stems: "eating", "sandwiches" and "parks" are in the needle.
        ("eating sandwiches parks", 6 / 11),
        # Order does not count; a word counts as often as both have it.
        ("park the in sit and sandwich a eat", 1),
        ("park park park", 2 / 11),
        ("I do not know", 0),
    ],
)
def test_the_share_of_common_words_counts(grade, output, expected):
    assert grade(SCORER, output, NEEDLE).scores == {"rouge_1": pytest.approx(expected)}


@pytest.mark.parametrize("output", ["", " \n"])
def test_a_blank_answer_counts_zero(grade, output):
    turn = grade(SCORER, output, NEEDLE)
    assert (turn.status, turn.scores) == ("empty", {"rouge_1": 0})


@given(st.text())
def test_any_answer_gets_a_value_between_0_and_1(grade, output):
    assert 0 <= grade(SCORER, output, NEEDLE).scores["rouge_1"] <= 1
