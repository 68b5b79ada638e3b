"""Answers of the chat API, and the replies in them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...core.content import ToolCall
from ...core.exchange import Reply, ReplyFile, ReplyTiming, StopReason, Usage
from .api import Answered, Server
from .data_urls import file_in
from .usage import UsageCount, split


class ImageUrl(msgspec.Struct, frozen=True):
    """Where an image is: inside the URL itself, or on the web."""

    url: str


class ContentPart(msgspec.Struct, frozen=True):
    """A part of a message that is a list of parts."""

    text: str | None = None
    image_url: ImageUrl | str | None = None


class FunctionCall(msgspec.Struct, frozen=True):
    """The function of a tool call; its arguments are JSON, or what some servers make of it."""

    name: str
    arguments: Any = ""


class ToolCallItem(msgspec.Struct, frozen=True):
    """A tool call."""

    function: FunctionCall
    id: str | None = None


class ChatMessage(msgspec.Struct, frozen=True):
    """The message of a choice, in the variants that servers send."""

    content: str | tuple[ContentPart, ...] | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: str | None = None
    tool_calls: tuple[ToolCallItem, ...] | None = None
    images: tuple[ContentPart, ...] | None = None

    def text(self) -> str:
        """Return the text; that of a refusal where there is no other."""
        content = self.content
        if isinstance(content, tuple):
            content = "".join(part.text or "" for part in content)
        return content or self.refusal or ""

    def thoughts(self) -> str | None:
        """Return the reasoning, where it is text that is told apart."""
        texts = (self.reasoning_content, self.reasoning)
        return next((text for text in texts if isinstance(text, str) and text), None)

    def files(self) -> tuple[ReplyFile, ...]:
        """Return the images that came inside the answer; those on the web are not fetched."""
        inside = self.content if isinstance(self.content, tuple) else ()
        if not inside and not self.images:
            return ()
        urls = (part.image_url for part in (*inside, *(self.images or ())))
        texts = (url.url if isinstance(url, ImageUrl) else url for url in urls)
        files = (file_in(text) for text in texts if text)
        return tuple(file for file in files if file is not None)


class TopToken(msgspec.Struct, frozen=True):
    """A token that may come next, and the logarithm of its probability."""

    token: str
    logprob: float | None = None


class TokenLogprobs(msgspec.Struct, frozen=True):
    """A generated token and what else was likely there."""

    top_logprobs: tuple[TopToken, ...] | None = None


class ChatLogprobs(msgspec.Struct, frozen=True):
    """The generated tokens of a choice."""

    content: tuple[TokenLogprobs, ...] | None = None


class ChatChoice(msgspec.Struct, frozen=True):
    """One reply; a gateway whose upstream died in the middle puts an `error` beside it."""

    message: ChatMessage
    finish_reason: str | None = None
    logprobs: ChatLogprobs | None = None
    error: Any = None


class ChatCompletion(msgspec.Struct, frozen=True):
    """An answer of the chat API."""

    choices: Annotated[tuple[ChatChoice, ...], msgspec.Meta(min_length=1)]
    usage: UsageCount | None = None


def chat_replies(answered: Answered[ChatCompletion], server: Server) -> tuple[Reply, ...]:
    """Return the replies of an answer, at least one. Raises what its errors mean."""
    completion = answered.content
    good = [choice for choice in completion.choices if not choice.error]
    if not good:
        raise server.failure(completion.choices[0].error)
    usage = (completion.usage or UsageCount()).usage()
    timing = ReplyTiming(latency_s=answered.latency_s)
    return tuple(
        _reply(choice, timing, share)
        for choice, share in zip(good, split(usage, len(good)), strict=True)
    )


def stop_reason(finish_reason: str | None, refusal: str | None = None) -> StopReason:
    """Return why a reply ended; tool calls and reasons of a server's own are ends as well."""
    if refusal or finish_reason in ("content_filter", "refusal"):
        return "refused"
    return "length" if finish_reason == "length" else "stop"


def _reply(choice: ChatChoice, timing: ReplyTiming, usage: Usage) -> Reply:
    message = choice.message
    return Reply(
        text=message.text(),
        stop_reason=stop_reason(choice.finish_reason, message.refusal),
        timing=timing,
        usage=usage,
        reasoning=message.thoughts(),
        tool_calls=tuple(_tool_call(item) for item in message.tool_calls or ()),
        files=message.files(),
    )


def _tool_call(item: ToolCallItem) -> ToolCall:
    arguments = item.function.arguments
    if not isinstance(arguments, str):
        arguments = msgspec.json.encode(arguments).decode() if arguments is not None else ""
    return ToolCall(item.id or "", item.function.name, arguments)
