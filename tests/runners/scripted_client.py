"""A client that answers by a script, in the time of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from evalrun.core.config import RunOptions
from evalrun.core.content import Message
from evalrun.core.errors import FailureKind, SampleError
from evalrun.core.exchange import Call, Reply, ReplyTiming, Sampling, Usage
from evalrun.runners.flow.client import ControlledClient
from evalrun.runners.notices import Notices

Script = Callable[[Call], "str | Reply | Exception"]


class ScriptedClient:
    """Answers after `latency_s` with what `script` returns for a call at that time, or raises it.

    `started` keeps when each attempt began, and what was asked.
    """

    def __init__(self, script: Script = lambda _: "ok", *, latency_s: float = 1.0) -> None:
        self.script = script
        self.latency_s = latency_s
        self.started: list[tuple[float, str]] = []
        self.running = 0
        self.most_running = 0
        self.closed = False

    @property
    def times(self) -> list[float]:
        return [time for time, _ in self.started]

    async def call(self, call: Call) -> Reply:
        loop = asyncio.get_running_loop()
        self.started.append((loop.time(), question(call)))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(self.latency_s)
            answer = self.script(call)
        finally:
            self.running -= 1
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Reply) else reply(answer)

    def identity(self) -> dict[str, Any]:
        return {"name": "scripted"}

    def environment(self) -> dict[str, Any]:
        return {"client": "script"}

    async def close(self) -> None:
        self.closed = True


def controlled(client: Any, **options: Any) -> tuple[ControlledClient, list[str]]:
    """Return `client` under control, and the list of what is told."""
    notices = Notices(lambda _: None)
    return ControlledClient(client, RunOptions(**options), notices), notices.told


def call_of(text: str = "?", *, max_tokens: int | None = None) -> Call:
    return Call(messages=(Message("user", text),), sampling=Sampling(max_tokens=max_tokens))


def question(call: Call) -> str:
    content = call.messages[-1].content
    return content if isinstance(content, str) else content[-1].text  # type: ignore[union-attr]


def reply(text: str, usage: Usage | None = None) -> Reply:
    return Reply(
        text=text,
        stop_reason="stop",
        timing=ReplyTiming(latency_s=0.0),
        usage=usage or Usage(),
    )


def failing(
    kind: FailureKind, message: str = "", *, after: float | None = None, passing: bool = True
) -> SampleError:
    return SampleError(message or kind, kind=kind, passing=passing, retry_after_s=after)
