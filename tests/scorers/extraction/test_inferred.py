"""The option that a reply chooses by VLMEvalKit's rules, worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.extraction.inferred import REFUSALS, inferred_option

FOUR = {"A": "north", "B": "south", "C": "southeast", "D": "west"}
TWO = {"A": "a red square", "B": "a blue circle"}
CHINESE = {"A": "京剧", "B": "昆曲", "C": "越剧"}


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("B", "B"),
        (" (B). ", "B"),
        ("**B**", "B"),
        ("{B}", "B"),
        ("[B]: south!", "B"),
        ("I am sure it is B", "B"),
        # Its first place counts, and must be among the last four words.
        ("B is what I see here", None),
        ("B it is, clearly", "B"),
        ("B or B or B, it is B", None),
        # Two letters that stand alone are no choice, "A" as an article is one of them.
        ("A or B", None),
        ("A dog", "A"),
        ("It is a dog", None),
        ("b", None),
        ("Option (b)", None),
        ("B's", None),
        ("B-", None),
        # Z stands for none of them, unless a letter stands beside it.
        ("Z", "Z"),
        ("Z.", "Z"),
        ("Z or B", "B"),
        # A statement is read in any case, its first one only.
        ("The correct answer is **b**, because there is a lot to be seen on it", "B"),
        ("The ANSWER IS b", "B"),
        ("answer is *C and the answer is B, as anyone can see who looks at it", "C"),
        ("the answer is E", None),
        # Texts of options are looked for in any case.
        ("It is WEST.", "D"),
        ("To the north of it", "A"),
        # "southeast" holds "south": two options.
        ("It lies to the southeast", None),
        ("south", "B"),
        ("north and west", None),
        # Longer than twice all texts together (4 + 5 + 9 + 5 letters): nothing.
        ("x" * 41 + " west", "D"),
        ("x" * 42 + " west", None),
        ("", None),
        ("...", None),
        ("Failed to obtain answer via API", None),
        ("Failed to obtain answer via API: B", None),
        # A letter is not, but a text is read behind it.
        ("Failed to obtain answer via API. west", "D"),
    ],
)
def test_a_reply_chooses(reply: str, letter: str | None) -> None:
    assert inferred_option(reply, FOUR) == letter


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_chooses_none_of_them(refusal: str) -> None:
    assert inferred_option(f"B. {refusal}", FOUR) == "Z"


def test_letters_without_an_option_are_no_choice() -> None:
    assert inferred_option("D", TWO) is None
    assert inferred_option("answer is D", TWO) is None
    assert inferred_option("C B", TWO) == "B"


def test_chinese_characters_next_to_a_letter_hide_it() -> None:
    assert inferred_option("答案是C", CHINESE) is None
    assert inferred_option("答案是 C", CHINESE) == "C"
    assert inferred_option("C. 越剧", CHINESE) == "C"
    assert inferred_option("越剧", CHINESE) == "C"


@given(st.text(), st.dictionaries(st.sampled_from("ABCDE"), st.text(min_size=1)))
def test_what_is_read_is_an_option_or_none_of_them(reply: str, options: dict[str, str]) -> None:
    assert inferred_option(reply, options) in {None, "Z", *options}


@given(st.sampled_from("ABCD"), st.sampled_from(["{}", "({})", "{}.", "Answer: {}", "# {} #"]))
def test_a_letter_alone_is_read_however_it_is_marked(letter: str, form: str) -> None:
    assert inferred_option(form.format(letter), FOUR) == letter
