"""Parts of a table that several formats ask for."""

from __future__ import annotations

import pytest
from formats.tables import PLAIN, RANKED

from evalrun.runners.formats.cells import (
    Span,
    joined_headings,
    numeric_of,
    one_line,
    ranks_of,
    spans_of,
    split_value,
)


def test_spans_cover_all_columns_from_left_to_right() -> None:
    assert list(spans_of(RANKED)) == [Span(None, 0, 2), Span("English", 2, 2), Span(None, 4, 1)]
    assert list(spans_of(PLAIN)) == [Span(None, 0, 2)]


def test_headings_are_joined_with_their_spans() -> None:
    assert joined_headings(RANKED)[1:3] == ("kv", "English / MMLU % ↑")


def test_what_a_table_does_not_say_is_filled_in() -> None:
    assert ranks_of(PLAIN) == ((None, None), (None, None))
    assert numeric_of(PLAIN) == (False, False)


def test_a_number_is_told_from_what_stands_behind() -> None:
    assert split_value("43.2† [41.0, 44.9]") == ("43.2†", "[41.0, 44.9]")
    assert split_value("43.2") == ("43.2", "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\nlines", "two lines"),
        (" \t a  b \r\n", "a b"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("\x00\x7f\ud800", "\ufffd\ufffd\ufffd"),
        ("👩\u200d👩 café", "👩\u200d👩 café"),
    ],
)
def test_a_text_is_one_line_that_controls_nothing(text: str, line: str) -> None:
    assert one_line(text) == line
