"""Models behind servers that speak OpenAI's API, hosted or of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from ..core.config import Options, Positive
from ..core.interfaces import KVMethod, Problem
from .api_errors import Caller
from .api_problems import (
    bad_address,
    hosts_of,
    inapplicable_kv,
    key_in,
    missing_key,
    missing_name,
    reserved_extra,
)
from .chat import ChatEndpoint
from .coalescing import SeveralClient
from .prices import Price, PriceOptions, effective_price

ApiName = Literal["chat", "completions", "images"]

_LABEL = "openai"
# The one server that LiteLLM's list prices of models without a provider are of.
_LISTED_HOST = "api.openai.com"
# What a request always carries; `extra` must not quietly replace it.
_RESERVED = frozenset(
    {"model", "messages", "prompt", "n", "stream", "temperature", "top_p", "stop", "seed"}
    | {"max_tokens", "max_completion_tokens"}
)


class OpenAIOptions(Options, frozen=True):
    """The section `model` of a model that is asked by OpenAI's API.

    `name` is the name sent to the server and the label in tables, `api_base` the server's address.
    `api_key_env` names the environment variable that holds the key; without one none is sent,
    unless `key_required`. `api` is which of the server's APIs is asked: completions are for base
    models. `extra` goes with each request, such as `reasoning_effort` or what a server takes beyond
    OpenAI's API, and so do the HTTP `headers`. `max_tokens_field` is what the server calls the
    limit of a reply, and `send_seed` whether it takes a seed. `price` replaces the list price.
    Up to `replies_per_request` epochs of a sample are asked for in one request.
    """

    engine: str
    name: str | None = None
    api_base: str | None = None
    api_key_env: str | None = None
    key_required: bool = False
    api: ApiName = "chat"
    extra: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    send_seed: bool = True
    price: PriceOptions | None = None
    replies_per_request: Positive = 1


class OpenAIModel:
    """A model at a server; nothing is opened before the first request."""

    Options = OpenAIOptions

    def __init__(self, options: OpenAIOptions) -> None:
        self.options = options

    def problems(self, kv: KVMethod | None) -> list[Problem]:
        """Say what is missing: the name, the address, the key."""
        options = self.options
        found = [
            missing_name(_LABEL, options.name),
            bad_address(_LABEL, options.api_base, required=True),
            missing_key(_LABEL, options.api_key_env) if options.key_required else None,
            reserved_extra(options.extra, _RESERVED),
            inapplicable_kv(kv),
        ]
        return [problem for problem in found if problem is not None]

    def hosts(self) -> Sequence[str]:
        """Return the server that is asked."""
        return hosts_of(self.options.api_base)

    def provenance(self) -> dict[str, Any]:
        """Return nothing: the configuration says all that is known of a remote model."""
        return {}

    def endpoint(self, kv: KVMethod | None) -> ChatEndpoint:  # noqa: ARG002 - see problems()
        """Return the model, ready to be called."""
        return ChatEndpoint(
            openai_client(self.options), replies_per_request=self.options.replies_per_request
        )

    def release(self) -> None:
        """Hold nothing between endpoints."""


def openai_client(options: OpenAIOptions) -> SeveralClient:
    """Return a client for the model that `options` describe; they have no problems."""
    from .openai_api.address import address_of, secret_values
    from .openai_api.client import OpenAIClient, Target

    address, key = address_of(str(options.api_base)), key_in(options.api_key_env)
    headers = _headers(key, address.authorization, options.headers)
    caller = Caller(
        model=str(options.name),
        api_base=address.shown,
        key_env=options.api_key_env,
        secrets=(*((key,) if key else ()), *address.secrets, *secret_values(headers)),
    )
    target = Target(
        name=options.api,
        address=address,
        caller=caller,
        headers=headers,
        price=price_of(options),
    )
    return OpenAIClient(_api(options), target)


def _api(options: OpenAIOptions) -> Any:
    from .openai_api.settings import ApiSettings

    settings = ApiSettings(
        model=str(options.name),
        extra=options.extra,
        max_tokens_field=options.max_tokens_field,
        send_seed=options.send_seed,
    )
    match options.api:
        case "chat":
            from .openai_api.chat import ChatApi

            return ChatApi(settings)
        case "completions":
            from .openai_api.completions import CompletionsApi

            return CompletionsApi(settings)
        case "images":
            from .openai_api.images import ImagesApi

            return ImagesApi(settings)


def _headers(key: str | None, basic: str | None, own: dict[str, str]) -> dict[str, str]:
    """Return the headers of every request.

    A request has one Authorization: that of `own`, else the password in the address, else the key.
    """
    authorization = basic or (f"Bearer {key}" if key else None)
    names = {name.lower() for name in own}
    if authorization is None or "authorization" in names:
        return own
    return {"Authorization": authorization, **own}


def price_of(options: OpenAIOptions) -> Price | None:
    """Return what tokens cost; a list price is OpenAI's own, whatever others call their models."""
    if options.price is None and urlsplit(options.api_base or "").hostname != _LISTED_HOST:
        return None
    return effective_price(f"openai/{options.name}", options.price)
