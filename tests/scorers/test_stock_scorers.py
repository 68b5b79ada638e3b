"""Scorers for a user's own data: exact, includes, f1, rouge, numeric, regex."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import ConfigError
from evalrun.scorers.exact import ExactOptions, ExactScorer
from evalrun.scorers.f1 import F1Options, F1Scorer
from evalrun.scorers.includes import IncludesOptions, IncludesScorer
from evalrun.scorers.numeric import NumericOptions, NumericScorer
from evalrun.scorers.regex import RegexOptions, RegexScorer
from evalrun.scorers.rouge import RougeOptions, RougeScorer


def accuracy(turn) -> float | None:
    return turn.scores["accuracy"]


@pytest.mark.parametrize(
    ("options", "output", "target", "expected"),
    [
        ({}, " Paris\n", "Paris", 1),
        ({}, "New\n York", "New York", 1),
        ({}, "paris", "Paris", 0),
        ({}, "Paris.", "Paris", 0),
        ({}, "In Paris", "Paris", 0),
        ({}, "Rome", ["Paris", "Rome"], 1),
        ({}, "4", 4, 1),
        ({"ignore_case": True}, "STRASSE", "Straße", 1),
        ({"ignore_punctuation": True}, "«Paris!»", "Paris", 1),
        ({"ignore_punctuation": True}, "5 $", "5", 0),
        ({"ignore_whitespace": False}, " Paris", "Paris", 0),
    ],
)
def test_exact_compares_the_whole_reply(grade, options, output, target, expected):
    scorer = ExactScorer(ExactOptions(**options))
    assert accuracy(grade(scorer, output, target)) == expected


@pytest.mark.parametrize(
    ("options", "output", "target", "expected"),
    [
        ({}, "It is paris, of course", "Paris", 1),
        ({}, "It is Rome", ["Paris", "Rome"], 1),
        ({}, "It is Oslo", ["Paris", "Rome"], 0),
        ({"ignore_case": False}, "It is paris", "Paris", 0),
    ],
)
def test_includes_looks_for_any_target(grade, options, output, target, expected):
    scorer = IncludesScorer(IncludesOptions(**options))
    assert accuracy(grade(scorer, output, target)) == expected


@pytest.mark.parametrize(
    ("output", "target", "expected"),
    [
        ("The Eiffel Tower!", "eiffel tower", 1),
        # Three words in common of 4 and 3: precision 3/4, recall 1.
        ("big red old boat", "old red boat", 6 / 7),
        ("boat", ["a train", "a red boat"], 2 / 3),
        ("plane", "boat", 0),
        # Repeated words count as often as both have them: 1 of 3 and 1 of 1.
        ("dog dog dog", "dog", 0.5),
        ("the", "a", 1),
        ("the", "boat", 0),
    ],
)
def test_f1_is_the_word_overlap_of_squad(grade, output, target, expected):
    assert grade(F1Scorer(F1Options()), output, target).scores == {"f1": pytest.approx(expected)}


@pytest.mark.parametrize(
    ("options", "output", "target", "expected"),
    [
        # Three words in common of 3 and 4, whatever their order.
        ({"metric": "rouge_1"}, "c b a", "a b c d", 6 / 7),
        # The longest common subsequence has 2 words ("a c") of 3 and 4.
        ({"metric": "rouge_l"}, "a b c", "a c d e", 4 / 7),
        # As one sequence only one sentence is in order; sentence by sentence all words are found.
        ({"metric": "rouge_l"}, "c d\na b", "a b\nc d", 1 / 2),
        ({"metric": "rouge_lsum"}, "c d\na b", "a b\nc d", 1),
        ({}, "nothing alike", ["other words", "nothing alike"], 1),
        ({}, "running", "runs", 0),
        ({"stemmer": True}, "running", "runs", 1),
    ],
)
def test_rouge_is_the_f_measure_of_common_subsequences(grade, options, output, target, expected):
    rouge = RougeOptions(**options)
    scores = grade(RougeScorer(rouge), output, target).scores
    assert scores == {rouge.metric: pytest.approx(expected)}


@pytest.mark.parametrize(
    ("output", "target", "expected"),
    [
        ("First 3, then 4. The answer is 42.", "42", 1),
        ("1,024", "1024", 1),
        ("$1{,}024$", "1024", 1),
        ("1,2,3", "3", 1),
        ("x = -3", "-3", 1),
        ("\N{MINUS SIGN}3", -3, 1),
        ("-$3.20", "-3.2", 1),
        ("between 10-20", "20", 1),
        ("3/4", "0.75", 1),
        ("\\frac{3}{4}", "3/4", 1),
        ("12/25/1937", "1937", 1),
        ("1.5e3", "1500", 1),
        ("50%", "50", 1),
        ("50%", "0.5", 1),
        ("50%", "50%", 1),
        ("0.5", "50%", 1),
        ("50", "5000%", 1),
        ("5%", "50%", 0),
        (".5", "0.5", 1),
        ("so...5", "5", 1),
        ("42 km", ["41", "42"], 1),
        ("3.14", "3.14159", 0),
        ("12345678901234567890123456789012345", "12345678901234567890123456789012346", 0),
    ],
)
def test_numeric_compares_the_last_number(grade, output, target, expected):
    assert accuracy(grade(NumericScorer(NumericOptions()), output, target)) == expected


@pytest.mark.parametrize(
    ("options", "output", "expected"),
    [
        ({"absolute_tolerance": 0.5}, "100.5", 1),
        ({"absolute_tolerance": 0.5}, "100.51", 0),
        ({"relative_tolerance": 0.01}, "99", 1),
        ({"relative_tolerance": 0.01}, "98.9", 0),
        ({"absolute_tolerance": 0.1, "relative_tolerance": 0.01}, "101", 1),
    ],
)
def test_numeric_allows_the_larger_of_two_tolerances(grade, options, output, expected):
    assert accuracy(grade(NumericScorer(NumericOptions(**options)), output, "100")) == expected


@pytest.mark.parametrize("output", ["none", "H2O", "1/0"])
def test_a_reply_without_number_is_unparsed(grade, output):
    turn = grade(NumericScorer(NumericOptions()), output, "2")
    assert (turn.status, accuracy(turn)) == ("unparsed", 0)


def test_a_target_without_number_is_a_scorer_error(grade):
    turn = grade(NumericScorer(NumericOptions()), "2", "two")
    assert (turn.status, accuracy(turn)) == ("scorer_error", None)
    assert "holds no number" in (turn.explanation or "")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-1e9, max_value=1e9))
def test_any_plain_number_is_read_back(grade, number):
    scorer = NumericScorer(NumericOptions())
    assert accuracy(grade(scorer, f"It is {number:,}.", f"{number}")) == 1


@pytest.mark.parametrize(
    ("options", "output", "target", "expected", "answer"),
    [
        ({"pattern": r"#### (\S+)"}, "#### 1 no: #### 42", "42", 1, "42"),
        ({"pattern": r"#### (\S+)"}, "#### 41", ["40", "42"], 0, "41"),
        ({"pattern": r"\d{4}"}, "in 1937", "1937", 1, "1937"),
        ({"pattern": r"yes|no"}, "yes", None, 1, "yes"),
        ({"pattern": r"x|(y)"}, "x", "", 1, ""),
        ({}, "in 1937", r"19\d\d", 1, "1937"),
        ({}, "in 1837", [r"19\d\d", r"20\d\d"], 0, None),
        ({"ignore_case": True}, "PARIS", r"^paris$", 1, "PARIS"),
        ({}, "PARIS", r"^paris$", 0, None),
    ],
)
def test_regex_takes_its_pattern_from_options_or_target(
    grade, options, output, target, expected, answer
):
    turn = grade(RegexScorer(RegexOptions(**options)), output, target)
    assert (accuracy(turn), turn.answer) == (expected, answer)


def test_no_match_of_an_answer_pattern_is_unparsed(grade):
    turn = grade(RegexScorer(RegexOptions(pattern=r"#### (\S+)")), "42", "42")
    assert (turn.status, accuracy(turn)) == ("unparsed", 0)


def test_a_catastrophic_pattern_ends_in_a_scorer_error(grade):
    scorer = RegexScorer(RegexOptions(timeout_s=0.05))
    turn = grade(scorer, "a" * 5000 + "b", r"(a|aa)+$")
    assert (turn.status, accuracy(turn)) == ("scorer_error", None)
    assert "took more than 0.05 s" in (turn.explanation or "")


def test_a_wrong_pattern_is_said_before_the_run():
    with pytest.raises(ConfigError, match=r"pattern '\(' is not valid"):
        RegexScorer(RegexOptions(pattern="("))


def test_a_wrong_pattern_in_a_target_spoils_its_row_only(grade):
    assert grade(RegexScorer(RegexOptions()), "(", "(").status == "scorer_error"


SCORERS = [
    ExactScorer(ExactOptions(ignore_case=True, ignore_punctuation=True)),
    IncludesScorer(IncludesOptions()),
    F1Scorer(F1Options()),
    RougeScorer(RougeOptions()),
    NumericScorer(NumericOptions(relative_tolerance=0.1)),
    RegexScorer(RegexOptions(pattern=r"(\w+)\W*$")),
]


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.label)
@given(output=st.text(), target=st.text() | st.lists(st.text(), min_size=1))
def test_any_reply_gets_a_value_between_0_and_1(grade, scorer, output, target):
    turn = grade(scorer, output, target)
    if turn.status == "scorer_error":
        assert scorer.label.startswith("numeric")
        assert "holds no number" in (turn.explanation or "")
    else:
        assert all(0 <= value <= 1 for value in turn.scores.values())


@pytest.mark.parametrize("scorer", SCORERS[:4], ids=lambda scorer: scorer.label)
@given(text=st.from_regex(r"[a-z]{3,}( [a-z]{3,})*", fullmatch=True))
def test_the_target_itself_is_a_perfect_reply(grade, scorer, text):
    assert list(grade(scorer, text, text).scores.values()) == [pytest.approx(1)]
