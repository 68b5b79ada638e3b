"""Golden readings of helpers' replies, worked out from the published parsers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.archon.parsing import (
    Variant,
    critiques,
    is_correct,
    ranking,
    unit_tests,
    verdicts_on_tests,
)

VARIANTS = st.sampled_from(["official", "fixed"])


@pytest.mark.parametrize(
    ("reply", "official", "fixed"),
    [
        ("Answer: [2] > [3] > [1]\nbecause [1]", [2, 3, 1], [2, 3, 1]),
        ("[3] > [3] > [1]", [3, 3, 1], [3, 1, 2]),
        ("[3]", [3, 1, 2], [3, 1, 2]),
        ("[3] > [3]", [3, 1, 2], [3, 1, 2]),
        ("[4] > [0] > [2]", [2, 1, 3], [2, 1, 3]),
        ("[2] > [1] > [3] > [2]", [2, 1, 3], [2, 1, 3]),
        # Officially the first line alone is read.
        ("Answer:\n[2] > [3] > [1]", [1, 2, 3], [2, 3, 1]),
        ("[2-3] > [1]", [1, 2, 3], [1, 2, 3]),
        ("2 > 3", [1, 2, 3], [1, 2, 3]),
        ("", [1, 2, 3], [1, 2, 3]),
        (f"[{'9' * 5000}] > [2]", [2, 1, 3], [2, 1, 3]),
    ],
)
def test_rankings(reply: str, official: list[int], fixed: list[int]) -> None:
    assert ranking(reply, 3, "official") == official
    assert ranking(reply, 3, "fixed") == fixed


ONE, TWO = "Strengths:\n- clear\nWeaknesses:\n- long", "STRENGTHS: few\nWeakness: many"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (f"[1]\n{ONE}\n\n[2]\n{TWO}", (ONE, TWO)),
        # A number inside a critique does not begin another one.
        (f"[1]\n{ONE}, unlike [2] here\n\n[2]\n{TWO}", (f"{ONE}, unlike  here", TWO)),
        # What stands before the first section is dropped, and dashes too.
        (f"Here it is:\n---\n[1]\n{ONE}\n\n\n\n---[2]\n{TWO}", (ONE, TWO)),
        # A first section without its number hides all others.
        (f"{ONE}\n[2]\n{TWO}", None),
        (f"[1]\n{ONE}", None),
        (f"[1]\n{ONE}\n[2]\nStrengths: all of it", None),
        ("", None),
    ],
)
def test_critiques_of_two(reply: str, expected: tuple[str, ...] | None) -> None:
    assert critiques(reply, 2) == expected


def test_one_critique_needs_no_number() -> None:
    assert critiques(ONE, 1) == (ONE,)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("so [Correct]", True),
        ("so [Incorrect].", False),
        ("[Correct] or [Incorrect]", None),
        ("correct", None),
        ("", None),
    ],
)
def test_verdicts_of_verifiers(reply: str, expected: bool | None) -> None:
    assert is_correct(reply) is expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("['a, b', \"c\"]", ("a, b", "c")),
        ("[a, b]", ("a", "b")),
        ("['it\\'s',\n 'so']", ("it's", "so")),
        # A quote that is never closed ends a piece.
        ("it's, so", ("it", "s", "so")),
        ("'a' 'b'", ("a' 'b",)),
        ("[]", None),
        ("", None),
        # Words before the list are taken for part of it.
        ("Here: ['a', 'b']", ("Here: ['a", "b']")),
    ],
)
def test_lists_of_unit_tests(reply: str, expected: tuple[str, ...] | None) -> None:
    assert unit_tests(reply, None) == expected


def test_another_number_of_unit_tests_is_none() -> None:
    assert unit_tests("['a', 'b']", 2) == ("a", "b")
    assert unit_tests("['a', 'b']", 3) is None


def test_many_backslashes_take_no_longer() -> None:
    assert unit_tests('"' + "\\" * 100_000, None) == ("\\" * 100_000,)


@pytest.mark.parametrize(
    ("reply", "official", "fixed"),
    [
        (
            "Unit Test #1: [Passed]\nUnit Test #2: [Failed]",
            ("passed", "failed"), ("passed", "failed"),
        ),
        # The last of several headings counts.
        (
            "Unit Test #1: [Failed]\nUnit Test #1: [Passed]\nUnit Test #2: [Passed]",
            ("passed", "passed"), ("passed", "passed"),
        ),
        # Officially any word with "pas" or "fai" in it says so, and "pas" goes first.
        (
            "Unit Test #1: it surpassed all\nUnit Test #2: I fail to see it",
            ("passed", "failed"), ("unknown", "unknown"),
        ),
        (
            "Unit Test #1: [Failed], does not pass\nUnit Test #2: [Passed][Failed]",
            ("passed", "unknown"), ("failed", "unknown"),
        ),
        # Without a heading the ends of the text stand for it.
        ("[Passed]", ("unknown", "unknown"), ("unknown", "unknown")),
        ("Unit Test #1: [Passed]", ("passed", "unknown"), ("passed", "unknown")),
    ],
)  # fmt: skip
def test_verdicts_on_two_tests(
    reply: str, official: tuple[str, ...], fixed: tuple[str, ...]
) -> None:
    assert verdicts_on_tests(reply, 2, "official") == official
    assert verdicts_on_tests(reply, 2, "fixed") == fixed


@given(st.text(st.sampled_from("[]0123456789 >\nx")), st.integers(1, 6), VARIANTS)
def test_a_ranking_names_candidates_that_there_are(
    reply: str, count: int, variant: Variant
) -> None:
    found = ranking(reply, count, variant)
    assert len(found) == count
    assert set(found) <= set(range(1, count + 1))
    assert variant == "official" or len(set(found)) == count


@given(st.text(), st.integers(1, 4), VARIANTS)
def test_no_reply_crashes_a_parser(reply: str, count: int, variant: Variant) -> None:
    found = critiques(reply, count)
    assert found is None or len(found) == count
    tests = unit_tests(reply, count)
    assert tests is None or len(tests) == count
    assert len(verdicts_on_tests(reply, count, variant)) == count
    assert is_correct(reply) in (True, False, None)
