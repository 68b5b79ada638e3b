"""Prompts whose shared text is rewritten before any endpoint sees them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from scripted import ScriptedEndpoint, echo

from evalrun.core.content import Content, ImagePart, Message, TextPart
from evalrun.core.errors import SampleError
from evalrun.core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey, Sampling
from evalrun.models.prompt_compression import CompressingEndpoint

KEY = SampleKey("s")
SYSTEM = Message("system", "Answer briefly.")


class Consonants:
    """Rewrites a text to its consonants, in no less than `seconds`."""

    label = "consonants"
    slots = frozenset({"prompt"})

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.seen: list[str] = []
        self.running = 0
        self.released = False

    def problems(self) -> list[Any]:
        return []

    def provenance(self) -> dict[str, Any]:
        return {}

    def environment(self) -> dict[str, Any]:
        return {"alphabet": "latin"}

    def rewritten(self, text: str) -> str:
        assert not self.running, "two texts at a time"
        self.running += 1
        time.sleep(self.seconds)
        self.seen.append(text)
        self.running -= 1
        if "!" in text:
            raise SampleError("no exclamation", kind="bad_request")
        return "".join(letter for letter in text if letter not in "aeiou")

    def release(self) -> None:
        self.released = True


def prompt(context: str, rest: Content = " Why?", **changes: Any) -> Prompt:
    content: Content = context + rest if isinstance(rest, str) else (TextPart(context), *rest)
    return Prompt(messages=(SYSTEM, Message("user", content)), context=context, **changes)


def ask(turn: int = 0) -> Request:
    return Request(sampling=Sampling(), turn=turn)


async def replies(endpoint: CompressingEndpoint, asked: Prompt, turns: int = 1) -> list[Reply]:
    async with endpoint.open(asked, KEY) as session:
        return [await session.generate(ask(turn)) for turn in range(turns)]


async def test_only_the_context_is_rewritten() -> None:
    behind = ScriptedEndpoint(echo)
    asked = prompt("a river bends", open_ended=True, max_tokens=7)
    (reply,) = await replies(CompressingEndpoint(behind, Consonants()), asked)
    assert reply.text == " rvr bnds Why?"
    ((key, seen, _),) = behind.asked
    assert key == KEY
    assert seen == Prompt(
        messages=(SYSTEM, Message("user", " rvr bnds Why?")),
        context=" rvr bnds",
        open_ended=True,
        max_tokens=7,
    )


async def test_a_prompt_without_a_context_passes_untouched_and_unmeasured() -> None:
    rewriter, behind = Consonants(), ScriptedEndpoint(echo)
    asked = Prompt(messages=(Message("user", "a question"),))
    (reply,) = await replies(CompressingEndpoint(behind, rewriter), asked)
    assert (reply.text, reply.shortened, rewriter.seen) == ("a question", None, [])
    assert behind.asked[0][1] is asked


async def test_every_reply_tells_what_became_of_the_context() -> None:
    endpoint = CompressingEndpoint(ScriptedEndpoint(echo), Consonants())
    measured = [reply.shortened for reply in await replies(endpoint, prompt("a river"), turns=3)]
    assert measured[0] is not None
    assert (measured[0].characters_before, measured[0].characters_after) == (7, 4)
    assert measured[1:] == measured[:1] * 2


async def test_the_first_reply_waits_for_the_rewriting_and_later_ones_do_not() -> None:
    timing = ReplyTiming(latency_s=2.0, ttft_s=1.0, prefill_s=0.5, decode_tokens_per_s=9.0)
    behind = ScriptedEndpoint(lambda *_: Reply(text="", stop_reason="stop", timing=timing))
    endpoint = CompressingEndpoint(behind, Consonants(seconds=0.05))
    first, second = await replies(endpoint, prompt("a river"), turns=2)
    assert first.shortened is not None
    seconds = first.shortened.seconds
    assert seconds >= 0.05
    assert first.timing == ReplyTiming(
        latency_s=2.0 + seconds,
        ttft_s=1.0 + seconds,
        prefill_s=0.5 + seconds,
        decode_tokens_per_s=9.0,
    )
    assert second.timing == timing


async def test_what_an_endpoint_cannot_tell_stays_unknown() -> None:
    endpoint = CompressingEndpoint(ScriptedEndpoint(echo), Consonants(seconds=0.01))
    (reply,) = await replies(endpoint, prompt("a river"))
    assert reply.timing.latency_s >= 0.01
    assert (reply.timing.ttft_s, reply.timing.prefill_s) == (None, None)


async def test_samples_that_share_a_context_share_its_rewriting() -> None:
    rewriter = Consonants(seconds=0.01)
    endpoint = CompressingEndpoint(ScriptedEndpoint(echo), rewriter)
    texts = ("a river", "a mountain")
    answers = await asyncio.gather(
        *(replies(endpoint, prompt(text, f" {n}")) for n in range(4) for text in texts)
    )
    assert sorted(rewriter.seen) == sorted(texts)
    assert {reply.text for (reply,) in answers} == {
        f"{short} {n}" for n in range(4) for short in (" rvr", " mntn")
    }
    slow = [reply for (reply,) in answers if reply.shortened and reply.shortened.seconds >= 0.01]
    assert len(slow) == 2


async def test_only_the_last_few_contexts_are_remembered() -> None:
    rewriter = Consonants()
    endpoint = CompressingEndpoint(ScriptedEndpoint(echo), rewriter)
    for text in [*map(str, range(20)), "0", "19"]:
        await replies(endpoint, prompt(text))
    assert rewriter.seen == [*map(str, range(20)), "0"]


@pytest.mark.parametrize("context", ["a river", ""])
async def test_a_prompt_with_an_image_is_refused_and_nothing_is_asked(context: str) -> None:
    behind = ScriptedEndpoint(echo)
    endpoint = CompressingEndpoint(behind, Consonants())
    with pytest.raises(SampleError, match=r"kv=consonants rewrites text, .* use kv=full") as caught:
        await replies(endpoint, prompt(context, (ImagePart("river.png"),)))
    assert (caught.value.kind, caught.value.passing) == ("bad_request", False)
    assert behind.asked == []


async def test_a_context_that_cannot_be_rewritten_fails_alone() -> None:
    endpoint = CompressingEndpoint(ScriptedEndpoint(echo), Consonants())
    with pytest.raises(SampleError, match="no exclamation"):
        await replies(endpoint, prompt("a river!"))
    (reply,) = await replies(endpoint, prompt("a river"))
    assert reply.text == " rvr Why?"


async def test_it_stands_for_the_endpoint_behind_it() -> None:
    rewriter, behind = Consonants(), ScriptedEndpoint(echo, most=3)
    endpoint = CompressingEndpoint(behind, rewriter)
    assert endpoint.max_concurrency == 3
    assert endpoint.environment() == {"device": "script", "alphabet": "latin"}
    await endpoint.close()
    assert behind.closed
    assert rewriter.released
