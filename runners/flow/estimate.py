"""How long a conversation is, and how many tokens a call will take, before it is made."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.content import Content, Message, TextPart
from ...core.exchange import Call, Usage

CHARACTERS_A_TOKEN = 4
# About a thousand tokens, which is what providers make of an image of usual size.
CHARACTERS_AN_ATTACHMENT = 4_000
# Before the first reply; then the mean of about so many replies.
_FIRST_GUESS = 256.0
_REMEMBERED = 100


class TokenEstimate:
    """Expects of a call a token for four characters, and an output like that of the last ones."""

    def __init__(self) -> None:
        self._mean_output = _FIRST_GUESS
        self._replies = 0

    def of(self, call: Call, n: int = 1) -> int:
        """Return the tokens that `n` replies to `call` will take, in and out.

        Its own limit counts as the output of each.
        """
        limit = call.sampling.max_tokens
        output = self._mean_output if limit is None else limit
        return int(message_characters(call.messages) / CHARACTERS_A_TOKEN + n * output)

    def learn(self, usage: Usage, n: int = 1) -> None:
        """Note what `n` replies took together."""
        self._replies = min(self._replies + 1, _REMEMBERED)
        self._mean_output += (usage.output_tokens / n - self._mean_output) / self._replies


def message_characters(messages: Iterable[Message]) -> int:
    """Return how many characters `messages` hold, attachments counted as 4,000 each."""
    return sum(characters(message.content) for message in messages)


def characters(content: Content) -> int:
    """Return how many characters `content` holds, attachments counted as 4,000 each."""
    if isinstance(content, str):
        return len(content)
    return sum(
        len(part.text) if isinstance(part, TextPart) else CHARACTERS_AN_ATTACHMENT
        for part in content
    )
