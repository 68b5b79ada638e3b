"""What the chat server sends back: replies, and everything that goes wrong with real servers."""

from __future__ import annotations

import gzip
import json
import math
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

Cut = Literal["no", "before", "headers", "inside"]

_CHUNK = 64


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP answer, and what is wrong with the way it is sent.

    It is sent after `delay_s`; never, if that is infinite. `drip_s` is the pause behind each byte
    of the body. `cut` closes the connection before the answer, in the middle of its headers or of
    its body; with `reset` by RST, as a process that dies does, else by FIN.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    chunked: bool = False
    delay_s: float = 0.0
    drip_s: float = 0.0
    cut: Cut = "no"
    reset: bool = False

    def encoded(self) -> bytes:
        """Return the whole answer."""
        return self.head() + self.framed_body()

    def head(self) -> bytes:
        """Return the status line and the headers, up to the empty line."""
        lines = [f"HTTP/1.1 {self.status} Status", f"Content-Type: {self.content_type}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines.append(
            "Transfer-Encoding: chunked" if self.chunked else f"Content-Length: {len(self.body)}"
        )
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def framed_body(self) -> bytes:
        """Return the body as it travels."""
        if not self.chunked:
            return self.body
        pieces = (self.body[at : at + _CHUNK] for at in range(0, len(self.body), _CHUNK))
        return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"

    def with_header(self, name: str, value: str) -> Answer:
        """Return the answer with one more header."""
        return replace(self, headers=(*self.headers, (name, value)))

    def up_to_cut(self) -> bytes:
        """Return what is sent of a cut answer."""
        head, body = self.head(), self.framed_body()
        return {
            "no": head + body,
            "before": b"",
            "headers": head[: len(head) // 2],
            "inside": head + body[: len(body) // 2],
        }[self.cut]


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
    status: int,
    message: str,
    *,
    code: str | None = None,
    headers: dict[str, str] | None = None,
    after: str | None = None,
) -> Answer:
    """Return an error in the shape that OpenAI-compatible servers use.

    `after` is its Retry-After: a number of seconds, or an HTTP date.
    """
    if after is not None:
        headers = {**(headers or {}), "Retry-After": after}
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return Answer(
        status=status,
        body=json.dumps({"error": error}).encode(),
        headers=tuple((headers or {}).items()),
    )


def echoed(question: str) -> Answer:
    """Return a reply that only this question has, so that a swapped one is noticed."""
    return completion(f"echo of {question}")


def rate_limited(retry_after: str | None = None) -> Answer:
    return failure(429, "Rate limit reached", code="rate_limit_exceeded", after=retry_after)


def rate_limited_ms(milliseconds: int) -> Answer:
    """Return a 429 that asks for a pause the way OpenAI and Azure do."""
    return failure(429, "Rate limit reached", headers={"Retry-After-Ms": str(milliseconds)})


def http_date(seconds_from_now: float, *, clock_off_s: float = 0.0) -> str:
    """Return a date for Retry-After, on a server whose clock may be off."""
    now = datetime.now(timezone.utc) + timedelta(seconds=clock_off_s)
    return format_datetime(now + timedelta(seconds=seconds_from_now), usegmt=True)


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


def web_page() -> Answer:
    """Return what a captive portal or a proxy's error page is: status 200 and HTML."""
    return Answer(body=b"<html><body>Please log in</body></html>", content_type="text/html")


def no_choices() -> Answer:
    return Answer(body=b'{"id": "1", "object": "chat.completion", "choices": []}')


def truncated_json() -> Answer:
    """Return half a completion, with a Content-Length that fits the half."""
    whole = completion("never seen whole")
    return replace(whole, body=whole.body[: len(whole.body) // 2])


def error_in_ok() -> Answer:
    """Return what some gateways do: status 200, and an error inside."""
    return Answer(body=b'{"error": {"message": "upstream died", "code": 502}}')


def overloaded(retry_after: str | None = None) -> Answer:
    return failure(503, "The server is overloaded", after=retry_after)


def redirect(location: str, status: int = 307) -> Answer:
    return Answer(status=status, headers=(("Location", location),))


def cut_before() -> Answer:
    return Answer(cut="before")


def cut_inside() -> Answer:
    return replace(completion("never seen whole"), cut="inside")


def reset(cut: Cut) -> Answer:
    """Return an answer that a reset of the connection ends at `cut`."""
    return replace(completion("never seen whole"), cut=cut, reset=True)


def chunked(answer: Answer) -> Answer:
    """Return `answer`, sent in chunks."""
    return replace(answer, chunked=True)


def gzipped(answer: Answer) -> Answer:
    """Return `answer`, compressed."""
    packed = replace(answer, body=gzip.compress(answer.body, mtime=0))
    return packed.with_header("Content-Encoding", "gzip")


def dripping(answer: Answer, drip_s: float) -> Answer:
    """Return `answer`, a byte of its body each `drip_s`."""
    return replace(answer, drip_s=drip_s)


def slow(seconds: float, text: str = "late") -> Answer:
    return replace(completion(text), delay_s=seconds)


def hung() -> Answer:
    """Return what a server that is stuck sends: nothing, and the connection stays."""
    return slow(math.inf)


def mislabelled_gzip() -> Answer:
    """Return what a broken gateway sends: text that it says is compressed."""
    return completion("42").with_header("Content-Encoding", "gzip")


def unsupported(setting: str) -> Answer:
    message = f"Unsupported value: '{setting}' does not support 0.0 with this model."
    return failure(400, message, code="unsupported_value")
