"""LiteLLM's answers, which have the shape of OpenAI's whoever the provider is, as replies."""

from __future__ import annotations

from typing import Any

from ..core.content import ToolCall
from ..core.exchange import Likelihood, Reply, ReplyFile, ReplyTiming, Usage
from .api_errors import Caller
from .openai_api.chat import likelihood
from .openai_api.data_urls import file_in
from .openai_api.replies import TopToken, stop_reason


def reply_of(response: Any, latency_s: float, caller: Caller) -> Reply:
    """Return the reply in `response`, its cost left out. Raises SampleError for one without."""
    choice = _choice(response, caller)
    message = choice.message
    refusal = _refusal(message)
    return Reply(
        text=message.content or refusal or "",
        stop_reason=stop_reason(choice.finish_reason, refusal),
        timing=ReplyTiming(latency_s=round(latency_s, 6)),
        usage=usage_of(response),
        reasoning=getattr(message, "reasoning_content", None),
        tool_calls=tuple(map(_tool_call, getattr(message, "tool_calls", None) or ())),
        files=_files(message),
    )


def likelihoods_of(
    response: Any, continuations: tuple[str, ...], caller: Caller
) -> tuple[Likelihood, ...]:
    """Return how likely the reply is to begin with each of `continuations`.

    Each is compared with the likeliest first tokens, as `openai_api.chat` does. Raises
    EndpointError for a server that does not tell them.
    """
    logprobs = getattr(_choice(response, caller), "logprobs", None)
    tokens = getattr(logprobs, "content", None)
    if not tokens:
        raise caller.endpoint_error(
            "the server tells no likelihoods of tokens (logprobs)",
            "take another server, or another protocol",
        )
    top = [TopToken(token.token, token.logprob) for token in tokens[0].top_logprobs or ()]
    return tuple(likelihood(continuation, top) for continuation in continuations)


def usage_of(response: Any) -> Usage:
    """Return the tokens that a response cost.

    LiteLLM counts tokens that are read from a cache and written to it as part of the prompt, also
    for Anthropic, which itself counts them apart.
    """
    usage = getattr(response, "usage", None)
    read = getattr(usage, "prompt_tokens_details", None)
    written = getattr(usage, "completion_tokens_details", None)
    return Usage(
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
        cached_tokens=_count(read, "cached_tokens"),
        reasoning_tokens=_count(written, "reasoning_tokens"),
        cache_write_tokens=_count(read, "cache_creation_tokens")
        or _count(usage, "cache_creation_input_tokens"),
    )


def _choice(response: Any, caller: Caller) -> Any:
    choices = getattr(response, "choices", None)
    if not choices:
        raise caller.unreadable("it holds no choices")
    return choices[0]


def _refusal(message: Any) -> str | None:
    fields = getattr(message, "provider_specific_fields", None) or {}
    return getattr(message, "refusal", None) or fields.get("refusal")


def _tool_call(call: Any) -> ToolCall:
    function = call.function
    return ToolCall(call.id or "", function.name or "", function.arguments or "")


def _files(message: Any) -> tuple[ReplyFile, ...]:
    """Return the images that came inside the answer; those on the web are not fetched."""
    images = getattr(message, "images", None) or ()
    found = (file_in(image["image_url"]["url"]) for image in images)
    return tuple(file for file in found if file is not None)


def _count(holder: Any, name: str) -> int:
    return int(getattr(holder, name, None) or 0)
