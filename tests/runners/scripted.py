"""An endpoint that answers by a script and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from evalrun.core.content import text_of
from evalrun.core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey

Script = Callable[[SampleKey, Prompt, Request], "str | Reply | Exception"]


class ScriptedEndpoint:
    """Answers with what `script` returns, or raises it."""

    def __init__(self, script: Script, *, delay_s: float = 0.0, most: int | None = None) -> None:
        self.script = script
        self.delay_s = delay_s
        self.max_concurrency = most
        self.asked: list[tuple[SampleKey, Prompt, Request]] = []
        self.running = 0
        self.most_running = 0
        self.closed = False

    def open(self, prompt: Prompt, key: SampleKey) -> Any:
        return self._open(prompt, key)

    @asynccontextmanager
    async def _open(self, prompt: Prompt, key: SampleKey) -> AsyncGenerator[Any]:
        yield ScriptedSession(self, prompt, key)

    def environment(self) -> dict[str, Any]:
        return {"device": "script"}

    async def close(self) -> None:
        self.closed = True


class ScriptedSession:
    def __init__(self, endpoint: ScriptedEndpoint, prompt: Prompt, key: SampleKey) -> None:
        self.endpoint, self.prompt, self.key = endpoint, prompt, key

    async def generate(self, request: Request) -> Reply:
        endpoint = self.endpoint
        endpoint.running += 1
        endpoint.most_running = max(endpoint.most_running, endpoint.running)
        try:
            await asyncio.sleep(endpoint.delay_s)
            endpoint.asked.append((self.key, self.prompt, request))
            answer = endpoint.script(self.key, self.prompt, request)
        finally:
            endpoint.running -= 1
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Reply):
            return answer
        return Reply(text=answer, stop_reason="stop", timing=ReplyTiming(latency_s=0.0))


def echo(key: SampleKey, prompt: Prompt, request: Request) -> str:
    """Answer with the last thing said."""
    messages = (*prompt.messages, *request.messages)
    return text_of(messages[-1].content)
