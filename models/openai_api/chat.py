"""Chat completions: OpenAI's API for conversations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from ...core.content import Content, Message, TextPart
from ...core.errors import EndpointError
from ...core.exchange import Call, Likelihood, Reply, ReplyForm, ReplyTiming, Tool
from ..attachments import to_openai
from .api import Body, Server
from .json_text import LONG_TEXT, EncodedTexts, json_body
from .replies import ChatCompletion, TopToken, chat_replies, stop_reason
from .settings import ApiSettings
from .usage import UsageCount

PATH = "chat/completions"
# The most that OpenAI tells, and what vLLM tells unless it is started with --max-logprobs.
_TOP_LOGPROBS = 20


class ChatApi:
    """`POST chat/completions`."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._texts = EncodedTexts()

    async def several(self, call: Call, n: int, server: Server) -> tuple[Reply, ...]:
        """Answer `call` with up to `n` replies, at least one. Raises SampleError, EndpointError.

        With continuations there is one reply: each continuation's likelihood is that of the first
        generated token that is equal to it without white space around, `A` and ` A` taken together.
        So only continuations of one token make sense, and those that are not among the 20 likeliest
        tokens have none.
        """
        if call.form.continuations:
            return (await self._likelihoods(call, server),)
        answered = await server.post(PATH, await self.body(call, n), ChatCompletion)
        return chat_replies(answered, server)

    def identity(self) -> dict[str, Any]:
        """Return the model's settings."""
        return self._settings.identity()

    async def body(self, call: Call, n: int = 1) -> Body:
        """Return the request for `call`. Raises SampleError for what cannot be sent."""
        fields = self._settings.fields(call.sampling)
        fields |= form_fields(call.form)
        if n > 1:
            fields["n"] = n
        return await self._with_messages(fields, call.messages)

    async def _with_messages(self, fields: dict[str, Any], messages: Sequence[Message]) -> Body:
        texts = [_long_texts(message.content) for message in messages]
        short = [
            msgspec.structs.replace(message, content="") if long else message
            for message, long in zip(messages, texts, strict=True)
        ]
        sent = await to_openai(short)
        for message, long in zip(sent, texts, strict=True):
            if long:
                message["content"] = self._texts.joined(long)
        return json_body({**fields, "messages": sent})

    async def _likelihoods(self, call: Call, server: Server) -> Reply:
        sampling = msgspec.structs.replace(call.sampling, max_tokens=1, stop=())
        fields = self._settings.fields(sampling)
        fields |= {"logprobs": True, "top_logprobs": _TOP_LOGPROBS}
        body = await self._with_messages(fields, call.messages)
        answered = await server.post(PATH, body, ChatCompletion)
        choice = answered.content.choices[0]
        tokens = choice.logprobs.content if choice.logprobs else None
        if not tokens:
            raise EndpointError(
                f"{server.place}: the server tells no likelihoods of tokens (logprobs); take "
                "another server, or another protocol"
            )
        top = tokens[0].top_logprobs or ()
        return Reply(
            text=choice.message.text(),
            stop_reason=stop_reason(choice.finish_reason),
            timing=ReplyTiming(latency_s=answered.latency_s),
            usage=(answered.content.usage or UsageCount()).usage(),
            likelihoods=tuple(likelihood(text, top) for text in call.form.continuations),
        )


def likelihood(continuation: str, top: Sequence[TopToken]) -> Likelihood:
    """Return how likely the next token is `continuation`, whatever white space is around it."""
    wanted = continuation.strip()
    found = [t.logprob for t in top if t.token.strip() == wanted and t.logprob is not None]
    return Likelihood(logprob=_log_sum_exp(found) if found else None, tokens=1)


def _log_sum_exp(logprobs: Sequence[float]) -> float:
    highest = max(logprobs)
    if math.isinf(highest):
        return highest
    return highest + math.log(sum(math.exp(logprob - highest) for logprob in logprobs))


def _long_texts(content: Content) -> tuple[str, ...]:
    """Return the texts of a message that is one long text; nothing for any other message."""
    if isinstance(content, str):
        return (content,) if len(content) >= LONG_TEXT else ()
    texts = tuple(part.text for part in content if isinstance(part, TextPart))
    if len(texts) < len(content) or max(map(len, texts), default=0) < LONG_TEXT:
        return ()
    return texts


def form_fields(form: ReplyForm) -> dict[str, Any]:
    """Return the fields of a request that ask for a schema or offer tools."""
    fields: dict[str, Any] = {}
    if form.reply_schema is not None:
        schema = {"name": "reply", "strict": True, "schema": form.reply_schema}
        fields["response_format"] = {"type": "json_schema", "json_schema": schema}
    if form.tools:
        fields["tools"] = [_tool(tool) for tool in form.tools]
    return fields


def _tool(tool: Tool) -> dict[str, Any]:
    return {"type": "function", "function": msgspec.to_builtins(tool)}
