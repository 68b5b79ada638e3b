"""Models behind an API: hosted providers and OpenAI-compatible servers, through LiteLLM."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import msgspec

from ..core.config import Options
from ..core.interfaces import KVMethod, Problem
from ..core.redact import MARK, redact_config
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
from .litellm_client import LiteLLMClient, Route
from .openai_api.address import Address, address_of, secret_values
from .prices import Price, PriceOptions, effective_price
from .prompt_marks import wants_marks

COMPATIBLE = "openai-compatible"
_HEADERS = "extra_headers"

_KEY_ENV = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "gemini": "GEMINI_API_KEY",
    COMPATIBLE: "OPENAI_API_KEY",
}
# The client insists on a key; local servers do not.
_NO_KEY = "none"
# What a request always carries, and what would have it repeated; `extra` must not quietly replace
# it.
_RESERVED = frozenset(
    {"model", "messages", "api_base", "api_key", "n", "stream", "timeout"}
    | {"temperature", "top_p", "max_tokens", "stop", "seed"}
    | {"num_retries", "max_retries", "retry_policy", "fallbacks"}
)


class LiteLLMOptions(Options, frozen=True):
    """The section `model` of an API model.

    `name` is the name sent to the provider and the label in tables. `provider` is LiteLLM's name
    of the provider, or `openai-compatible` for a server at `api_base`. `api_key_env` names the
    environment variable that holds the key. `extra` goes with each request, such as
    `reasoning_effort` or what a server takes beyond OpenAI's API. `price` replaces the list price.
    With `prompt_caching=auto`, shared beginnings are marked for providers that store only what is
    marked (Claude); `off` marks nothing.
    """

    engine: str
    provider: str
    name: str | None = None
    api_base: str | None = None
    api_key_env: str | None = None
    extra: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    price: PriceOptions | None = None
    prompt_caching: Literal["auto", "off"] = "auto"


class LiteLLMModel:
    """A model at a provider; nothing is imported before the first endpoint."""

    Options = LiteLLMOptions

    def __init__(self, options: LiteLLMOptions) -> None:
        self.options = options

    def problems(self, kv: KVMethod | None) -> list[Problem]:
        """Say what is missing: the extra, the name, the address, the key."""
        options = self.options
        compatible = options.provider == COMPATIBLE
        found = [
            _missing_extra(),
            missing_name(options.provider, options.name),
            bad_address(options.provider, options.api_base, required=compatible),
            self._missing_key(),
            reserved_extra(options.extra, _RESERVED),
            inapplicable_kv(kv),
        ]
        return [problem for problem in found if problem is not None]

    def hosts(self) -> Sequence[str]:
        """Return the server that is asked, or the provider whose servers LiteLLM knows."""
        return hosts_of(self.options.api_base) or (self.options.provider,)

    def provenance(self) -> dict[str, Any]:
        """Return nothing: the configuration says all that is known of a remote model."""
        return {}

    def endpoint(self, kv: KVMethod | None) -> ChatEndpoint:  # noqa: ARG002 - see problems()
        """Return the provider, ready to be called. Raises MissingExtraError, EndpointError."""
        return ChatEndpoint(LiteLLMClient(self._route(), self._caller()))

    def release(self) -> None:
        """Hold nothing between endpoints."""

    @property
    def _key_env(self) -> str | None:
        return self.options.api_key_env or _KEY_ENV.get(self.options.provider)

    def _missing_key(self) -> Problem | None:
        """Miss the key of a hosted provider; of one not known here, LiteLLM finds the key."""
        if self._key_env is None or self.options.provider == COMPATIBLE:
            return None
        return missing_key(self.options.provider, self._key_env)

    def _address(self) -> Address | None:
        return address_of(self.options.api_base) if self.options.api_base else None

    def _route(self) -> Route:
        options, address = self.options, self._address()
        compatible = options.provider == COMPATIBLE
        model = f"{'openai' if compatible else options.provider}/{options.name}"
        basic = address.authorization if address else None
        return Route(
            model=model,
            api_base=address.base if address else None,
            api_key=key_in(self._key_env) or (_NO_KEY if compatible else None),
            extra={name: value for name, value in options.extra.items() if name != _HEADERS},
            headers={**({"Authorization": basic} if basic else {}), **self._headers()},
            marks=options.prompt_caching == "auto" and wants_marks(model),
            # What such a server calls its model says nothing of the price.
            is_listed=not compatible,
            price=effective_price(model, options.price) if options.price else None,
        )

    def _caller(self) -> Caller:
        address, key = self._address(), key_in(self._key_env)
        return Caller(
            model=str(self.options.name),
            api_base=address.shown if address else None,
            key_env=self._key_env,
            secrets=(
                *((key,) if key else ()),
                *(address.secrets if address else ()),
                *secret_values(self._headers()),
                *_secrets_in(self.options.extra),
            ),
        )

    def _headers(self) -> dict[str, str]:
        """Return the HTTP headers that the configuration adds to each request."""
        return cast("dict[str, str]", self.options.extra.get(_HEADERS) or {})


def price_of(options: LiteLLMOptions) -> Price | None:
    """Return what tokens cost; what a server of one's own calls its model says nothing of it."""
    if options.price is None and options.provider == COMPATIBLE:
        return None
    return effective_price(f"{options.provider}/{options.name}", options.price)


def _missing_extra() -> Problem | None:
    if importlib.util.find_spec("litellm") is not None:
        return None
    return Problem("calling an API needs an extra", "pip install 'evalrun[api]'")


def _secrets_in(extra: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is masked in configurations, such as `aws_secret_access_key`."""
    texts = {name: value for name, value in extra.items() if isinstance(value, str)}
    return tuple(text for name, text in texts.items() if redact_config({name: text})[name] == MARK)
