"""Tokens expected of a call."""

from __future__ import annotations

from scripted_client import call_of

from evalrun.core.content import ImagePart, Message, TextPart
from evalrun.core.exchange import Call, Sampling, Usage
from evalrun.runners.flow.estimate import TokenEstimate, characters, message_characters


def test_four_characters_are_a_token_and_the_limit_is_the_output() -> None:
    assert TokenEstimate().of(call_of("x" * 400, max_tokens=50)) == 150


def test_without_a_limit_the_output_is_expected_to_be_like_the_last_ones() -> None:
    estimate = TokenEstimate()
    assert estimate.of(call_of("x" * 4)) > 100
    for output in (10, 30):
        estimate.learn(Usage(output_tokens=output))
    assert estimate.of(call_of("x" * 4)) == 21
    for _ in range(1_000):
        estimate.learn(Usage(output_tokens=500))
    assert 490 <= estimate.of(call_of("")) <= 500


def test_an_attachment_counts_as_a_thousand_tokens() -> None:
    content = (TextPart("x" * 400), ImagePart("data:image/png;base64," + "A" * 10**6))
    call = Call(messages=(Message("user", content),), sampling=Sampling(max_tokens=1))
    assert TokenEstimate().of(call) == 1_101


def test_characters_of_all_messages_count() -> None:
    messages = (Message("system", "abc"), Message("user", (TextPart("de"), TextPart("f"))))
    assert message_characters(messages) == 6
    assert characters("") == 0
