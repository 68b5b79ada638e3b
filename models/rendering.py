"""Prompts and what follows them as text, for endpoints that render chats themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

from ..core.content import Message, TextPart, text_of
from ..core.errors import SampleError
from ..core.exchange import Prompt

_MARK = "evalrun-continues-here"
_BLANK_LINE = "\n\n"


class Tokenizer(Protocol):
    """What is used of a transformers tokenizer."""

    chat_template: Any
    eos_token: Any

    def apply_chat_template(self, conversation: list[dict[str, str]], **options: Any) -> Any:
        """Return the conversation as text, or as tokens."""
        ...


class Transcript(msgspec.Struct, frozen=True):
    """A conversation up to some point, as text and as messages.

    `open_to` says what may follow the text: the rest of an unfinished user message, a reply, or
    whatever comes after a reply that the text ends in.
    """

    text: str
    messages: tuple[Message, ...]
    open_to: Literal["user", "reply", "next"]


class Renderer(Protocol):
    """Turns prompts and follow-ups into text; every text begins with the one it continues."""

    def opening(self, prompt: Prompt) -> Transcript:
        """Return the text of `prompt`, cut where requests go on when it is open-ended."""
        ...

    def continued(self, transcript: Transcript, messages: Sequence[Message]) -> Transcript:
        """Return `transcript` with `messages` behind it, ready for a reply.

        After a prompt that asked for a reply, a first assistant message is that reply.
        """
        ...

    def replied(self, transcript: Transcript, reply: str) -> Transcript:
        """Return `transcript` with the model's own `reply` behind it, not yet ended."""
        ...

    @property
    def takes_prefill(self) -> bool:
        """Whether the beginning of a reply can be put into the model's mouth."""
        ...


def renderer_of(tokenizer: Tokenizer, *, chat_template: bool) -> Renderer:
    """Return the renderer for `tokenizer`; plain text when it has no template or none is wanted."""
    if chat_template and tokenizer.chat_template:
        return ChatRenderer(tokenizer)
    return PlainRenderer(str(tokenizer.eos_token or ""))


class ChatRenderer:
    """Renders with the tokenizer's chat template.

    What follows a text is the rest of the template's own rendering of the longer conversation. A
    template that renders earlier messages differently later on (it trims them, or drops
    reasoning) gives no such rest; then the rest is what follows a mark set at the end of the text.
    """

    takes_prefill = True

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def opening(self, prompt: Prompt) -> Transcript:
        """Return the text of `prompt`. Raises SampleError for what the template refuses."""
        if not prompt.open_ended:
            return Transcript(self._render(prompt.messages), prompt.messages, "reply")
        _require_user_end(prompt)
        marked = Message("user", plain_text(prompt.messages[-1]) + _MARK)
        head, _, _ = self._render((*prompt.messages[:-1], marked)).partition(_MARK)
        return Transcript(head, prompt.messages, "user")

    def continued(self, transcript: Transcript, messages: Sequence[Message]) -> Transcript:
        """Return `transcript` with `messages` behind it. Raises SampleError."""
        if not messages and transcript.open_to == "reply":
            return transcript
        seam = _Seam.between(transcript, messages)
        text = self._render(seam.conversation())
        if not text.startswith(transcript.text):
            _, _, rest = self._render(seam.conversation(mark=_MARK)).partition(_MARK)
            text = transcript.text + rest
        return Transcript(text, seam.conversation(), "reply")

    def replied(self, transcript: Transcript, reply: str) -> Transcript:
        """Return `transcript` with `reply` behind it; the template ends it when more follows."""
        return _with_reply(transcript, reply)

    def _render(self, messages: Sequence[Message]) -> str:
        conversation = [{"role": m.role, "content": plain_text(m)} for m in messages]
        try:
            return self._tokenizer.apply_chat_template(
                conversation, tokenize=False, add_generation_prompt=True
            )
        except Exception as error:
            # Templates are programs of the model's authors: they raise what they like, most often
            # for roles that do not alternate or a system message they do not know.
            raise SampleError(
                f"the chat template refuses these messages: {error}", kind="bad_request"
            ) from error


class PlainRenderer:
    """Renders without a template: a blank line before each message, none before a reply."""

    takes_prefill = False

    def __init__(self, end_of_reply: str) -> None:
        self._end_of_reply = end_of_reply

    def opening(self, prompt: Prompt) -> Transcript:
        """Return the messages of `prompt`, joined."""
        text = _joined_plainly(prompt.messages).removeprefix(_BLANK_LINE)
        if prompt.open_ended:
            _require_user_end(prompt)
        return Transcript(text, prompt.messages, "user" if prompt.open_ended else "reply")

    def continued(self, transcript: Transcript, messages: Sequence[Message]) -> Transcript:
        """Return `transcript` with `messages` behind it, and the model's own reply ended."""
        seam = _Seam.between(transcript, messages)
        end = self._end_of_reply if transcript.open_to == "next" else ""
        text = transcript.text + end + seam.addition + _joined_plainly(seam.rest)
        return Transcript(text, seam.conversation(), "reply")

    def replied(self, transcript: Transcript, reply: str) -> Transcript:
        """Return `transcript` with `reply` behind it."""
        return _with_reply(transcript, reply)


def plain_text(message: Message) -> str:
    """Return the text of `message`. Raises SampleError when it holds anything else."""
    if not isinstance(message.content, str) and not all(
        isinstance(part, TextPart) for part in message.content
    ):
        raise SampleError(
            "this endpoint reads text only, and the sample holds images or sounds",
            kind="bad_request",
        )
    return text_of(message.content)


class _Seam(msgspec.Struct, frozen=True):
    """Where new messages meet old ones: `addition` goes on in the last message of `old`."""

    old: tuple[Message, ...]
    addition: str
    rest: tuple[Message, ...]

    @classmethod
    def between(cls, transcript: Transcript, messages: Sequence[Message]) -> _Seam:
        old, new = transcript.messages, tuple(messages)
        if transcript.open_to == "reply":
            old = (*old, Message("assistant", ""))
        if transcript.open_to != "next" and new and new[0].role == old[-1].role:
            return cls(old, plain_text(new[0]), new[1:])
        return cls(old, "", new)

    def conversation(self, *, mark: str = "") -> tuple[Message, ...]:
        last = Message(self.old[-1].role, plain_text(self.old[-1]) + mark + self.addition)
        return (*self.old[:-1], last, *self.rest)


def _with_reply(transcript: Transcript, reply: str) -> Transcript:
    messages = (*transcript.messages, Message("assistant", reply))
    return Transcript(transcript.text + reply, messages, "next")


def _joined_plainly(messages: Sequence[Message]) -> str:
    return "".join(
        plain_text(m) if m.role == "assistant" else _BLANK_LINE + plain_text(m) for m in messages
    )


def _require_user_end(prompt: Prompt) -> None:
    if not prompt.messages or prompt.messages[-1].role != "user":
        raise SampleError("an open-ended prompt should end in a user message", kind="bad_request")
