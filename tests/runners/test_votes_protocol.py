"""A question asked several times."""

from __future__ import annotations

import asyncio

import pytest
from scripted import ScriptedEndpoint, echo

from evalrun.core.content import Message
from evalrun.core.errors import DataError
from evalrun.core.exchange import SampleKey, Sampling
from evalrun.core.sample import Sample, Turn
from evalrun.runners.votes import Votes, VotesOptions

THREE = Votes(VotesOptions(name="votes", n=3))
ONE_TURN = Sample(id="t/0", task="t", turns=(Turn(query="Q", max_tokens=5, prefill="So"),))


def test_every_vote_answers_the_same_question_with_a_seed_of_its_own() -> None:
    endpoint = ScriptedEndpoint(echo)
    play = asyncio.run(THREE.play(ONE_TURN, SampleKey("t/0"), endpoint, Sampling(seed=7)))
    assert len(play.replies) == 3
    (prompt,) = {prompt.messages for _, prompt, _ in endpoint.asked}
    assert prompt == (Message("user", "Q"),)
    requests = [request for _, _, request in endpoint.asked]
    assert [request.sampling.seed for request in requests] == [7, 10_007, 20_007]
    assert {(r.sampling.max_tokens, r.prefill, r.messages) for r in requests} == {(5, "So", ())}


def test_votes_without_a_seed_stay_without() -> None:
    endpoint = ScriptedEndpoint(echo)
    asyncio.run(THREE.play(ONE_TURN, SampleKey("t/0"), endpoint, Sampling()))
    assert [request.sampling.seed for _, _, request in endpoint.asked] == [None] * 3


def test_a_sample_of_several_turns_cannot_be_voted_on() -> None:
    sample = Sample(id="t/0", task="t", turns=(Turn(query="a"), Turn(query="b")))
    with pytest.raises(DataError, match="has 2 turns; protocol=votes asks one"):
        asyncio.run(THREE.play(sample, SampleKey("t/0"), ScriptedEndpoint(echo), Sampling()))
