"""Texts of users inside figures: shown as they are, never markup."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.report.figures.texts import BREAK, hover, literal, shortened, wrapped

LINK = '<a href="https://evil.example">click</a>'


def test_markup_and_places_to_fill_in_become_characters() -> None:
    assert literal("<b>x</b> & %{y}") == "&#60;b&#62;x&#60;/b&#62; &#38; %&#123;y}"


def test_characters_that_turn_text_around_are_shown() -> None:
    assert literal("a\u202eb\u0007") == "a⟨U+202E⟩b⟨U+0007⟩"


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_what_is_shown_holds_no_markup_and_reads_as_it_was_written(text: str) -> None:
    assert not {*"<>{"} & {*literal(text)}
    assert html.unescape(literal(text)) == text


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"])))
def test_a_wrapped_text_says_all_of_a_short_one(text: str) -> None:
    lines = wrapped(text, width=20, lines=200).split(BREAK)
    shown = html.unescape("".join(lines))
    assert "".join(shown.split()) == "".join(text.split())
    assert all(len(html.unescape(line)) <= 20 for line in lines)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("kv", ["kv"]),
        ("snapkv-4096 / multi_turn", ["snapkv-4096 /", "multi_turn"]),
        ("minference+snapkv-4096[window_size=16]", ["minference+snapkv-", "4096[window_size=16]"]),
        ("a" * 45, ["a" * 20, "a" * 20, "a" * 5]),
        ("a" * 70, ["a" * 20, "a" * 20, "a" * 19 + "…"]),
        ("", [""]),
    ],
)
def test_names_break_between_words_and_long_words_at_their_joints(
    text: str, lines: list[str]
) -> None:
    assert wrapped(text).split(BREAK) == lines


def test_a_shortened_name_keeps_both_ends_and_is_no_markup() -> None:
    assert shortened("x" * 40) == "x" * 40
    assert shortened(f"start {'x' * 60} end", 15) == "start x…xxx end"
    assert "<" not in shortened(LINK * 3)


def test_a_hover_text_is_a_line_each_with_only_our_own_markup() -> None:
    assert hover(["name", None, "", LINK]) == f"<b>name</b><br>{literal(LINK)}"
