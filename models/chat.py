"""Endpoints over models that take a whole conversation with every request."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import msgspec

from ..core.content import Message, TextPart
from ..core.conversation import Conversation, continued
from ..core.exchange import Call, Prompt, Reply, Request, SampleKey, SharedPrefix
from ..core.interfaces import Client, Session


class ChatEndpoint:
    """Sessions over a `client` that keeps nothing; how many calls run at once is its own affair.

    Whoever puts something in front of the client may have up to `replies_per_request` replies from
    one request, if that is more than 1 (`models/coalescing.py`).
    """

    max_concurrency: int | None = None

    def __init__(self, client: Client, *, replies_per_request: int = 1) -> None:
        self.client = client
        self.replies_per_request = replies_per_request

    def open(self, prompt: Prompt, key: SampleKey) -> AbstractAsyncContextManager[Session]:
        """Return a session that sends the whole conversation with each request."""
        return nullcontext(ChatSession(prompt, key, self.client))

    def environment(self) -> dict[str, Any]:
        """Return what produced the replies."""
        return self.client.environment()

    async def close(self) -> None:
        """Close the client."""
        await self.client.close()


class ChatSession:
    """A prompt kept on this side and sent again with each request; reuse is the server's affair.

    Two wishes of the caller have no counterpart in chat APIs and are left out: `Request.prefill`,
    because most providers refuse an assistant message at the end, and `Prompt.max_tokens`, because
    the tokenizer is not known here.
    """

    def __init__(self, prompt: Prompt, key: SampleKey, client: Client) -> None:
        self._held = _context_apart(prompt)
        self._open_ended = prompt.open_ended
        self._requests = prompt.requests
        self._context = _end_of_context(prompt, key)
        self._client = client

    async def generate(self, request: Request) -> Reply:
        """Answer `request`; what the session holds changes only when the call succeeds."""
        conversation = continued(self._held, request.messages, open_ended=self._open_ended)
        call = Call(
            messages=conversation,
            sampling=request.sampling,
            form=request.form,
            shared=self._shared(conversation, request),
        )
        reply = await self._client.call(call)
        if request.keep == "reply":
            self._hold((*conversation, Message("assistant", reply.text, reply.tool_calls)))
        elif request.keep == "messages":
            self._hold(conversation)
        return reply

    def _shared(self, conversation: Conversation, request: Request) -> tuple[SharedPrefix, ...]:
        """Return where the context ends, and the conversation too if it will go on from there."""
        goes_on = request.keep != "nothing" and request.turn + 1 < self._requests
        end = _end_of(conversation) if goes_on and conversation else None
        return tuple(prefix for prefix in (self._context, end) if prefix is not None)

    def _hold(self, conversation: Conversation) -> None:
        self._held = conversation
        self._open_ended = False


def _context_apart(prompt: Prompt) -> Conversation:
    """Return the messages of `prompt`, the last one with its context as a part of its own."""
    if not prompt.messages or not prompt.context:
        return prompt.messages
    *before, last = prompt.messages
    if not isinstance(last.content, str) or not last.content.startswith(prompt.context):
        return prompt.messages
    rest = last.content[len(prompt.context) :]
    if not rest:
        return prompt.messages
    parts = (TextPart(prompt.context), TextPart(rest))
    return (*before, msgspec.structs.replace(last, content=parts))


def _end_of_context(prompt: Prompt, key: SampleKey) -> SharedPrefix | None:
    """Return where the context ends, if other calls begin with it."""
    if not (prompt.requests > 1 or key.shares_context):
        return None
    if prompt.context:
        return SharedPrefix(len(prompt.messages) - 1)
    # A context that holds an image is no text, and all that an open-ended prompt says.
    last = prompt.messages[-1].content if prompt.open_ended and prompt.messages else ""
    return None if isinstance(last, str) or not last else _end_of(prompt.messages)


def _end_of(conversation: Conversation) -> SharedPrefix:
    content = conversation[-1].content
    parts = 1 if isinstance(content, str) else len(content)
    return SharedPrefix(len(conversation) - 1, max(0, parts - 1))
