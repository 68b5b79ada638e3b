"""The completions API, against a server with a tokenizer of words."""

from __future__ import annotations

import asyncio
import math
import re
from typing import Any

import pytest
from aiohttp import web
from openai_asked import call_of, client_of, serving

from evalrun.core.content import ImagePart, Message, TextPart
from evalrun.core.errors import EndpointError, SampleError
from evalrun.core.exchange import Likelihood, Tool
from evalrun.models.openai_api.logprobs import EchoLogprobs, echoed_likelihood


def words(text: str) -> list[str]:
    """Return `text` in tokens: words with the white space before them."""
    return re.findall(r"\s*\S+|\s+$", text)


class BaseModel:
    """A base model whose token is as likely as 1 / its length; it goes on with ` done`."""

    def __init__(self, *, bos: str = "", takes_zero: bool = True, usage: bool = True) -> None:
        self.bos = bos
        self.takes_zero = takes_zero
        self.usage = usage
        self.bodies: list[dict[str, Any]] = []

    async def __call__(self, request: web.Request) -> web.Response:
        assert request.path == "/v1/completions"
        body = await request.json()
        self.bodies.append(body)
        if body.get("max_tokens") == 0 and not self.takes_zero:
            error = {"message": "max_tokens must be at least 1"}
            return web.json_response({"error": error}, status=400)
        generated = [" done"] * min(1, body.get("max_tokens", 1))
        echoed = words(body["prompt"]) if body.get("echo") else []
        choice = {"text": "".join([*echoed, *generated]), "finish_reason": "length"}
        if body.get("logprobs"):
            choice["logprobs"] = self._logprobs([*echoed, *generated])
        answer: dict[str, Any] = {"choices": [choice] * body.get("n", 1)}
        if self.usage:
            counts = {"prompt_tokens": len(echoed) or 3, "completion_tokens": len(generated)}
            answer["usage"] = counts
        return web.json_response(answer)

    def _logprobs(self, tokens: list[str]) -> dict[str, Any]:
        tokens = [self.bos, *tokens] if self.bos else tokens
        starts = [len("".join(tokens[:index])) for index in range(len(tokens))]
        logprobs = [None, *(-math.log(len(token)) for token in tokens[1:])]
        return {"tokens": tokens, "token_logprobs": logprobs, "text_offset": starts}


def completions(api_base: str, **options: Any) -> Any:
    return client_of(api_base, api="completions", **options)


# Texts


async def test_a_conversation_is_sent_as_plain_text() -> None:
    model = BaseModel()
    messages = (
        Message("system", "Be brief."),
        Message("user", (TextPart("Q: 6 x 7?\n"), TextPart("A:"))),
        Message("assistant", " 42"),
        Message("user", "Q: 6 x 8?\nA:"),
    )
    call = call_of(messages=messages, max_tokens=5, stop=("\n",), seed=1)
    async with serving(model) as api_base, completions(api_base) as client:
        reply = await client.call(call)
    assert (reply.text, reply.stop_reason) == (" done", "length")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (3, 1)
    assert model.bodies == [
        {
            "model": "served",
            "prompt": "Be brief.\n\nQ: 6 x 7?\nA: 42\n\nQ: 6 x 8?\nA:",
            "temperature": 0.0,
            "max_tokens": 5,
            "stop": ["\n"],
            "seed": 1,
        }
    ]


async def test_several_completions_are_asked_for_in_one_request() -> None:
    model = BaseModel()
    async with serving(model) as api_base, completions(api_base) as client:
        replies = await client.several(call_of(), 3)
    assert [reply.text for reply in replies] == [" done"] * 3
    assert [reply.usage.input_tokens for reply in replies] == [3, 0, 0]
    assert model.bodies[0]["n"] == 3


async def test_an_error_inside_a_completion_is_one() -> None:
    async def died(request: web.Request) -> web.Response:
        error = {"code": 502, "message": "upstream died"}
        return web.json_response({"choices": [{"text": "4", "error": error}]})

    async with serving(died) as api_base, completions(api_base) as client:
        with pytest.raises(SampleError, match="upstream died") as caught:
            await client.call(call_of())
    assert (caught.value.kind, caught.value.passing) == ("server", True)


async def test_images_schemas_and_tools_are_refused() -> None:
    async with serving(BaseModel()) as api_base, completions(api_base) as client:
        with pytest.raises(SampleError, match="reads text only"):
            await client.call(call_of((ImagePart("https://h/a.png"),)))
        with pytest.raises(EndpointError, match=r"model\.api=completions cannot hold replies"):
            await client.call(call_of(reply_schema={"type": "object"}))
        with pytest.raises(EndpointError, match=r"model\.api=completions takes no tools"):
            await client.call(call_of(tools=(Tool("add"),)))


# Likelihoods


@pytest.mark.parametrize("bos", ["", "<|begin_of_text|>"])
@pytest.mark.parametrize("takes_zero", [True, False])
@pytest.mark.parametrize("usage", [True, False])
async def test_a_continuation_is_as_likely_as_its_tokens_together(
    bos: str, takes_zero: bool, usage: bool
) -> None:
    model = BaseModel(bos=bos, takes_zero=takes_zero, usage=usage)
    continuations = (" Rome", " New York")
    call = call_of("The capital is", continuations=continuations, temperature=0.7, top_k=5)
    async with serving(model) as api_base, completions(api_base) as client:
        reply = await client.call(call)
    assert reply.likelihoods == (
        Likelihood(logprob=pytest.approx(-math.log(5)), tokens=1),
        Likelihood(logprob=pytest.approx(-math.log(4) - math.log(5)), tokens=2),
    )
    assert reply.text == ""
    asked = [body for body in model.bodies if body["max_tokens"] == (0 if takes_zero else 1)]
    assert sorted(body["prompt"] for body in asked) == [
        "The capital is New York",
        "The capital is Rome",
    ]
    assert all(body["echo"] and body["logprobs"] == 1 for body in asked)
    assert all(body["temperature"] == 0 and "top_k" not in body for body in asked)


async def test_the_least_number_of_tokens_is_learnt_once() -> None:
    model = BaseModel(takes_zero=False)
    async with serving(model) as api_base, completions(api_base) as client:
        await client.call(call_of("a b", continuations=(" c",)))
        await client.call(call_of("a b", continuations=(" d",)))
    assert [body["max_tokens"] for body in model.bodies] == [0, 1, 1]


async def test_the_usage_is_that_of_all_requests_together() -> None:
    async with serving(BaseModel()) as api_base, completions(api_base) as client:
        reply = await client.call(call_of("a b", continuations=(" c", " d e")))
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (3 + 4, 0)


async def test_what_else_a_server_refuses_is_told_as_it_is() -> None:
    async def refusing(request: web.Request) -> web.Response:
        return web.json_response({"error": {"message": "echo is not supported"}}, status=400)

    async with serving(refusing) as api_base, completions(api_base) as client:
        with pytest.raises(SampleError, match="echo is not supported"):
            await client.call(call_of("a", continuations=(" b",)))


async def test_when_one_continuation_fails_the_others_are_dropped() -> None:
    dropped = asyncio.Event()

    async def one_fails(request: web.Request) -> web.Response:
        if (await request.json())["prompt"].endswith(" b"):
            return web.json_response({"error": {"message": "odd"}}, status=500)
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            dropped.set()
            raise
        return web.Response()

    async with serving(one_fails) as api_base, completions(api_base) as client:
        with pytest.raises(SampleError, match="odd"):
            await client.call(call_of("a", continuations=(" b", " c", " d")))
        await asyncio.wait_for(dropped.wait(), 5)


@pytest.mark.parametrize(
    "logprobs",
    [
        None,
        {"tokens": [" x"], "token_logprobs": [-1.0], "text_offset": [0]},
        {"tokens": [], "token_logprobs": [], "text_offset": []},
    ],
)
async def test_a_server_that_ignores_echo_ends_the_run(logprobs: dict[str, Any] | None) -> None:
    async def deaf(request: web.Request) -> web.Response:
        choice = {"text": " x", "logprobs": logprobs}
        usage = {"prompt_tokens": 3, "completion_tokens": 1}
        return web.json_response({"choices": [choice], "usage": usage})

    async with serving(deaf) as api_base, completions(api_base) as client:
        with pytest.raises(EndpointError, match="does not echo the prompt with its likelihoods"):
            await client.call(call_of("a b c", continuations=(" d",)))


def echoed(tokens: list[str], continuation: str, generated: int = 0) -> Likelihood | None:
    """Return the likelihood when the logprob of each token is minus its 1-based position."""
    starts = tuple(len("".join(tokens[:index])) for index in range(len(tokens)))
    logprobs = tuple(-float(index + 1) for index in range(len(tokens)))
    return echoed_likelihood(EchoLogprobs(tuple(tokens), logprobs, starts), continuation, generated)


def test_a_token_that_straddles_the_boundary_belongs_to_the_continuation() -> None:
    # prompt "ab c", continuation "de f": the token "cde" begins in the prompt
    assert echoed(["ab", " cde", " f"], "de f") == Likelihood(logprob=-5.0, tokens=2)


def test_a_token_that_ends_at_the_boundary_does_not() -> None:
    assert echoed(["ab", " c", "de", " f"], "de f") == Likelihood(logprob=-7.0, tokens=2)


def test_generated_tokens_do_not_count() -> None:
    tokens = ["ab", " c", "de", " g", " h"]
    assert echoed(tokens, "de", generated=2) == Likelihood(logprob=-3.0, tokens=1)


def test_a_first_token_without_a_probability_is_left_out() -> None:
    logprobs = EchoLogprobs(("a", " b"), (None, -2.0), (0, 1))
    assert echoed_likelihood(logprobs, "a b", 0) == Likelihood(logprob=-2.0, tokens=1)
    alone = EchoLogprobs(("a",), (None,), (0,))
    assert echoed_likelihood(alone, "a", 0) == Likelihood(logprob=None, tokens=0)
