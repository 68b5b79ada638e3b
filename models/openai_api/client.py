"""A model at one server that speaks OpenAI's API."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import aiohttp
import msgspec
from msgspec.structs import replace

from ...core.errors import EndpointError, SampleError
from ...core.exchange import Call, Reply, total_usage
from ..api_errors import Caller, classified, failure_in, failure_of, redirected
from ..prices import Price, cost_usd
from .address import Address
from .api import Answered, Api, Body
from .transport import HttpAnswer, Transport

A = TypeVar("A")

_EXCERPT = 200
# Masking takes long in answers of megabytes, and a message shows their beginning alone.
_SEARCHED = 20_000
_SURROGATES = re.compile(r"[\ud800-\udfff]")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """The server, by whom it is called and at what price, and the `headers` of every request.

    `name` is the label of the API that is asked: chat, completions, images.
    """

    name: str
    address: Address
    caller: Caller
    headers: Mapping[str, str]
    price: Price | None = None


class OpenAIClient:
    """Calls of one API of one server; also the `Server` that the API sees."""

    def __init__(self, api: Api, target: Target) -> None:
        self._api = api
        self._target = target
        self._caller = target.caller
        self._transport = Transport(target.address, target.headers, target.caller)
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    async def call(self, call: Call) -> Reply:
        """Answer `call`. Raises SampleError, EndpointError."""
        return (await self.several(call, 1))[0]

    async def several(self, call: Call, n: int) -> tuple[Reply, ...]:
        """Answer `call` with up to `n` replies, at least one. Raises SampleError, EndpointError."""
        replies = await self._api.several(call, n, self)
        price = self._target.price
        return replies if price is None else _priced(replies, price)

    def identity(self) -> dict[str, Any]:
        """Return what determines the replies: address, API, the model's settings, header names."""
        return {
            "engine": "openai",
            "api_base": self._target.address.shown,
            "api": self._target.name,
            "headers": sorted(map(str.lower, self._target.headers.keys() - {"Authorization"})),
            **self._api.identity(),
        }

    def environment(self) -> dict[str, Any]:
        """Return the client's version, the model and the address, without secrets."""
        return {
            "aiohttp": aiohttp.__version__,
            "model": self._caller.model,
            "api_base": self._target.address.shown,
            "api": self._target.name,
        }

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    @property
    def place(self) -> str:
        """The model and the address, as messages name them."""
        return self._caller.place

    async def post(self, path: str, body: Body, shape: type[A]) -> Answered[A]:
        """Send `body` to `path` and read the answer as `shape`. Raises SampleError, EndpointError.

        An answer with status 200 may hold an error all the same.
        """
        answer = await self._transport.post(path, body)
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, path)
        try:
            content = self._decoder(shape).decode(answer.content)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            content = self._read_again(answer, shape)
        return Answered(content, answer.latency_s)

    def _decoder(self, shape: type[A]) -> msgspec.json.Decoder[A]:
        decoder = self._decoders.get(shape)
        if decoder is None:
            decoder = self._decoders[shape] = msgspec.json.Decoder(shape)
        return decoder

    def failure(self, error: Any) -> SampleError | EndpointError:
        """Return what an error inside a good answer means."""
        return classified(failure_in(error), self._caller)

    def _refusal(self, answer: HttpAnswer, path: str) -> SampleError | EndpointError:
        if 300 <= answer.status < 400:
            asked = self._target.address.url(path)
            return redirected(asked, answer.headers.get("location"), path, self._caller)
        failure = failure_of(answer.status, answer.content, answer.headers)
        return classified(failure, self._caller)

    def _read_again(self, answer: HttpAnswer, shape: type[A]) -> A:
        """Read an answer that is no valid JSON of `shape`, slowly and patiently.

        Control characters and broken Unicode in texts are borne: U+FFFD stands for the latter.
        """
        text = answer.content.decode(errors="replace")
        try:
            parsed: Any = json.loads(text, strict=False)
        except ValueError:
            raise self._caller.unreadable(self._excerpt(text) or "it is empty") from None
        if isinstance(parsed, Mapping):
            error = cast("Mapping[str, Any]", parsed).get("error")
            if error:
                raise classified(failure_in(error, answer.headers), self._caller)
        whole = _SURROGATES.sub("\ufffd", json.dumps(parsed, ensure_ascii=False))
        try:
            return msgspec.convert(json.loads(whole), shape)
        except msgspec.ValidationError as error:
            raise self._caller.unreadable(f"{error}: {self._excerpt(text)}") from None

    def _excerpt(self, text: str) -> str:
        """Return the beginning of `text`, cut after masking: no secret is left in half."""
        return self._caller.line(text[:_SEARCHED])[:_EXCERPT]


def _priced(replies: tuple[Reply, ...], price: Price) -> tuple[Reply, ...]:
    """Return `replies` to one request with their costs, whose sum is that of the request.

    The price of a long input, which is the first one's, holds for all outputs.
    """
    whole = cost_usd(total_usage(replies), price)
    others = [cost_usd(reply.usage, price) for reply in replies[1:]]
    costs = (whole - sum(others), *others)
    return tuple(
        replace(reply, usage=replace(reply.usage, cost_usd=cost))
        for reply, cost in zip(replies, costs, strict=True)
    )
