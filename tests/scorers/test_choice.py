"""How the chosen option is read out of a reply to a multiple-choice question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.choice import ChoiceOptions, ChoiceScorer
from evalrun.scorers.options import chosen_option, index_of_target

OPTIONS = ("Tom", "Mara", "A sailor", "Captain Nemo")
CHOICE = ChoiceScorer(ChoiceOptions())


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        # A statement decides; of several, the last.
        ("The answer is (B)", "B"),
        ("Answer: B", "B"),
        ("**Answer:** C", "C"),
        ("The answer is **B**.", "B"),
        ("Answer: A. No, wait: the answer is C.", "C"),
        ("The answer is A because it says so", "A"),
        ("the answer is b", "B"),
        ("The answer is $\\boxed{\\text{B}}$", "B"),
        ("The correct option is most likely option D, not A", "D"),
        ("I think the answer is Mara", "B"),
        ("Answer: A sailor", "C"),
        ("Answer:\n\nCaptain Nemo", "D"),
        ("Not A. Final answer: (C)\n", "C"),
        # A reply that is an option, by letter or text.
        ("B", "B"),
        ("(b)", "B"),
        ("**D**", "D"),
        ("Option C", "C"),
        ("Captain Nemo", "D"),
        ("captain  nemo.", "D"),
        ("Mara. Tom is her brother.", "B"),
        ("The Captain Nemo", "D"),
        ("Mara, not Tom", "B"),
        # A letter that begins the reply.
        ("B) Mara", "B"),
        ("B: because Tom was away", "B"),
        ("(C). It was him.", "C"),
        # A mark or a mention, when there is just one.
        ("It must be (D), I suppose", "D"),
        ("So I take **A**", "A"),
        ("In short, option B fits", "B"),
        ("$\\boxed{B}$", "B"),
        ("I pick C", "C"),
        ("It's a sailor", "C"),
        ("to answer a question, I say D", "D"),
    ],
)
def test_a_clear_choice_is_found(reply, letter):
    assert chosen_option(reply, OPTIONS) == "ABCD".index(letter)


@pytest.mark.parametrize(
    "reply",
    [
        "Tom or Mara",
        "Tom, or maybe Mara",
        "Tom, Mara",
        "A) Tom\nB) Mara",
        "Either (A) or (B)",
        "Option A is wrong. Option B is right",
        "The answer is a dog",
        "Answer: not A",
        "A cat",
        "E",
        "Answer is:",
        "I do not know",
        "",
    ],
)
def test_no_clear_choice_is_unparsed(grade, reply):
    assert chosen_option(reply, OPTIONS) is None
    turn = grade(CHOICE, reply or "-", "B", choices=OPTIONS)
    assert (turn.status, turn.scores) == ("unparsed", {"accuracy": 0})


@pytest.mark.parametrize(
    ("reply", "options", "index"),
    [
        ("10", ("1", "10"), 1),
        ("1.5", ("1", "2"), None),
        ("The answer is 1.5.", ("1", "1.5"), 1),
        ("Vitamin C", ("Vitamin D", "Iron", "Vitamin C"), 2),
        ("It is vitamin C.", ("Vitamin C", "Iron", "Salt"), 0),
        ("new york city", ("New York", "New York City"), 1),
        ("A dog", ("cat", "dog"), 1),
        ("c++ of course", ("C++", "C"), 0),
        ("in der Straße", ("Weg", "Straße"), 1),
        ("Yes, there is no doubt.", ("No", "Yes"), 1),
    ],
)
def test_texts_are_found_as_whole_words_the_longest_first(reply, options, index):
    assert chosen_option(reply, options) == index


def test_without_options_any_letter_may_be_chosen():
    assert chosen_option("Answer: K", ()) == 10
    assert index_of_target("K", ()) == 10


@pytest.mark.parametrize(
    ("target", "index"),
    [("B", 1), ("(b)", 1), ("mara", 1), (" Captain Nemo", 3), ("E", None), ("Nemo", None)],
)
def test_a_target_is_a_letter_or_a_text(target, index):
    assert index_of_target(target, OPTIONS) == index


def test_a_target_that_is_both_counts_as_text():
    assert index_of_target("B", ("B", "A")) == 0


def test_the_answer_is_the_letter(grade):
    turn = grade(CHOICE, "Surely Mara", ["B", "Tom"], choices=OPTIONS)
    assert (turn.answer, turn.scores) == ("B", {"accuracy": 1})
    assert grade(CHOICE, "Answer: C", "Mara", choices=OPTIONS).scores == {"accuracy": 0}


def test_a_target_that_is_no_option_is_a_scorer_error(grade):
    turn = grade(CHOICE, "B", "Ahab", choices=OPTIONS)
    assert (turn.status, turn.scores) == ("scorer_error", {"accuracy": None})


@given(reply=st.text(), options=st.lists(st.text(), max_size=30))
def test_any_reply_gives_an_option_or_none(reply, options):
    index = chosen_option(reply, options)
    assert index is None or 0 <= index < (len(options) or 26)


@given(
    index=st.integers(0, 3), frame=st.sampled_from(["Answer: {}", "({})", "{}", "{}.", "**{}**"])
)
def test_letters_and_texts_are_read_back(index, frame):
    assert chosen_option(frame.format("ABCD"[index]), OPTIONS) == index
    assert chosen_option(frame.format(OPTIONS[index]), OPTIONS) == index
