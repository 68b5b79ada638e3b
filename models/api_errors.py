"""What servers and networks answer instead of a reply, as errors a user can act on.

The HTTP status decides together with the machine-readable code; the wording of a message only where
servers have neither for it: too long a prompt, content that is not allowed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urljoin, urlsplit, urlunsplit

import msgspec

from ..core.errors import EndpointError, FailureKind, SampleError
from ..core.redact import redact_text

REFUSED = "connection refused; is the server running there?"
UNKNOWN_HOST = "the host is not known; check model.api_base and the network"
BROKEN = "the connection broke before the reply was complete"

_LONGEST_MESSAGE = 400
_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_CONTEXT_CODES = frozenset(
    {"context_length_exceeded", "string_above_max_length", "exceed_context_size_error"}
)
_FILTER_CODES = frozenset(
    {"content_filter", "content_policy_violation", "moderation_blocked", "invalid_prompt"}
)
_UNSUPPORTED_CODES = frozenset({"unsupported_parameter", "unsupported_value", "unknown_parameter"})
_PASSING: dict[int, FailureKind] = {
    408: "timeout",
    409: "server",
    425: "server",
    429: "rate_limit",
    503: "overloaded",
    529: "overloaded",
}
_PASSING_CODES: dict[str, FailureKind] = {
    "rate_limit_exceeded": "rate_limit",
    "rate_limit_error": "rate_limit",
    "overloaded_error": "overloaded",
}
# In the order of the alternatives: vLLM and OpenAI; SGLang; vLLM's newer wordings; llama.cpp; TGI;
# TensorRT-LLM; Anthropic; Gemini.
_CONTEXT_WORDING = re.compile(
    r"maximum context (?:length|limit)"
    r"|longer than the model'?s context length"
    r"|longer than the maximum model length|input tokens exceed"
    r"|context size"
    r"|`inputs` tokens \+ `max_new_tokens` must be|`inputs` must have less than"
    r"|exceeds? (?:the )?maximum input length"
    r"|prompt is too long|exceeds? (?:the )?context (?:limit|window)"
    r"|exceeds the maximum number of tokens",
    re.IGNORECASE,
)
# A request of more tokens than an account may send in a whole minute.
_TOO_LARGE_WORDING = re.compile(r"request too large|must be reduced in order to run", re.IGNORECASE)
_FILTER_WORDING = re.compile(
    r"safety system|content[ _](?:management )?policy|violat\w+ (?:our|the) usage polic"
    r"|input was flagged|flagged by (?:our )?moderation",
    re.IGNORECASE,
)
_KEY_WORDING = re.compile(r"api key not valid", re.IGNORECASE)
_UNSUPPORTED_WORDING = re.compile(
    r"unsupported (?:parameter|value): '([\w.\[\]]+)'|unrecognized request argument.*: (\w+)",
    re.IGNORECASE,
)
_WORDED = frozenset({None, 400, 413, 422, 500})
_SETTING_REMEDIES = {
    "max_tokens": "say model.max_tokens_field=max_completion_tokens",
    "max_completion_tokens": "say model.max_tokens_field=max_tokens",
    "seed": "say model.send_seed=false",
}
_OTHER_SETTING = "change it under generation, such as temperature=1, or in model.extra"


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

    def line(self, text: str) -> str:
        """Return `text` on one line, not too long, and without any secret."""
        return redact_text(" ".join(text.split()), self.secrets)[:_LONGEST_MESSAGE]

    def broken(self, what: str = BROKEN) -> SampleError:
        """Return the passing error of a connection that failed."""
        return SampleError(f"{self.place}: {what}", kind="connection", passing=True)

    def unreadable(self, what: str) -> SampleError:
        """Return the passing error of a reply that cannot be read; `what` is why, or an excerpt."""
        message = f"{self.place}: the reply cannot be read ({self.line(what)})"
        return SampleError(message, kind="bad_reply", passing=True)

    def endpoint_error(self, what: str, remedy: str) -> EndpointError:
        """Return the error of what would meet every other sample too."""
        return EndpointError(f"{self.place}: {what}; {remedy}")


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said instead of a reply.

    `status` is None where an error came without one. `codes` are the machine-readable code and
    type, `param` is the parameter that is at fault.
    """

    status: int | None
    message: str = ""
    codes: frozenset[str] = frozenset()
    param: str | None = None
    headers: Mapping[str, str] = {}


def failure_of(status: int, body: bytes, headers: Mapping[str, str]) -> Failure:
    """Return what an HTTP answer with an error status says, whichever server worded it.

    OpenAI and most others send `{"error": {"message", "type", "param", "code"}}`, Gemini a list of
    it, SGLang and Mistral the inner object alone, TGI and Ollama `{"error": "text"}`, FastAPI
    `{"detail": ...}`. What is none of these is quoted.
    """
    try:
        parsed: Any = json.loads(body)
    except ValueError:
        text = body.decode(errors="replace")
        return Failure(status=status, message=text, headers=headers)
    found = failure_in(_unwrapped(parsed), headers)
    return msgspec.structs.replace(found, status=status)


def failure_in(error: Any, headers: Mapping[str, str] | None = None) -> Failure:
    """Return what an error object says; a `code` that is an HTTP status counts as the status."""
    if not isinstance(error, Mapping):
        text = error if isinstance(error, str) else json.dumps(error, ensure_ascii=False)
        return Failure(status=None, message=text, headers=headers or {})
    fields = cast("Mapping[str, Any]", error)
    named = [str(fields[name]) for name in ("code", "type") if fields.get(name) is not None]
    param = fields.get("param")
    return Failure(
        status=next((int(code) for code in named if re.fullmatch(r"[345]\d\d", code)), None),
        message=_words(fields),
        codes=frozenset(named),
        param=param if isinstance(param, str) else None,
        headers=headers or {},
    )


def classified(failure: Failure, caller: Caller) -> SampleError | EndpointError:
    """Return what `failure` means for the run.

    An EndpointError would meet every other sample too: a wrong key, an unknown model, no credit.
    The SampleError of a passing failure carries the pause that the server asks for.
    """
    kind = _sample_kind(failure)
    if kind is None:
        permanent = _permanent(failure, caller)
        if permanent is not None:
            return permanent
    kind, passing = (kind, False) if kind else _passing_kind(failure)
    message = caller.line(failure.message) or f"HTTP status {failure.status}"
    return SampleError(
        f"{caller.place}: {message}",
        kind=kind,
        passing=passing,
        retry_after_s=retry_after_s(failure.headers) if passing else None,
    )


def redirected(asked: str, location: str | None, path: str, caller: Caller) -> EndpointError:
    """Return the error of a redirect, which is not followed: it would take the key elsewhere.

    `asked` is the whole address that was asked for, `path` what it adds to model.api_base.
    """
    if not location:
        return caller.endpoint_error("the server redirects nowhere", "check model.api_base")
    parts = urlsplit(urljoin(asked, location))
    base = urlunsplit(parts._replace(path=parts.path.removesuffix(f"/{path}"), fragment=""))
    what = f"the server redirects to {caller.line(urlunsplit(parts))}"
    if not parts.path.endswith(f"/{path}"):
        return caller.endpoint_error(what, "check model.api_base")
    return caller.endpoint_error(what, f"say model.api_base={caller.line(base)} if you trust it")


def unverified(host: str, reason: str, caller: Caller) -> EndpointError:
    """Return the error of a server whose TLS certificate is not trusted."""
    return caller.endpoint_error(
        f"the certificate of {host} cannot be verified ({caller.line(reason)})",
        "export SSL_CERT_FILE=FILE with the certificate of its authority, or check model.api_base",
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the pause that a server asks for, in seconds; None when it names none.

    RFC 9110, section 10.2.3: `Retry-After` holds seconds or a date; some servers add milliseconds.
    A date is read by the server's own clock (its `Date`), so that ours may be wrong.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None:
        return seconds
    date = _date(value)
    if date is None:
        return None
    now = _date(headers.get("date")) or datetime.now(timezone.utc)
    return max(0.0, (date - now).total_seconds())


def _sample_kind(failure: Failure) -> FailureKind | None:
    """Return what is wrong with this sample's own content, if that is the trouble."""
    worded = failure.status in _WORDED
    text = failure.message
    if failure.codes & _CONTEXT_CODES or (worded and _CONTEXT_WORDING.search(text)):
        return "context_length"
    if failure.codes & _FILTER_CODES:
        return "content_filter"
    if (worded or failure.status == 403) and _FILTER_WORDING.search(text):
        return "content_filter"
    if failure.status == 413 or (failure.status == 429 and _TOO_LARGE_WORDING.search(text)):
        return "context_length"
    return None


def _passing_kind(failure: Failure) -> tuple[FailureKind, bool]:
    """Return what happened, and whether it may pass."""
    status = failure.status
    if status is None:
        for code, kind in _PASSING_CODES.items():
            if code in failure.codes:
                return kind, True
        return "server", True
    kind = _PASSING.get(status)
    if kind is not None:
        return kind, True
    return ("server", True) if status >= 500 else ("bad_request", False)


def _permanent(failure: Failure, caller: Caller) -> EndpointError | None:
    status, codes = failure.status, failure.codes
    setting = _unsupported_setting(failure)
    if setting is not None:
        what, remedy = "refuses a setting", _SETTING_REMEDIES.get(setting, _OTHER_SETTING)
    elif status == 402 or codes & _NO_CREDIT:
        what, remedy = "the account has no credit left", "raise its quota and run again"
    elif status == 401 or (status == 400 and _KEY_WORDING.search(failure.message)):
        what = "the API key was refused" if caller.key_env else "an API key is wanted"
        remedy = f"export {caller.key_env or 'NAME'}=KEY"
    elif status == 403:
        what, remedy = "access was denied", f"check the rights of the key in {caller.key_env}"
    elif status in (404, 405) or "model_not_found" in codes:
        what, remedy = "no such model or address", "check model.name and model.api_base"
    elif status == 407:
        what, remedy = "the proxy wants credentials", "put them into HTTPS_PROXY or HTTP_PROXY"
    else:
        return None
    said = caller.line(failure.message)
    return caller.endpoint_error(f"{what} ({said})" if said else what, remedy)


def _unsupported_setting(failure: Failure) -> str | None:
    """Return the name of a parameter that the model does not take; messages are none."""
    if failure.status not in (None, 400, 422):
        return None
    match = _UNSUPPORTED_WORDING.match(failure.message)
    if not match and not failure.codes & _UNSUPPORTED_CODES:
        return None
    name = failure.param or (match and (match[1] or match[2])) or ""
    return None if name.startswith(("messages", "input", "prompt")) else name


def _unwrapped(parsed: Any) -> Any:
    """Return the error object inside the JSON of an error answer."""
    if isinstance(parsed, list) and parsed:
        parsed = cast("list[Any]", parsed)[0]
    if not isinstance(parsed, Mapping):
        return parsed
    fields = cast("Mapping[str, Any]", parsed)
    error = fields.get("error")
    if isinstance(error, str) and isinstance(fields.get("message"), str):
        return fields
    return error or fields


def _words(fields: Mapping[str, Any]) -> str:
    """Return the message of an error object, or else the whole of it."""
    for name in ("message", "detail", "error"):
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
    return json.dumps(fields, ensure_ascii=False) if fields else ""


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text) if text is not None else None
    except (ValueError, OverflowError):
        return None
    if date is not None and date.tzinfo is None:
        return date.replace(tzinfo=timezone.utc)
    return date


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None
