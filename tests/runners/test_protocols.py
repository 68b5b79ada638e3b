"""What each protocol shows to the model."""

from __future__ import annotations

import asyncio

import pytest
from scripted import ScriptedEndpoint, echo

from evalrun.core.content import ImagePart, Message, TextPart
from evalrun.core.errors import DataError
from evalrun.core.exchange import SampleKey, Sampling
from evalrun.core.interfaces import PlayProtocol
from evalrun.core.sample import Sample, Turn
from evalrun.runners.protocols import (
    MultiRequest,
    MultiRequestOptions,
    MultiTurn,
    MultiTurnOptions,
    SingleTurn,
    SingleTurnOptions,
)

SAMPLE = Sample(
    id="t/0",
    task="t",
    context="book\n\n",
    messages=(Message("system", "be brief"),),
    max_prompt_tokens=100,
    turns=(
        Turn(query="Q1", reference="A1", max_tokens=5),
        Turn(query="Q2", reference="A2", max_tokens=7, prefill="This"),
        Turn(query="Q3", reference="A3"),
    ),
)
SYSTEM = Message("system", "be brief")


def play(protocol: PlayProtocol, sample: Sample = SAMPLE, **sampling: float) -> ScriptedEndpoint:
    endpoint = ScriptedEndpoint(echo)
    key = SampleKey(sample.id)
    asyncio.run(protocol.play(sample, key, endpoint, Sampling(**sampling)))
    return endpoint


def test_multi_turn_shows_golden_answers_and_keeps_only_messages() -> None:
    asked = play(MultiTurn(MultiTurnOptions(name="multi_turn"))).asked
    _, prompt, first = asked[0]
    assert prompt.messages == (SYSTEM, Message("user", "book\n\nQ1"))
    assert prompt.context == "book\n\n"
    assert not prompt.open_ended
    assert prompt.max_tokens == 100
    assert first.messages == ()
    assert asked[1][2].messages == (Message("assistant", "A1"), Message("user", "Q2"))
    assert asked[2][2].messages == (Message("assistant", "A2"), Message("user", "Q3"))
    assert {request.keep for _, _, request in asked} == {"messages"}
    assert [request.prefill for _, _, request in asked] == [None, "This", None]


def test_multi_turn_with_own_history_leaves_the_replies_in_the_session() -> None:
    asked = play(MultiTurn(MultiTurnOptions(name="multi_turn", history="own"))).asked
    assert [request.messages for _, _, request in asked] == [
        (),
        (Message("user", "Q2"),),
        (Message("user", "Q3"),),
    ]
    assert {request.keep for _, _, request in asked} == {"reply"}


def test_multi_request_encodes_the_context_without_any_query() -> None:
    asked = play(MultiRequest(MultiRequestOptions(name="multi_request"))).asked
    for _, prompt, request in asked:
        assert prompt.messages == (SYSTEM, Message("user", "book\n\n"))
        assert prompt.context == "book\n\n"
        assert prompt.open_ended
        assert request.keep == "nothing"
    assert [request.messages for _, _, request in asked] == [
        (Message("user", "Q1"),),
        (Message("user", "Q2"),),
        (Message("user", "Q3"),),
    ]


def test_a_context_with_an_image_is_no_shared_text() -> None:
    context = (TextPart("book"), ImagePart("cover.png"))
    sample = Sample(id="t/1", task="t", context=context, turns=SAMPLE.turns)
    for protocol in (
        MultiTurn(MultiTurnOptions(name="multi_turn")),
        MultiRequest(MultiRequestOptions(name="multi_request")),
    ):
        assert {prompt.context for _, prompt, _ in play(protocol, sample).asked} == {""}


def test_turns_limit_their_replies_unless_the_user_sets_a_limit() -> None:
    protocol = MultiTurn(MultiTurnOptions(name="multi_turn"))
    limits = [request.sampling.max_tokens for _, _, request in play(protocol).asked]
    assert limits == [5, 7, None]
    limits = [request.sampling.max_tokens for _, _, request in play(protocol, max_tokens=9).asked]
    assert limits == [9, 9, 9]


def test_a_turns_own_temperature_replaces_that_of_the_run() -> None:
    turns = (Turn(query="Q1", temperature=0.6), Turn(query="Q2"), Turn(query="Q3", temperature=0.0))
    sample = Sample(id="t/2", task="t", turns=turns)
    for protocol in (
        MultiTurn(MultiTurnOptions(name="multi_turn")),
        MultiRequest(MultiRequestOptions(name="multi_request")),
    ):
        asked = play(protocol, sample, temperature=1.0).asked
        assert [request.sampling.temperature for _, _, request in asked] == [0.6, 1.0, 0.0]


def test_single_turn_refuses_several_turns_and_names_the_way_out() -> None:
    protocol = SingleTurn(SingleTurnOptions(name="single_turn"))
    with pytest.raises(DataError, match=r"t/0 has 3 turns; use protocol=multi_turn"):
        play(protocol)
