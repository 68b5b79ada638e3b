"""Conversations as the tokens a model reads, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ...core.exchange import Prompt, Request
from ..rendering import Renderer, Transcript, renderer_of


class Opening(msgspec.Struct, frozen=True):
    """The prompt of a session."""

    transcript: Transcript
    ids: tuple[int, ...]


class Asked(msgspec.Struct, frozen=True):
    """What a request adds: tokens a session may keep, then the given beginning of the reply."""

    transcript: Transcript
    ids: tuple[int, ...]
    prefill: str
    prefill_ids: tuple[int, ...]

    @property
    def tokens(self) -> int:
        """How many tokens pass the model before the reply."""
        return len(self.ids) + len(self.prefill_ids)


class Conversations:
    """Turns prompts and requests into tokens with a tokenizer and its chat template."""

    def __init__(self, tokenizer: Any, *, chat_template: bool) -> None:
        self._tokenizer = tokenizer
        self._renderer: Renderer = renderer_of(tokenizer, chat_template=chat_template)
        # A template writes the token that begins a text itself; another one must not be added.
        self._beginning = () if self._renderer.takes_prefill else _beginning(tokenizer)

    def opening(self, prompt: Prompt) -> Opening:
        """Return the text and tokens of `prompt`. Raises SampleError."""
        transcript = self._renderer.opening(prompt)
        return Opening(transcript, self.whole(transcript.text))

    def asked(self, transcript: Transcript, request: Request) -> Asked:
        """Return what `request` adds to `transcript`. Raises SampleError."""
        longer = self._renderer.continued(transcript, request.messages)
        prefill = (request.prefill or "") if self._renderer.takes_prefill else ""
        added = longer.text[len(transcript.text) :]
        return Asked(longer, self._ids(added), prefill, self._ids(prefill))

    def replied(self, asked: Asked, tokens: Sequence[int]) -> Transcript:
        """Return the conversation after a reply of `tokens`."""
        return self._renderer.replied(asked.transcript, asked.prefill + self.text(tokens))

    def whole(self, text: str) -> tuple[int, ...]:
        """Return the tokens of a text that was rendered here, read as one."""
        return (*self._beginning, *self._ids(text))

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text of a reply."""
        return self._tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )

    def _ids(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer(text, add_special_tokens=False).input_ids) if text else ()


def _beginning(tokenizer: Any) -> tuple[int, ...]:
    """Return the token a tokenizer puts before every text, if it does."""
    ids: list[int] = tokenizer("").input_ids
    return tuple(ids[:1]) if ids and ids[0] == tokenizer.bos_token_id else ()
