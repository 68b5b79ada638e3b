"""What goes wrong at a provider that LiteLLM calls.

LiteLLM sorts errors by the wording of their messages, and takes a dead server for an internal error
and a 500 for a bad request. So what the server said is dug out of its exceptions and classified as
everywhere (`api_errors`), and LiteLLM's own class counts only where that finds nothing better.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from ..core.errors import EndpointError, SampleError
from .api_errors import (
    BROKEN,
    REFUSED,
    UNKNOWN_HOST,
    Caller,
    Failure,
    classified,
    failure_in,
    unverified,
)

# LiteLLM reads these from the wordings of more providers than are known here.
_CLASS_CODES = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_policy_violation",
    "UnsupportedParamsError": "unsupported_parameter",
}
# What LiteLLM says, with a status of its own making, of an answer that is no JSON.
_NO_JSON = re.compile(r"invalid response from LLM endpoint\. Received: '(.*)'\. Check", re.DOTALL)


def translated(error: Exception, caller: Caller) -> SampleError | EndpointError:
    """Return what `error`, raised by a LiteLLM call, means for the run.

    An EndpointError would meet every other sample too: a wrong key, an unknown model, no credit.
    The SampleError of a passing failure carries the pause that the server asks for.
    """
    no_json = _NO_JSON.search(_message(error))
    if no_json:
        return caller.unreadable(no_json[1])
    status = _status(error)
    code = _CLASS_CODES.get(type(error).__name__)
    if status is None and code is None:
        return _without_status(error, caller)
    failure = _failure(error, status)
    found = classified(failure, caller)
    is_specific = isinstance(found, EndpointError) or found.kind != "bad_request"
    if code is None or is_specific:
        return found
    return classified(msgspec.structs.replace(failure, codes=failure.codes | {code}), caller)


def _failure(error: Exception, status: int | None) -> Failure:
    """Return what the server said, as far as LiteLLM kept it."""
    body, message = _body(error), _message(error)
    said = failure_in(body) if body else Failure(status=None)
    return msgspec.structs.replace(said, status=status, message=message, headers=_headers(error))


def _without_status(error: Exception, caller: Caller) -> SampleError | EndpointError:
    """Return what happened when no answer came, or none that can be read."""
    import httpx
    import openai

    causes = tuple(chain_of(error))
    distrust = next((c for c in causes if isinstance(c, ssl.SSLCertVerificationError)), None)
    if distrust is not None:
        host = str(httpx.URL(caller.api_base or "").netloc, "ascii", "replace")
        return unverified(host or caller.model, distrust.verify_message, caller)
    if any(isinstance(c, json.JSONDecodeError) for c in causes):
        return caller.unreadable(_message(error))
    if any(isinstance(c, (openai.APITimeoutError, httpx.TimeoutException)) for c in causes):
        message = f"{caller.place}: {caller.line(_message(error))}"
        return SampleError(message, kind="timeout", passing=True)
    if any(isinstance(c, (openai.APIConnectionError, httpx.TransportError)) for c in causes):
        return caller.broken(_broken(" ".join(map(str, causes)).lower()))
    return caller.unreadable(_message(error))


def _broken(causes: str) -> str:
    if "connect call failed" in causes or "refused" in causes:
        return REFUSED
    if "name or service" in causes or "getaddrinfo" in causes:
        return UNKNOWN_HOST
    return BROKEN


def _status(error: Exception) -> int | None:
    """Return the HTTP status that came back; LiteLLM's 500 for "no answer at all" is none.

    The innermost error has the server's own status, the outer ones what LiteLLM made of it.
    """
    import openai

    status = None
    for cause in chain_of(error):
        if isinstance(cause, (openai.APIConnectionError, json.JSONDecodeError)):
            return None
        found = getattr(cause, "status_code", None)
        if isinstance(found, int) and found >= 400:
            status = found
    return status


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what it came from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _body(error: Exception) -> Mapping[str, Any] | None:
    """Return the error object in the body of the answer."""
    for cause in chain_of(error):
        body = getattr(cause, "body", None)
        if isinstance(body, Mapping):
            fields = cast("Mapping[str, Any]", body)
            inner = fields.get("error")
            return cast("Mapping[str, Any]", inner) if isinstance(inner, Mapping) else fields
    return None


def _headers(error: Exception) -> Mapping[str, str]:
    for headers in (
        getattr(error, "litellm_response_headers", None),
        getattr(getattr(error, "response", None), "headers", None),
    ):
        if headers:
            return cast("Mapping[str, str]", headers)
    return {}


def _message(error: Exception) -> str:
    """Return the provider's own words on one line, without LiteLLM's prefixes."""
    text = " ".join(str(getattr(error, "message", error)).split())
    text = re.sub(r"^(?:(?:litellm\.)?\w+(?:Error|Exception)(?:: | - | (?=\w+Error)))+", "", text)
    return _inner_message(text)


def _inner_message(text: str) -> str:
    """Return the message of an error body like `{"error": {"message": ...}}`, else `text`."""
    try:
        body = json.loads(text)
        return str(body["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return text
