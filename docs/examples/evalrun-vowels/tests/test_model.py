"""The model that counts by rule."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from evalrun.core.content import Message
from evalrun.core.errors import EndpointError
from evalrun.core.exchange import Call, ReplyForm, Sampling

from evalrun_vowels.model import CounterModel, CounterOptions, CountingClient


def reply_to(*said: str, overlooks: str = "", form: ReplyForm | None = None) -> str:
    messages = tuple(Message("user", text) for text in said)
    call = Call(messages=messages, sampling=Sampling(), form=form or ReplyForm())
    return asyncio.run(CountingClient(overlooks).call(call)).text


def test_the_vowels_of_the_last_word_in_quotes_are_counted() -> None:
    assert reply_to('vowels of "fig"?') == 'There are 1 vowels in "fig".'
    assert reply_to('vowels of "fig"?', 'and of "Apricot"?') == 'There are 3 vowels in "Apricot".'
    assert reply_to("well?") == "I see no word."


def test_letters_may_be_overlooked() -> None:
    assert reply_to('"plum"', overlooks="u") == 'There are 0 vowels in "plum".'
    assert CountingClient("u").identity() != CountingClient().identity()


def test_what_it_cannot_do_is_refused() -> None:
    with pytest.raises(EndpointError, match="vowel_counter cannot hold replies"):
        reply_to("x", form=ReplyForm(reply_schema={"type": "object"}))
    model = CounterModel(CounterOptions(engine="vowel_counter"))
    assert not model.problems(None)
    [problem] = model.problems(SimpleNamespace(label="snapkv-4096"))
    assert problem.what == "vowel_counter has no KV cache for kv=snapkv-4096"
