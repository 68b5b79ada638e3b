"""Pairs shown to a judge: in which order, how its words are read, and what they come to."""

from __future__ import annotations

import asyncio
import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import Script, ScriptedEndpoint

from evalrun.core.content import text_of
from evalrun.core.exchange import Reply, ReplyTiming, Sampling, Usage
from evalrun.core.sample import Sample, Turn
from evalrun.scorers.pairwise.comparing import Comparison, PairJudge
from evalrun.scorers.pairwise.extents import FIVE_LABELS, outcome_name, reward, with_length_margin
from evalrun.scorers.pairwise.order import Order, Orders, coin
from evalrun.scorers.pairwise.reading import read_field, read_text
from evalrun.scorers.turns import TurnReply

A_IS_MUCH_BETTER = json.dumps({"choice": "A++"})


def compared(
    script: Script, orders: Orders, *, row: int = 0, attempts: int = 1
) -> tuple[Comparison, ScriptedEndpoint]:
    """Return the comparison of the texts "mine" and "theirs", and the judge that made it."""
    endpoint = ScriptedEndpoint(script)
    judge = PairJudge(
        endpoint=endpoint,
        sampling=Sampling(),
        orders=orders,
        labels=FIVE_LABELS,
        field="choice",
        reading="lenient",
        attempts=attempts,
    )
    turn = Turn(query="?")
    sample = Sample(id="s", task="t", turns=(turn,), row=row)
    reply = TurnReply(sample=sample, turn=turn, index=0, epoch=0, output="mine")
    work = judge.compare(reply, "theirs", lambda a, b: f"A: {a} B: {b}")
    return asyncio.run(work), endpoint


def asked(endpoint: ScriptedEndpoint) -> list[str]:
    return [text_of(prompt.messages[0].content) for _, prompt, _ in endpoint.asked]


# --- order


def test_coins_are_the_draws_of_pythons_generator_in_the_order_of_rows() -> None:
    rng = random.Random(42)
    expected = [rng.random() < 0.5 for _ in range(1024)]
    assert [coin(42, row) for row in range(1024)] == expected
    assert expected[:6] == [False, True, True, True, False, False]


@pytest.mark.parametrize(
    ("order", "swapped", "asked_as_a"),
    [
        ("first", False, (True,)),
        ("second", False, (False,)),
        ("first", True, (False,)),
        ("both", False, (True, False)),
        ("coin", False, (False,)),
        ("coin", True, (True,)),
    ],
)
def test_orders_say_where_the_graded_text_stands(
    order: Order, swapped: bool, asked_as_a: tuple[bool, ...]
) -> None:
    assert Orders(order, 42, swapped).graded_is_a(0) == asked_as_a


def test_a_verdict_is_turned_to_the_side_of_the_graded_text() -> None:
    as_a, first = compared(lambda *_: A_IS_MUCH_BETTER, Orders("first"))
    as_b, second = compared(lambda *_: A_IS_MUCH_BETTER, Orders("second"))
    assert (as_a.extent("mean"), as_b.extent("mean")) == (2, -2)
    assert asked(first) == ["A: mine B: theirs"]
    assert asked(second) == ["A: theirs B: mine"]


def test_both_orders_are_asked_and_put_together() -> None:
    words = iter(["A++", "B+"])
    agreeing, endpoint = compared(lambda *_: json.dumps({"choice": next(words)}), Orders("both"))
    assert asked(endpoint) == ["A: mine B: theirs", "A: theirs B: mine"]
    assert (agreeing.extent("mean"), agreeing.is_consistent) == (1.5, True)
    biased, _ = compared(lambda *_: A_IS_MUCH_BETTER, Orders("both"))
    assert (biased.extent("mean"), biased.is_consistent) == (0, False)
    words = iter(["A++", "A+"])
    torn, _ = compared(lambda *_: json.dumps({"choice": next(words)}), Orders("both"))
    assert (torn.extent("mean"), torn.extent("agreement")) == (0.5, 0)


def test_where_one_of_both_orders_cannot_be_read_there_is_no_verdict() -> None:
    words = iter([A_IS_MUCH_BETTER, "hm"])
    half, _ = compared(lambda *_: next(words), Orders("both"))
    assert (half.extent("mean"), half.is_consistent) == (None, None)


# --- asking again


def test_a_verdict_that_cannot_be_read_is_asked_for_again_with_another_seed() -> None:
    words = iter(["hm", "", A_IS_MUCH_BETTER])

    def script(*_: object) -> Reply:
        spent = Usage(input_tokens=10, output_tokens=1)
        timing = ReplyTiming(latency_s=0.0)
        return Reply(text=next(words), stop_reason="stop", timing=timing, usage=spent)

    found, endpoint = compared(script, Orders("first"), attempts=3)
    assert found.extent("mean") == 2
    assert [request.sampling.seed for _, _, request in endpoint.asked] == [None, 2, 3]
    assert found.usage.input_tokens == 30
    assert found.opinions[0].attempts == 3


def test_after_so_many_attempts_the_last_words_are_kept_without_a_verdict() -> None:
    words = iter(["hm", "well"])
    found, _ = compared(lambda *_: next(words), Orders("second"), attempts=2)
    assert found.extent("mean") is None
    assert found.told() == "[the reply was B]\nwell"


# --- reading

HOSTILE = [
    ('{"choice": "B++"} is what the reply says.\n{"choice": "A+"}', "A+"),
    ('{"analysis": "it holds {\\"choice\\": \\"B++\\"}", "choice": "A=B"}', "A=B"),
    ('{"choice": "B++", "choice": "A+"}', "A+"),
    ('My verdict:\n```json\n{"choice": "A+"}\n```\nThank you.', "A+"),
    ('{"inner": {"choice": "B++"}, "choice": "A+"}', "A+"),
    ('{"inner": {"choice": "B++"}}', None),
    ('{"choice": "A+"', "A+"),
    ('{{{{ "choice": "A+" }', "A+"),
    ('{"choice": ["A+"]}', None),
    ("{$candidate_A} {choice} %s {0}", None),
    ("[1, 2]", None),
    ("", None),
    ("\ud800", None),
]


@pytest.mark.parametrize(("text", "label"), HOSTILE)
def test_the_last_verdict_counts_whatever_stands_before_it(text: str, label: str | None) -> None:
    assert read_text(text, "choice", "lenient") == label


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"choice": "A+"}', "A+"),
        ('\n {"choice": "A+"} \n', "A+"),
        ('```json\n{"choice": "A+"}\n```', "A+"),
        ('{"choice": " A+"}', " A+"),
        ('{"choice": "A+"} and so on', None),
        ('So: {"choice": "A+"}', None),
        ('[{"choice": "A+"}]', None),
        ('{"choice": 1}', None),
        ('{"score": "A+"}', None),
    ],
)
def test_strictly_a_reply_is_one_object_and_nothing_else(text: str, value: str | None) -> None:
    assert read_text(text, "choice", "strict") == value


@given(st.text(), st.sampled_from(["strict", "lenient"]))
def test_no_reply_is_too_odd_to_be_read(text: str, reading: str) -> None:
    read_field(text, "choice", reading)


@given(st.text(), st.sampled_from(sorted(FIVE_LABELS)))
def test_a_verdict_at_the_end_is_found_behind_any_text(before: str, label: str) -> None:
    verdict = json.dumps({"choice": label})
    assert read_text(f"{before}\n{verdict}", "choice", "lenient") == label


@pytest.mark.parametrize("text", ["{" * 500_000, '{"a":' * 100_000, '"choice": "' * 100_000])
def test_huge_replies_are_read_in_little_time(text: str) -> None:
    began = time.monotonic()
    assert read_text(text, "choice", "lenient") not in FIVE_LABELS
    assert time.monotonic() - began < 10


# --- extents


def test_labels_come_to_rewards_from_one_to_minus_one() -> None:
    rewards = {label: reward(extent) for label, extent in FIVE_LABELS.items()}
    assert rewards == {"A++": 1, "A+": 0.5, "A=B": 0, "B+": -0.5, "B++": -1}


@pytest.mark.parametrize(
    ("extent", "length", "other", "margin", "expected"),
    [
        (1, 110, 100, 9, 0),
        (1, 110, 100, 10, 1),
        (1, 110, 100, None, 1),
        (1, 90, 100, 0, 1),
        (-1, 100, 111, 10, 0),
        (-1, 100, 110, 10, -1),
        (2, 500, 1, 0, 2),
        (-2, 1, 500, 0, -2),
        (0, 500, 1, 0, 0),
    ],
)
def test_a_slight_winner_that_is_longer_by_more_than_the_margin_ties(
    extent: int, length: int, other: int, margin: int | None, expected: int
) -> None:
    assert with_length_margin(extent, length, other, margin) == expected


def test_outcomes_have_names_and_means_their_number() -> None:
    named = [outcome_name(extent) for extent in (2, 1, 0, -1, -2, 0.5)]
    assert named == ["win_much", "win", "tie", "lose", "lose_much", "+0.5"]
