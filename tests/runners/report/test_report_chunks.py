"""Rows in pieces: none lost, none too large, and none moved by those that follow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from report.run_folders import failure, prediction, score

from evalrun.runners.report.chunking import (
    CHUNK_BYTES,
    CHUNK_ROWS,
    Chunks,
    Place,
    entry,
    index_chunk,
)

SIZES = st.lists(st.integers(0, CHUNK_BYTES * 2), max_size=500)


def test_a_chunk_has_at_most_200_rows() -> None:
    chunks = Chunks()
    places = [chunks.add(1) for _ in range(CHUNK_ROWS + 1)]
    assert places[-2:] == [Place(0, CHUNK_ROWS - 1), Place(1, 0)]
    assert chunks.rows_of(0) == range(CHUNK_ROWS)


def test_a_row_larger_than_a_chunk_has_one_to_itself() -> None:
    chunks = Chunks()
    assert [chunks.add(n) for n in (1, CHUNK_BYTES + 1, 1)] == [
        Place(0, 0),
        Place(1, 0),
        Place(2, 0),
    ]


def test_there_are_no_rows_in_chunks_that_are_not_there() -> None:
    chunks = Chunks()
    chunks.add(1)
    assert [list(chunks.rows_of(n)) for n in (-1, 0, 1)] == [[], [0], []]


@given(SIZES)
def test_chunks_hold_every_row_once_within_their_limits(sizes: list[int]) -> None:
    chunks = Chunks()
    places = [chunks.add(size) for size in sizes]
    assert places == [chunks.place(number) for number in range(len(sizes))]
    count = places[-1].chunk + 1 if places else 0
    assert [n for chunk in range(count) for n in chunks.rows_of(chunk)] == list(range(len(sizes)))
    for chunk in range(count):
        numbers = chunks.rows_of(chunk)
        assert 1 <= len(numbers) <= CHUNK_ROWS
        assert len(numbers) == 1 or sum(sizes[n] for n in numbers) <= CHUNK_BYTES


def test_the_index_has_a_list_a_field_with_names_by_position() -> None:
    rows = [
        (prediction(0, task="b", group="g"), score(0, 0.5)),
        (failure(1), None),
        (prediction(2), score(2, None, status="empty")),
    ]
    index = index_chunk([entry(p, s, Place(0, n)) for n, (p, s) in enumerate(rows)])
    assert (index.tasks, index.task) == (("b", "t"), (0, 1, 1))
    assert (index.statuses, index.status) == (("ok", "empty"), (0, -1, 1))
    assert (index.errors, index.error) == (("timeout",), (-1, 0, -1))
    assert index.score == (0.5, None, None)
    assert index.group == ("g", None, None)
    assert index.latency_s == (0.5, None, 0.5)
    assert index.tokens == (7, 0, 7)
    assert index.place == (0, 1, 2)


def test_a_gist_is_the_beginning_of_the_first_output_that_says_something_on_one_line() -> None:
    one = entry(prediction(0, "", "  two\n\nlines " + "x" * 1000), None, Place(0, 0))
    assert one.gist.startswith("two lines xxx")
    assert len(one.gist) == 160
