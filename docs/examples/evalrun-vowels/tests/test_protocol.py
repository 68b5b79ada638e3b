"""The question, doubted."""

from __future__ import annotations

import asyncio

import pytest
from evalrun.core.content import text_of
from evalrun.core.errors import DataError
from evalrun.core.exchange import Call, Reply, ReplyTiming, SampleKey, Sampling
from evalrun.core.interfaces import Play
from evalrun.core.sample import Sample, Turn
from evalrun.models.chat import ChatEndpoint

from evalrun_vowels.protocol import SecondThoughts, SecondThoughtsOptions


class Numbering:
    """A client that answers with the number of the call, and keeps what it was asked."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    async def call(self, call: Call) -> Reply:
        self.calls.append([f"{m.role}: {text_of(m.content)}" for m in call.messages])
        timing = ReplyTiming(latency_s=0.0)
        return Reply(text=f"reply {len(self.calls)}", stop_reason="stop", timing=timing)

    def identity(self) -> dict[str, str]:
        return {}

    def environment(self) -> dict[str, str]:
        return {}

    async def close(self) -> None: ...


def played(client: Numbering, sample: Sample, times: int) -> Play:
    protocol = SecondThoughts(
        SecondThoughtsOptions(name="second_thoughts", times=times, words="Sure?")
    )
    endpoint = ChatEndpoint(client)
    return asyncio.run(protocol.play(sample, SampleKey(sample.id), endpoint, Sampling()))


def test_every_reply_is_doubted_and_the_last_one_counts() -> None:
    client = Numbering()
    sample = Sample(id="a", task="t", context="Rule. ", turns=(Turn(query="How many?"),))
    play = played(client, sample, times=2)
    assert [reply.text for reply in play.replies] == ["reply 3"]
    assert [one.reply.text for one in play.intermediate] == ["reply 1", "reply 2"]
    assert client.calls[-1] == [
        "user: Rule. How many?",
        "assistant: reply 1",
        "user: Sure?",
        "assistant: reply 2",
        "user: Sure?",
    ]


def test_a_sample_of_several_turns_is_refused() -> None:
    sample = Sample(id="a", task="t", turns=(Turn(query="1?"), Turn(query="2?")))
    with pytest.raises(DataError, match="sample a has 2 turns"):
        played(Numbering(), sample, times=1)
