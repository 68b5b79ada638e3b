"""Every path of a server of evalrun's own wants the key."""

from __future__ import annotations

from typing import Any

import pytest

from evalrun.models.on_vllm.key import KEY_ENV, KeyWanted

KEY = "a-key-made-for-one-server"


class Application:
    """What stands behind the middleware: it counts what reaches it."""

    def __init__(self) -> None:
        self.reached = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached += 1


async def sent(scope: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[Any]]:
    """Return how often `scope` reached the application, and what was answered in its stead."""
    monkeypatch.setenv(KEY_ENV, KEY)
    application = Application()
    answers: list[Any] = []

    async def send(event: Any) -> None:
        answers.append(event)

    async def receive() -> Any:
        raise AssertionError("nothing is read of a request that is refused")

    await KeyWanted(application)(scope, receive, send)
    return application.reached, answers


def http(path: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http", "method": "POST", "path": path, "headers": list(headers)}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/invocations", "/health", "/tokenize"])
async def test_a_request_with_the_key_is_handed_on(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = http(path, (b"authorization", f"Bearer {KEY}".encode()))

    assert await sent(scope, monkeypatch) == (1, [])


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/invocations", "/health", "/tokenize"])
@pytest.mark.parametrize(
    "headers", [[], [(b"authorization", b"Bearer other")], [(b"x-key", KEY.encode())]]
)
async def test_any_other_request_is_refused(
    path: str, headers: list[tuple[bytes, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, answers = await sent(http(path, *headers), monkeypatch)

    assert reached == 0
    assert [answer.get("status") for answer in answers] == [401, None]


async def test_a_web_socket_without_the_key_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    reached, answers = await sent({"type": "websocket", "headers": []}, monkeypatch)

    assert reached == 0
    assert answers == [{"type": "websocket.close", "code": 1008}]


async def test_what_is_no_request_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await sent({"type": "lifespan"}, monkeypatch) == (1, [])
