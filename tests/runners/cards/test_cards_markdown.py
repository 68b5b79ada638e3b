"""Pieces of pages: what is written comes out in readable lines and means the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.cards.markdown import WIDTH, bullets, commands, paragraph, table
from evalrun.runners.cards.numbers import quantity

WORDS = st.lists(st.sampled_from(["word", "-", "+", "*", "1.", "23)", "#", ">", "`a b`", "x" * 30]))


@given(WORDS)
def test_a_paragraph_keeps_its_words_and_no_line_of_it_begins_a_list(words: list[str]) -> None:
    # The first word is the author's to choose.
    text = " ".join(["first", *words])
    lines = paragraph(text).splitlines()
    assert " ".join(lines) == text
    assert not [line for line in lines if re.match(r"([-+*>]|#+|\d+[.)])( |$)", line)]


def test_lines_of_a_paragraph_are_no_longer_than_the_width() -> None:
    lines = paragraph("twelve words of a sentence " * 20).splitlines()
    assert len(lines) > 1
    assert all(len(line) <= WIDTH for line in lines)


def test_code_stays_on_one_line() -> None:
    text = "words " * 17 + "`kv=snapkv kv.budget=64` and more"
    assert "`kv=snapkv kv.budget=64`" in paragraph(text)


def test_items_of_a_list_hang() -> None:
    first, second, third = bullets(["word " * 25, "short"]).splitlines()
    assert (first[:3], second[:3], third) == ("- w", "  w", "- short")


def test_a_table_of_short_cells_is_aligned() -> None:
    assert table(("a", "long heading"), [("1", "x|y"), ("10", "z")]).splitlines() == [
        "| a   | long heading |",
        "| --- | ------------ |",
        "| 1   | x\\|y         |",
        "| 10  | z            |",
    ]


def test_a_table_with_a_long_cell_is_not_padded() -> None:
    assert table(("a",), [("x" * 200,), ("y",)]).splitlines()[::3] == ["| a |", "| y |"]


def test_comments_stand_beside_short_commands_and_above_long_ones() -> None:
    long = "evalrun recipe=a " + " ".join(f"benchmark.key{i}={i}" for i in range(8))
    shown = commands([("evalrun ls", "what there is"), ("evalrun show a", "a recipe"), (long, "b")])
    lines = shown.splitlines()
    assert lines[1] == "evalrun ls      # what there is"
    assert lines[2] == "evalrun show a  # a recipe"
    assert lines[3] == "# b"
    assert " ".join(line.strip().removesuffix(" \\") for line in lines[4:-1]) == long


@pytest.mark.parametrize(
    ("amount", "text"),
    [(93, "93"), (27_200, "27,200"), (1_700_000, "1.7 million"), (2_900_000_000, "2.9 billion")],
)
def test_amounts_from_a_million_are_rounded(amount: int, text: str) -> None:
    assert quantity(amount) == text
