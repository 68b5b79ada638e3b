"""What goes wrong at a provider, as errors a user can act on.

LiteLLM sorts errors by the wording of their messages, and takes a dead server for an internal error
and a 500 for a bad request. So the HTTP status decides here, then the chain of causes, and
LiteLLM's own class only where neither tells: context length and content policy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, cast

import msgspec

from ..core.errors import EndpointError, FailureKind, SampleError
from ..core.redact import redact_text

_LONGEST_MESSAGE = 400
_CONTEXT_CODES = frozenset({"context_length_exceeded", "string_above_max_length"})
_PASSING: dict[int, FailureKind] = {408: "timeout", 409: "server", 425: "server", 429: "rate_limit"}
_FILTER_CODES = frozenset({"content_filter", "content_policy_violation"})


class Caller(msgspec.Struct, frozen=True):
    """Who called: what messages name, and the secrets they must not."""

    model: str
    api_base: str | None
    key_env: str | None
    secrets: tuple[str, ...]

    @property
    def place(self) -> str:
        """The model and where it was asked for."""
        if self.api_base is None:
            return self.model
        return f"{self.model} at {redact_text(self.api_base, self.secrets)}"


def translated(error: Exception, caller: Caller) -> SampleError | EndpointError:
    """Return what `error`, raised by a LiteLLM call, means for the run.

    An EndpointError would meet every other sample too: a wrong key, an unknown model, no credit.
    The SampleError of a passing failure carries the pause that the server asks for.
    """
    status = _status(error)
    permanent = _permanent(error, status, caller)
    if permanent is not None:
        return permanent
    kind, passing = _kind(error, status)
    return SampleError(
        f"{caller.place}: {_summary(kind, error, caller)}",
        kind=kind,
        passing=passing,
        retry_after_s=retry_after_s(_headers(error)) if passing else None,
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the pause that a server asks for, in seconds; None when it names none.

    RFC 9110, section 10.2.3: `Retry-After` holds seconds or a date; some servers add milliseconds.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return max(0.0, (date - datetime.now(timezone.utc)).total_seconds())


def _permanent(error: Exception, status: int | None, caller: Caller) -> EndpointError | None:
    from litellm.exceptions import UnsupportedParamsError

    if isinstance(error, UnsupportedParamsError):
        what, remedy = "refuses a setting", "change it under generation, such as temperature=1"
    elif status == 401:
        what = "the API key was refused" if caller.key_env else "an API key is wanted"
        remedy = f"export {caller.key_env or 'NAME'}=KEY"
    elif status == 403:
        what, remedy = "access was denied", f"check the rights of the key in {caller.key_env}"
    elif status == 404:
        what, remedy = "no such model or address", "check model.name and model.api_base"
    elif status == 402 or _code(error) == "insufficient_quota":
        what, remedy = "the account has no credit left", "raise its quota and run again"
    else:
        return None
    return EndpointError(f"{caller.place}: {what} ({_message(error, caller)}); {remedy}")


def _kind(error: Exception, status: int | None) -> tuple[FailureKind, bool]:
    """Return what happened, and whether it may pass."""
    from litellm.exceptions import ContentPolicyViolationError, ContextWindowExceededError

    if isinstance(error, ContextWindowExceededError) or _code(error) in _CONTEXT_CODES:
        return "context_length", False
    if isinstance(error, ContentPolicyViolationError) or _code(error) in _FILTER_CODES:
        return "content_filter", False
    if status is None:
        return _kind_without_status(error), True
    if status >= 500:
        return "server", True
    passing = _PASSING.get(status)
    return (passing, True) if passing else ("bad_request", False)


def _kind_without_status(error: Exception) -> FailureKind:
    import httpx
    import openai

    causes = tuple(_chain(error))
    if any(isinstance(c, json.JSONDecodeError) for c in causes):
        return "bad_reply"
    if any(isinstance(c, (openai.APITimeoutError, httpx.TimeoutException)) for c in causes):
        return "timeout"
    if any(isinstance(c, (openai.APIConnectionError, httpx.TransportError)) for c in causes):
        return "connection"
    return "bad_reply"


def _summary(kind: FailureKind, error: Exception, caller: Caller) -> str:
    if kind == "connection":
        causes = " ".join(str(cause) for cause in _chain(error))
        if "connect call failed" in causes.lower() or "refused" in causes.lower():
            return "connection refused; is the server running there?"
        if "name or service" in causes.lower() or "getaddrinfo" in causes.lower():
            return "the host is not known; check model.api_base and the network"
        return "the connection broke before the reply was complete"
    if kind == "bad_reply":
        return f"the reply cannot be read ({_message(error, caller)})"
    return _message(error, caller)


def _status(error: Exception) -> int | None:
    """Return the HTTP status that came back; LiteLLM's 500 for "no answer at all" is none.

    The innermost error has the server's own status, the outer ones what LiteLLM made of it.
    """
    import openai

    status = None
    for cause in _chain(error):
        if isinstance(cause, (openai.APIConnectionError, json.JSONDecodeError)):
            return None
        found = getattr(cause, "status_code", None)
        if isinstance(found, int) and found >= 400:
            status = found
    return status


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what it came from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _code(error: Exception) -> str | None:
    """Return the machine-readable code in the body of the answer."""
    for cause in _chain(error):
        body = getattr(cause, "body", None)
        if isinstance(body, Mapping):
            return str(cast("Mapping[str, Any]", body).get("code"))
    return None


def _headers(error: Exception) -> Mapping[str, str]:
    for headers in (
        getattr(error, "litellm_response_headers", None),
        getattr(getattr(error, "response", None), "headers", None),
    ):
        if headers:
            return cast("Mapping[str, str]", headers)
    return {}


def _message(error: Exception, caller: Caller) -> str:
    """Return the provider's own words on one line, without LiteLLM's prefixes and any secret."""
    text = " ".join(str(getattr(error, "message", error)).split())
    text = re.sub(r"^(?:(?:litellm\.)?\w+(?:Error|Exception)(?:: | - | (?=\w+Error)))+", "", text)
    return redact_text(_inner_message(text), caller.secrets)[:_LONGEST_MESSAGE]


def _inner_message(text: str) -> str:
    """Return the message of an error body like `{"error": {"message": ...}}`, else `text`."""
    try:
        body = json.loads(text)
        return str(body["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return text


def _number(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
