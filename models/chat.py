"""Sessions over endpoints that take a whole conversation with every request."""

from __future__ import annotations

from typing import Protocol

from ..core.content import Message, joined
from ..core.exchange import Prompt, Reply, Request, Sampling

Conversation = tuple[Message, ...]


class Complete(Protocol):
    """One call of a chat endpoint: a conversation in, the next assistant message out."""

    async def __call__(self, messages: Conversation, sampling: Sampling) -> Reply:
        """Answer the last message. Raises SampleError, EndpointError."""
        ...


class ChatSession:
    """A prompt kept on this side and sent again with each request; reuse is the server's affair.

    Two wishes of the caller have no counterpart in chat APIs and are left out: `Request.prefill`,
    because most providers refuse an assistant message at the end, and `Prompt.max_tokens`, because
    the tokenizer is not known here.
    """

    def __init__(self, prompt: Prompt, complete: Complete) -> None:
        self._held = prompt.messages
        self._open_ended = prompt.open_ended
        self._complete = complete

    async def generate(self, request: Request) -> Reply:
        """Answer `request`; what the session holds changes only when the call succeeds."""
        conversation = self._conversation(request.messages)
        reply = await self._complete(conversation, request.sampling)
        if request.keep == "reply":
            self._hold((*conversation, Message("assistant", reply.text)))
        elif request.keep == "messages":
            self._hold(conversation)
        return reply

    def _conversation(self, messages: Conversation) -> Conversation:
        """Put `messages` behind what is held; the first one goes on in an unfinished message."""
        if not (self._open_ended and self._held and messages and messages[0].role == "user"):
            return (*self._held, *messages)
        *before, unfinished = self._held
        whole = Message("user", joined(unfinished.content, messages[0].content))
        return (*before, whole, *messages[1:])

    def _hold(self, conversation: Conversation) -> None:
        self._held = conversation
        self._open_ended = False
