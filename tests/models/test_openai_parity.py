"""The fast path and LiteLLM's say the same of the same answers of a server."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import msgspec
import pytest
from openai_asked import call_of
from servers import answers
from servers.answers import Answer
from servers.chat_server import ChatServer

from evalrun.core.errors import EndpointError, SampleError
from evalrun.core.exchange import Call, Reply, ReplyTiming
from evalrun.core.interfaces import Client
from evalrun.models.litellm_model import LiteLLMModel, LiteLLMOptions
from evalrun.models.openai_model import OpenAIOptions, openai_client

# Found, not imported: an import before ours would go out for a price list.
pytestmark = pytest.mark.skipif(find_spec("litellm") is None, reason="needs the api extra")

TOOL_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 5,
    "total_tokens": 105,
    "prompt_tokens_details": {"cached_tokens": 64},
    "completion_tokens_details": {"reasoning_tokens": 3},
}
REPLIES = {
    "text": answers.completion("42"),
    "usage": answers.completion("42", usage=USAGE),
    "cut short": answers.completion("4", finish_reason="length"),
    "nothing": answers.completion(None),
    "filtered": answers.completion(None, finish_reason="content_filter"),
    "refused": answers.completion(None, refusal="I will not."),
    "reasoning": answers.completion("42", reasoning_content="six times seven"),
    "tool call": answers.completion(None, finish_reason="tool_calls", tool_calls=[TOOL_CALL]),
    "chunked": answers.chunked(answers.completion("42")),
    "gzipped": answers.gzipped(answers.completion("42")),
    "late": answers.slow(0.2),
}
SAME_WORDS = {
    "rate limited": answers.rate_limited(),
    "rate limited for seconds": answers.rate_limited("7"),
    "rate limited for milliseconds": answers.rate_limited_ms(1500),
    "no quota": answers.no_quota(),
    "server error": answers.server_error(),
    "bad gateway": answers.server_error(502),
    "unavailable": answers.server_error(503),
    "overloaded": answers.overloaded("4"),
    "overloaded, as Anthropic says it": answers.server_error(529),
    "timeout upstream": answers.failure(408, "timed out upstream"),
    "conflict": answers.failure(409, "conflict"),
    "too early": answers.failure(425, "too early"),
    "unauthorized": answers.unauthorized(),
    "forbidden": answers.forbidden(),
    "no credit": answers.failure(402, "pay first"),
    "unknown model": answers.unknown_model(),
    "unknown address": answers.failure(404, "Not Found"),
    "too long": answers.context_too_long(),
    "too long, said by no code": answers.failure(
        400, "the request exceeds the available context size"
    ),
    "too large": answers.failure(413, "Payload Too Large"),
    "not allowed": answers.filtered(),
    "bad request": answers.bad_request(),
    "unprocessable": answers.failure(422, "unprocessable"),
    "refused setting": answers.failure(
        400, "Unsupported value: 'temperature' does not support 0", code="unsupported_value"
    ),
    "error in a good answer": answers.error_in_ok(),
    "cut before": answers.cut_before(),
    "cut inside": answers.cut_inside(),
    "reset before": answers.reset("before"),
    "reset inside": answers.reset("inside"),
}
OWN_WORDS = {
    "no JSON": answers.garbage(),
    "a web page": answers.web_page(),
    "no choices": answers.no_choices(),
    "truncated": answers.truncated_json(),
}


def fast(server: ChatServer) -> Client:
    options = OpenAIOptions(engine="openai", name="served", api_base=server.api_base)
    return openai_client(msgspec.structs.replace(options, api_key_env="OPENAI_API_KEY"))


def through_litellm(server: ChatServer) -> Client:
    options = LiteLLMOptions(
        engine="litellm",
        provider="openai-compatible",
        name="served",
        api_base=server.api_base,
    )
    return LiteLLMModel(options).endpoint(None).client


async def outcome(client: Client, call: Call) -> Reply | SampleError | EndpointError:
    try:
        return await client.call(call)
    except (SampleError, EndpointError) as error:
        return error
    finally:
        await client.close()


async def both(server: ChatServer, answer: Answer) -> tuple[Any, Any]:
    """Return what each client makes of `answer`."""
    found: list[Any] = []
    for make in (fast, through_litellm):
        server.faults.append(answer)
        found.append(await outcome(make(server), call_of(max_tokens=7, stop=("\n",), seed=3)))
    return found[0], found[1]


def facts(error: Exception) -> tuple[Any, ...]:
    """Return what a run makes of an error."""
    if isinstance(error, SampleError):
        return SampleError, error.kind, error.passing, error.retry_after_s
    return (type(error),)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdefghij")


async def test_they_send_the_same_request(chat_server: ChatServer) -> None:
    await both(chat_server, answers.completion("42"))
    ours, theirs = chat_server.bodies
    assert ours == theirs
    names = ("authorization", "content-type")
    ours, theirs = ({name: told[name] for name in names} for told in chat_server.headers)
    assert ours == theirs


@pytest.mark.parametrize("name", REPLIES)
async def test_they_read_the_same_reply(chat_server: ChatServer, name: str) -> None:
    ours, theirs = await both(chat_server, REPLIES[name])
    assert isinstance(ours, Reply)
    timing = ReplyTiming(latency_s=0.0)
    ours, theirs = (msgspec.structs.replace(reply, timing=timing) for reply in (ours, theirs))
    assert ours == theirs


@pytest.mark.parametrize("name", SAME_WORDS)
async def test_they_make_the_same_of_a_failure_in_the_same_words(
    chat_server: ChatServer, name: str
) -> None:
    ours, theirs = await both(chat_server, SAME_WORDS[name])
    assert facts(ours) == facts(theirs)
    assert str(ours) == str(theirs)
    assert chat_server.requests == 2


@pytest.mark.parametrize("name", OWN_WORDS)
async def test_they_make_the_same_of_what_cannot_be_read(
    chat_server: ChatServer, name: str
) -> None:
    ours, theirs = await both(chat_server, OWN_WORDS[name])
    assert facts(ours) == facts(theirs) == (SampleError, "bad_reply", True, None)
    place = f"served at {chat_server.api_base}: the reply "
    assert str(ours).startswith(place)
    assert str(theirs).startswith(place)


async def test_a_date_is_read_by_the_clock_of_the_server(chat_server: ChatServer) -> None:
    day = 86_400.0
    headers = {
        "Date": answers.http_date(0, clock_off_s=day),
        "Retry-After": answers.http_date(30, clock_off_s=day),
    }
    answer = answers.failure(429, "Rate limit reached", headers=headers)
    ours, theirs = await both(chat_server, answer)
    assert facts(ours) == facts(theirs)
    assert 28 < ours.retry_after_s <= 31


async def test_they_find_a_server_dead_in_the_same_words() -> None:
    with ChatServer() as server:
        pass
    ours, theirs = [await outcome(make(server), call_of()) for make in (fast, through_litellm)]
    assert isinstance(ours, SampleError)
    assert isinstance(theirs, SampleError)
    assert (str(ours), facts(ours)) == (str(theirs), facts(theirs))
