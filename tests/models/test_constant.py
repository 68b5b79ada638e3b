"""A model that says the same to everything."""

from __future__ import annotations

import asyncio

from evalrun.core.content import Message
from evalrun.core.exchange import Prompt, Reply, Request, SampleKey, Sampling, Usage
from evalrun.models.constant import ConstantModel, ConstantOptions

MODEL = ConstantModel(ConstantOptions(engine="constant", text="Always."))


async def said(text: str) -> Reply:
    prompt = Prompt(messages=(Message("user", text),))
    async with MODEL.endpoint(None).open(prompt, SampleKey("s")) as session:
        return await session.generate(Request(sampling=Sampling()))


def test_every_question_has_the_same_reply_at_no_cost() -> None:
    replies = [asyncio.run(said(text)) for text in ("What?", "", "Why?")]
    assert [(reply.text, reply.stop_reason) for reply in replies] == [("Always.", "stop")] * 3
    assert all(reply.usage == Usage() for reply in replies)


def test_it_has_no_cache_for_a_kv_method() -> None:
    class SnapKV:
        label = "snapkv"

    assert "kv=snapkv" in str(MODEL.problems(SnapKV())[0])
    assert MODEL.problems(None) == []
