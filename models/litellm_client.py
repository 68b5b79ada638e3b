"""Calls through LiteLLM: a conversation in, a reply out."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

import msgspec

from ..core.errors import MissingExtraError
from ..core.exchange import Call, Reply, ReplyForm, Sampling, Usage
from ..core.redact import redact_config
from .api_errors import Caller
from .attachments import to_openai
from .forms import refuse_form
from .litellm_errors import translated
from .litellm_reply import likelihoods_of, reply_of
from .openai_api.chat import form_fields
from .prices import Price, cost_usd, list_price
from .prompt_marks import marked

# How many samples are in flight is the engine's affair, so the client's pool never limits it.
_UNLIMITED = "65536"
# How long a reply may take is the engine's affair too (run.timeout_s).
_PATIENCE_S = 86_400.0
# Prices come from the file that is installed, and requests go out as litellm_transport has it.
_ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "AIOHTTP_CONNECTOR_LIMIT": _UNLIMITED,
    "AIOHTTP_CONNECTOR_LIMIT_PER_HOST": _UNLIMITED,
    "DISABLE_AIOHTTP_TRANSPORT": "False",
    "LITELLM_HTTP2": "False",
}
# The most that OpenAI tells of a token.
_TOP_LOGPROBS = 20


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Where calls go, and how: LiteLLM's name of the model, the address and the key.

    `extra` goes with each request, and so do the HTTP `headers`. `marks` says that shared
    beginnings are marked, `is_listed` that LiteLLM's list prices are this provider's; `price`
    replaces them.
    """

    model: str
    api_base: str | None
    api_key: str | None
    extra: dict[str, Any]
    headers: dict[str, str] = {}
    marks: bool = False
    is_listed: bool = True
    price: Price | None = None


def import_litellm() -> Any:
    """Return LiteLLM, set up to be quiet, offline, without limits of its own, and to ask once.

    Raises MissingExtraError, EndpointError.
    """
    os.environ.update(_ENVIRONMENT)
    try:
        import litellm
    except ImportError:
        raise MissingExtraError("calling an API", "api") from None
    from .litellm_transport import install

    install()
    litellm.suppress_debug_info = True
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return litellm


class LiteLLMClient:
    """One model at one provider."""

    def __init__(self, route: Route, caller: Caller) -> None:
        self._route = route
        self._caller = caller
        self._litellm = import_litellm()
        self._fixed = {
            "model": route.model,
            "api_base": route.api_base,
            "api_key": route.api_key,
            "timeout": _PATIENCE_S,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": False,
            **({"extra_headers": route.headers} if route.headers else {}),
            **route.extra,
        }
        self._takes = _parameters_taken(self._litellm, route.model)
        self._is_priced = route.is_listed and _is_priced(self._litellm, route.model)

    def identity(self) -> dict[str, Any]:
        """Return what determines the replies: model, address, parameters, names of headers."""
        route = self._route
        return {
            "engine": "litellm",
            "model": route.model,
            "api_base": self._caller.api_base,
            "headers": sorted(map(str.lower, route.headers.keys() - {"Authorization"})),
            "extra": redact_config(route.extra),
        }

    def environment(self) -> dict[str, Any]:
        """Return the client's version and the address, without secrets."""
        from importlib.metadata import version

        return {
            "litellm": version("litellm"),
            "model": self._route.model,
            "api_base": self._caller.api_base,
            "seed_sent": "seed" in self._takes,
        }

    async def close(self) -> None:
        """Close the connections."""
        await self._litellm.close_litellm_async_clients()
        # A later event loop may have the same id, and would be given a closed client.
        self._litellm.in_memory_llm_clients_cache.flush_cache()

    async def call(self, call: Call) -> Reply:
        """Answer `call`. Raises SampleError, EndpointError.

        With continuations, each one's likelihood is that of the first generated token that is equal
        to it without white space around; those that are not among the 20 likeliest have none.
        """
        form = call.form
        refuse_form(
            form,
            self._caller.model,
            schemas="response_format" in self._takes,
            tools="tools" in self._takes,
            continuations="top_logprobs" in self._takes,
        )
        response, latency_s = await self._answer(call)
        reply = reply_of(response, latency_s, self._caller)
        if form.continuations:
            likelihoods = likelihoods_of(response, form.continuations, self._caller)
            reply = msgspec.structs.replace(reply, text="", likelihoods=likelihoods)
        return msgspec.structs.replace(reply, usage=self._priced(reply.usage, response))

    async def _answer(self, call: Call) -> tuple[Any, float]:
        """Return LiteLLM's answer and the seconds it took."""
        messages = await to_openai(call.messages)
        if self._route.marks:
            messages = marked(messages, call.messages, call.shared)
        parameters = {**self._fixed, **self._decoding(call), **_form_parameters(call.form)}
        started = time.perf_counter()
        try:
            response = await self._litellm.acompletion(messages=messages, **parameters)
        except Exception as error:
            from .litellm_transport import transport_failure

            failure = transport_failure(error, self._caller)
            raise failure or translated(error, self._caller) from None
        return response, time.perf_counter() - started

    def _decoding(self, call: Call) -> dict[str, Any]:
        """Return the decoding settings as parameters; what is at its default is not sent."""
        sampling = call.sampling
        if call.form.continuations:
            sampling = Sampling(temperature=sampling.temperature, max_tokens=1, seed=sampling.seed)
        parameters: dict[str, Any] = {"temperature": sampling.temperature}
        if sampling.top_p != 1.0:
            parameters["top_p"] = sampling.top_p
        if sampling.top_k is not None:
            parameters["top_k"] = sampling.top_k
        if sampling.max_tokens is not None:
            parameters["max_tokens"] = sampling.max_tokens
        if sampling.stop:
            parameters["stop"] = list(sampling.stop)
        if sampling.seed is not None and "seed" in self._takes:
            parameters["seed"] = sampling.seed
        return parameters

    def _priced(self, usage: Usage, response: Any) -> Usage:
        """Return `usage` with its cost: the price that was set, or else LiteLLM's list price."""
        route = self._route
        if route.price is not None or not self._is_priced:
            return msgspec.structs.replace(usage, cost_usd=cost_usd(usage, route.price))
        try:
            cost = self._litellm.completion_cost(response, model=route.model) or 0.0
        except Exception:  # a reply is not lost for want of its price
            cost = cost_usd(usage, list_price(route.model))
        return msgspec.structs.replace(usage, cost_usd=float(cost))


def _form_parameters(form: ReplyForm) -> dict[str, Any]:
    """Return what asks for a form of reply."""
    parameters = form_fields(form)
    if form.tools:
        # Else LiteLLM wants the packages of its proxy, to see whether it should run the tools.
        parameters["_skip_mcp_handler"] = True
    if form.continuations:
        parameters |= {"logprobs": True, "top_logprobs": _TOP_LOGPROBS}
    return parameters


def _parameters_taken(litellm: Any, model: str) -> frozenset[str]:
    """Return which of OpenAI's parameters the provider takes; others would refuse the request."""
    return frozenset(litellm.get_supported_openai_params(model=model) or ())


def _is_priced(litellm: Any, model: str) -> bool:
    try:
        litellm.get_model_info(model)
    except Exception:  # what LiteLLM raises for an unknown model is a plain Exception
        return False
    return True
