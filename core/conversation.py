"""How a conversation goes on: messages put behind those that are held."""

from __future__ import annotations

import msgspec

from .content import Message, parted
from .exchange import Prompt, Reply, Request

Conversation = tuple[Message, ...]


def continued(held: Conversation, messages: Conversation, *, open_ended: bool) -> Conversation:
    """Return `messages` behind `held`.

    When `open_ended`, a user's first message goes on in the last one held, which is unfinished; the
    seam between the two is kept.
    """
    if not (open_ended and held and messages and messages[0].role == "user"):
        return (*held, *messages)
    *before, unfinished = held
    whole = Message("user", parted(unfinished.content, messages[0].content))
    return (*before, whole, *messages[1:])


def prompt_after(prompt: Prompt, request: Request, reply: Reply) -> Prompt:
    """Return what a session that held `prompt` holds when `request` got `reply`, as a prompt."""
    if request.keep == "nothing":
        return prompt
    held = continued(prompt.messages, request.messages, open_ended=prompt.open_ended)
    if request.keep == "reply":
        held = (*held, Message("assistant", reply.text, reply.tool_calls))
    return msgspec.structs.replace(prompt, messages=held, open_ended=False)
