"""An endpoint in front of another: the shared text of a prompt is rewritten before it is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import lru_cache
from typing import Any

import msgspec

from ..core.content import Message
from ..core.errors import SampleError
from ..core.exchange import Prompt, Reply, ReplyTiming, Request, SampleKey, Shortened
from ..core.interfaces import Endpoint, Session
from .kv.rewriting import Rewriter

# Samples that share a context stand together, a few of them in flight at a time.
_REMEMBERED = 8


class CompressingEndpoint:
    """Hands prompts on with a shorter context; texts are rewritten one at a time, on a thread."""

    def __init__(self, endpoint: Endpoint, rewriter: Rewriter) -> None:
        self._endpoint = endpoint
        self._rewriter = rewriter
        self._rewritten = lru_cache(_REMEMBERED)(rewriter.rewritten)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="evalrun-prompt")

    @property
    def max_concurrency(self) -> int | None:
        """Return what the endpoint behind can use."""
        return self._endpoint.max_concurrency

    def open(self, prompt: Prompt, key: SampleKey) -> AbstractAsyncContextManager[Session]:
        """Hold `prompt` with its context rewritten; without a context, as it is.

        Entering raises SampleError for a prompt with images or sounds.
        """
        return self._open(prompt, key)

    @asynccontextmanager
    async def _open(self, prompt: Prompt, key: SampleKey) -> AsyncGenerator[Session]:
        self._refuse_attachments(prompt)
        if not prompt.context:
            async with self._endpoint.open(prompt, key) as session:
                yield session
            return
        loop = asyncio.get_running_loop()
        text, shortened = await loop.run_in_executor(self._worker, self._timed, prompt.context)
        async with self._endpoint.open(_with_context(prompt, text), key) as session:
            yield _CompressedSession(session, shortened)

    def environment(self) -> dict[str, Any]:
        """Return what produced the replies, and what rewrote the prompts."""
        return {**self._endpoint.environment(), **self._rewriter.environment()}

    async def close(self) -> None:
        """Close the endpoint behind, and let go of what rewrites."""
        self._worker.shutdown(wait=False, cancel_futures=True)
        self._rewriter.release()
        await self._endpoint.close()

    def _timed(self, text: str) -> tuple[str, Shortened]:
        start = time.perf_counter()
        shorter = self._rewritten(text)
        seconds = time.perf_counter() - start
        return shorter, Shortened(
            characters_before=len(text), characters_after=len(shorter), seconds=seconds
        )

    def _refuse_attachments(self, prompt: Prompt) -> None:
        if all(isinstance(message.content, str) for message in prompt.messages[-1:]):
            return
        raise SampleError(
            f"kv={self._rewriter.label} rewrites text, and this prompt holds images or sounds; "
            "use kv=full",
            kind="bad_request",
        )


class _CompressedSession:
    def __init__(self, session: Session, shortened: Shortened) -> None:
        self._session = session
        self._shortened = shortened

    async def generate(self, request: Request) -> Reply:
        reply = await self._session.generate(request)
        seconds = self._shortened.seconds if request.turn == 0 else 0.0
        return msgspec.structs.replace(
            reply, timing=_delayed(reply.timing, seconds), shortened=self._shortened
        )


def _with_context(prompt: Prompt, text: str) -> Prompt:
    """Return `prompt` with `text` in place of the context that its last message begins with."""
    *earlier, last = prompt.messages
    assert isinstance(last.content, str)  # noqa: S101 - others were refused
    content = text + last.content[len(prompt.context) :]
    messages = (*earlier, Message(last.role, content))
    return msgspec.structs.replace(prompt, messages=messages, context=text)


def _delayed(timing: ReplyTiming, seconds: float) -> ReplyTiming:
    """Return `timing` of a reply that waited `seconds` for its prompt; None stays unknown."""
    return msgspec.structs.replace(
        timing,
        latency_s=timing.latency_s + seconds,
        ttft_s=None if timing.ttft_s is None else timing.ttft_s + seconds,
        prefill_s=None if timing.prefill_s is None else timing.prefill_s + seconds,
    )
