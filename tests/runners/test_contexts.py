"""Samples that share a context are asked next to each other."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.sample import Sample, Turn
from evalrun.runners.contexts import WINDOW_CHARACTERS, WINDOW_SAMPLES, together


def samples(contexts: str) -> list[Sample]:
    return [
        Sample(
            id=str(i), task="t", turns=(Turn(query="q"),), context="" if letter == "-" else letter
        )
        for i, letter in enumerate(contexts)
    ]


def order(contexts: str) -> list[tuple[str, bool]]:
    return [
        (placed.sample.context or "-", placed.shares_context)
        for placed in together(samples(contexts))
    ]


def test_contexts_come_together_in_the_order_of_their_first_sample() -> None:
    assert order("abacb") == [("a", True), ("a", True), ("b", True), ("b", True), ("c", False)]


def test_samples_without_a_context_keep_their_place() -> None:
    assert [context for context, _ in order("-a-ba")] == ["-", "a", "a", "-", "b"]


def test_questions_about_one_context_keep_their_order() -> None:
    placed = list(together(samples("abab")))
    assert [p.sample.id for p in placed] == ["0", "2", "1", "3"]


@given(st.text("abc-", max_size=40))
def test_every_sample_comes_once(contexts: str) -> None:
    assert sorted(int(p.sample.id) for p in together(samples(contexts))) == [*range(len(contexts))]


@given(st.text("abc", min_size=1, max_size=40))
def test_inside_a_window_no_context_is_left_and_taken_up_again(contexts: str) -> None:
    seen = [context for context, _ in order(contexts)]
    runs = [context for i, context in enumerate(seen) if i == 0 or seen[i - 1] != context]
    assert len(runs) == len(set(runs))


def reading(contexts: list[str], read: list[int]) -> Iterator[Sample]:
    for i, context in enumerate(contexts):
        read.append(i)
        yield Sample(id=str(i), task="t", turns=(Turn(query="q"),), context=context)


def test_reading_ahead_is_bounded_by_samples() -> None:
    read: list[int] = []
    next(together(reading([f"c{i}" for i in range(3 * WINDOW_SAMPLES)], read)))
    assert len(read) == WINDOW_SAMPLES


def test_reading_ahead_is_bounded_by_the_text_held() -> None:
    read: list[int] = []
    long = "x" * (WINDOW_CHARACTERS // 2)
    next(together(reading([f"{i}{long}" for i in range(9)], read)))
    assert len(read) == 2


def test_nothing_is_read_ahead_of_samples_without_context() -> None:
    read: list[int] = []
    next(together(reading([""] * 9, read)))
    assert len(read) == 1
