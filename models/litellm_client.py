"""Calls through LiteLLM: a conversation in, a reply out."""

from __future__ import annotations

import logging
import os
import time
from functools import partial
from typing import Any

import msgspec

from ..core.errors import MissingExtraError, SampleError
from ..core.exchange import Call, Reply, ReplyTiming, Sampling, StopReason, Usage
from ..core.redact import redact_text
from .attachments import to_openai
from .litellm_errors import Caller, translated

# How many samples are in flight is the engine's affair, so the client's pool never limits it.
_UNLIMITED = "65536"
# How long a reply may take is the engine's affair too (run.timeout_s).
_PATIENCE_S = 86_400.0


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Where calls go: LiteLLM's name of the model, the address and the key."""

    model: str
    api_base: str | None
    api_key: str | None
    extra: dict[str, Any]


def import_litellm() -> Any:
    """Return LiteLLM, set up to be quiet, offline and without limits of its own.

    Raises MissingExtraError.
    """
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("AIOHTTP_CONNECTOR_LIMIT", _UNLIMITED)
    os.environ.setdefault("AIOHTTP_CONNECTOR_LIMIT_PER_HOST", _UNLIMITED)
    try:
        import litellm
    except ImportError:
        raise MissingExtraError("calling an API", "api") from None
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
            **route.extra,
        }
        self._takes_seed = _takes_seed(self._litellm, route.model)
        self._is_priced = _is_priced(self._litellm, route.model)

    def identity(self) -> dict[str, Any]:
        """Return what determines the replies: provider and model, address, extra parameters."""
        route = self._route
        base = redact_text(route.api_base, self._caller.secrets) if route.api_base else None
        return {"engine": "litellm", "model": route.model, "api_base": base, "extra": route.extra}

    def environment(self) -> dict[str, Any]:
        """Return the client's version and the address, without secrets."""
        from importlib.metadata import version

        base = self._route.api_base
        return {
            "litellm": version("litellm"),
            "model": self._route.model,
            "api_base": redact_text(base, self._caller.secrets) if base else None,
            "seed_sent": self._takes_seed,
        }

    async def close(self) -> None:
        """Close the connections."""
        await self._litellm.close_litellm_async_clients()
        # A later event loop may have the same id, and would be given a closed client.
        self._litellm.in_memory_llm_clients_cache.flush_cache()

    async def call(self, call: Call) -> Reply:
        """Answer `call`. Raises SampleError, EndpointError."""
        body = await to_openai(call.messages)
        started = time.perf_counter()
        try:
            response = await self._litellm.acompletion(
                messages=body, **self._parameters(call.sampling), **self._fixed
            )
        except Exception as error:
            raise translated(error, self._caller) from None
        latency_s = time.perf_counter() - started
        return self._reply(response, latency_s)

    def _parameters(self, sampling: Sampling) -> dict[str, Any]:
        """Return the decoding settings as parameters; what is at its default is not sent."""
        parameters: dict[str, Any] = {"temperature": sampling.temperature}
        if sampling.top_p != 1.0:
            parameters["top_p"] = sampling.top_p
        if sampling.max_tokens is not None:
            parameters["max_tokens"] = sampling.max_tokens
        if sampling.stop:
            parameters["stop"] = list(sampling.stop)
        if sampling.seed is not None and self._takes_seed:
            parameters["seed"] = sampling.seed
        return parameters

    def _reply(self, response: Any, latency_s: float) -> Reply:
        if not getattr(response, "choices", None):
            raise SampleError(
                f"{self._caller.place}: the reply holds no choices", kind="bad_reply", passing=True
            )
        choice = response.choices[0]
        message = choice.message
        refusal = _refusal(message)
        return Reply(
            text=message.content or refusal or "",
            stop_reason=_stop_reason(choice.finish_reason, refusal),
            timing=ReplyTiming(latency_s=round(latency_s, 6)),
            usage=self._usage(response),
            reasoning=getattr(message, "reasoning_content", None),
        )

    def _usage(self, response: Any) -> Usage:
        usage = getattr(response, "usage", None)
        details = getattr(usage, "prompt_tokens_details", None)
        return Usage(
            input_tokens=getattr(usage, "prompt_tokens", None) or 0,
            output_tokens=getattr(usage, "completion_tokens", None) or 0,
            cached_tokens=getattr(details, "cached_tokens", None) or 0,
            cost_usd=self._cost_usd(response),
        )

    def _cost_usd(self, response: Any) -> float:
        """Return the list price of a reply; zero for a model that LiteLLM has no price of."""
        if not self._is_priced:
            return 0.0
        cost = partial(self._litellm.completion_cost, model=self._route.model)
        return float(cost(completion_response=response) or 0.0)


def _refusal(message: Any) -> str | None:
    fields = getattr(message, "provider_specific_fields", None) or {}
    return getattr(message, "refusal", None) or fields.get("refusal")


def _stop_reason(finish_reason: str | None, refusal: str | None) -> StopReason:
    if refusal or finish_reason in ("content_filter", "refusal"):
        return "refused"
    return "length" if finish_reason == "length" else "stop"


def _takes_seed(litellm: Any, model: str) -> bool:
    """Whether the provider takes a seed; those that do not would refuse the request."""
    return "seed" in (litellm.get_supported_openai_params(model=model) or ())


def _is_priced(litellm: Any, model: str) -> bool:
    try:
        litellm.get_model_info(model)
    except Exception:  # what LiteLLM raises for an unknown model is a plain Exception
        return False
    return True
