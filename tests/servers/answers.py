"""What the chat server sends back: replies, and everything that goes wrong with real servers."""

from __future__ import annotations

import json
from typing import Any, Literal

import msgspec

Cut = Literal["no", "before", "inside"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP answer. `cut` closes the connection before it, or in the middle of its body."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0
    cut: Cut = "no"

    def encoded(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Status", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def completion(
    text: str | None,
    *,
    finish_reason: str = "stop",
    usage: dict[str, Any] | None = None,
    **message: Any,
) -> Answer:
    """Return a chat completion; `message` adds fields such as `refusal`, `reasoning_content`."""
    return Answer(
        body=json.dumps(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1,
                "model": "served",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": finish_reason,
                        "message": {"role": "assistant", "content": text, **message},
                    }
                ],
                "usage": usage or {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
            }
        ).encode()
    )


def failure(
    status: int, message: str, *, code: str | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """Return an error in the shape that OpenAI-compatible servers use."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return Answer(
        status=status,
        body=json.dumps({"error": error}).encode(),
        headers=tuple((headers or {}).items()),
    )


def rate_limited(retry_after: str | None = None) -> Answer:
    headers = {"Retry-After": retry_after} if retry_after is not None else None
    return failure(429, "Rate limit reached", code="rate_limit_exceeded", headers=headers)


def no_quota() -> Answer:
    return failure(429, "You exceeded your current quota", code="insufficient_quota")


def server_error(status: int = 500) -> Answer:
    return failure(status, "The server had an error")


def unauthorized() -> Answer:
    return failure(401, "Incorrect API key provided: sk-wr***ong", code="invalid_api_key")


def forbidden() -> Answer:
    return failure(403, "You have no access to this model")


def unknown_model() -> Answer:
    return failure(404, "The model `nope` does not exist", code="model_not_found")


def context_too_long() -> Answer:
    return failure(
        400,
        "This model's maximum context length is 128 tokens. However, you requested 500 tokens.",
        code="context_length_exceeded",
    )


def filtered() -> Answer:
    return failure(
        400, "Your request was rejected by our safety system", code="content_policy_violation"
    )


def bad_request() -> Answer:
    return failure(400, "Invalid 'temperature': above the maximum of 2", code="invalid_value")


def garbage() -> Answer:
    return Answer(body=b"<html>gateway</html>")


def no_choices() -> Answer:
    return Answer(body=b'{"id": "1", "object": "chat.completion", "choices": []}')


def cut_before() -> Answer:
    return Answer(cut="before")


def cut_inside() -> Answer:
    return msgspec.structs.replace(completion("never seen whole"), cut="inside")


def slow(seconds: float, text: str = "late") -> Answer:
    return msgspec.structs.replace(completion(text), delay_s=seconds)


def error_in_ok() -> Answer:
    """Return what some gateways do: status 200, and an error inside."""
    return Answer(body=b'{"error": {"message": "upstream died", "code": 502}}')
