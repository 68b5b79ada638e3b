"""A client in front of which replies are kept: what is asked, and what is not asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from evalrun.core.content import ImagePart, Message, TextPart
from evalrun.core.errors import SampleError
from evalrun.core.exchange import Call, Reply, ReplyTiming, Sampling, SharedPrefix, Usage
from evalrun.runners.notices import Notices
from evalrun.runners.reply_cache.caching import CachingClient
from evalrun.runners.reply_cache.file import reply_file
from evalrun.runners.reply_cache.key import LONG_CHARACTERS
from evalrun.runners.reply_cache.store import ReplyStore

SPENT = Usage(input_tokens=7, output_tokens=3, cached_tokens=2, cost_usd=0.5)
ASKED = Call(messages=(Message("user", "Hello?"),), sampling=Sampling(seed=1))


class CountingClient:
    """Answers each call with its number; raises `failure` instead while there is one."""

    def __init__(self, model: str = "m") -> None:
        self.model = model
        self.asked = 0
        self.failure: Exception | None = None
        self.closed = False

    async def call(self, call: Call) -> Reply:
        self.asked += 1
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return Reply(
            text=f"reply {self.asked}",
            stop_reason="length",
            timing=ReplyTiming(latency_s=1.5),
            usage=SPENT,
        )

    def identity(self) -> dict[str, Any]:
        return {"model": self.model}

    def environment(self) -> dict[str, Any]:
        return {"server": "counting"}

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReplyStore]:
    notices = Notices(lambda _: None)
    store = ReplyStore(notices, tmp_path)
    yield store
    store.close()
    assert not notices.told


async def test_the_same_call_is_asked_once_and_costs_once(store: ReplyStore) -> None:
    inner = CountingClient()
    client = CachingClient(inner, store)
    first, second = await client.call(ASKED), await client.call(ASKED)
    assert inner.asked == 1
    assert (first.from_cache, first.usage) == (False, SPENT)
    assert second == msgspec.structs.replace(
        first, from_cache=True, usage=msgspec.structs.replace(SPENT, cost_usd=0.0)
    )


async def test_a_later_run_is_answered_by_an_earlier_one(tmp_path: Path) -> None:
    for run in range(2):
        inner, notices = CountingClient(), Notices(lambda _: None)
        store = ReplyStore(notices, tmp_path)
        reply = await CachingClient(inner, store).call(ASKED)
        store.close()
        assert (inner.asked, reply.from_cache, reply.text) == (1 - run, bool(run), "reply 1")


async def test_seams_and_shared_beginnings_do_not_make_another_call(store: ReplyStore) -> None:
    inner = CountingClient()
    client = CachingClient(inner, store)
    await client.call(ASKED)
    parts = (TextPart("Hel"), TextPart("lo?"))
    await client.call(
        msgspec.structs.replace(
            ASKED, messages=(Message("user", parts),), shared=(SharedPrefix(0),)
        )
    )
    assert inner.asked == 1


async def test_another_seed_or_another_model_is_another_call(store: ReplyStore) -> None:
    one, other = CountingClient("one"), CountingClient("other")
    await CachingClient(one, store).call(ASKED)
    reseeded = msgspec.structs.replace(ASKED, sampling=Sampling(seed=2))
    await CachingClient(one, store).call(reseeded)
    await CachingClient(other, store).call(ASKED)
    assert (one.asked, other.asked) == (2, 1)


async def test_clients_of_one_identity_share_their_replies(store: ReplyStore) -> None:
    model, judge = CountingClient(), CountingClient()
    await CachingClient(model, store).call(ASKED)
    assert (await CachingClient(judge, store).call(ASKED)).from_cache
    assert judge.asked == 0


async def test_an_error_is_not_kept(store: ReplyStore) -> None:
    inner = CountingClient()
    client = CachingClient(inner, store)
    inner.failure = SampleError("busy", kind="server", passing=True)
    with pytest.raises(SampleError, match="busy"):
        await client.call(ASKED)
    inner.failure = None
    assert not (await client.call(ASKED)).from_cache


async def test_two_calls_at_the_same_time_are_both_asked(store: ReplyStore) -> None:
    inner = CountingClient()
    client = CachingClient(inner, store)
    await asyncio.gather(client.call(ASKED), client.call(ASKED))
    assert inner.asked == 2


async def test_a_changed_image_is_asked_about_again(store: ReplyStore, tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    call = Call(messages=(Message("user", (ImagePart(str(image)),)),), sampling=Sampling())
    inner = CountingClient()
    client = CachingClient(inner, store)
    for content in (b"cat", b"cat", b"dog"):
        image.write_bytes(content)
        await client.call(call)
    assert inner.asked == 2


async def test_what_is_wrong_with_a_file_is_said_by_the_client(store: ReplyStore) -> None:
    call = Call(messages=(Message("user", (ImagePart("no/such.png"),)),), sampling=Sampling())
    inner = CountingClient()
    client = CachingClient(inner, store)
    await client.call(call)
    await client.call(call)
    assert inner.asked == 2


async def test_a_long_prompt_is_found_again(store: ReplyStore) -> None:
    call = Call(messages=(Message("user", "x" * LONG_CHARACTERS * 2),), sampling=Sampling())
    client = CachingClient(CountingClient(), store)
    await client.call(call)
    assert (await client.call(call)).from_cache


async def test_a_run_goes_on_without_a_cache_that_cannot_be_used(tmp_path: Path) -> None:
    reply_file(tmp_path).mkdir()
    notices = Notices(lambda _: None)
    store = ReplyStore(notices, tmp_path)
    inner = CountingClient()
    client = CachingClient(inner, store)
    assert [(await client.call(ASKED)).text for _ in range(2)] == ["reply 1", "reply 2"]
    store.close()
    assert len(notices.told) == 1


async def test_the_client_is_passed_through_and_closed_and_the_store_stays_open(
    store: ReplyStore,
) -> None:
    inner = CountingClient()
    client = CachingClient(inner, store)
    assert client.identity() == {"model": "m"}
    assert client.environment() == {"server": "counting"}
    await client.call(ASKED)
    await client.close()
    assert inner.closed
    assert (await CachingClient(CountingClient(), store).call(ASKED)).from_cache
