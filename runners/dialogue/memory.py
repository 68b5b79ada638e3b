"""What a side of a conversation still knows word for word, and what of it is a summary."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...core.content import Message, text_of
from ...models.token_count import count_tokens

Turns = tuple[Message, ...]


class Memory(msgspec.Struct, frozen=True):
    """A system message, a summary of turns that were folded, and the turns since.

    The first turn is never folded.
    """

    system: str
    turns: Turns
    summary: str = ""

    def tokens(self) -> int:
        """Return about how many tokens all of it is."""
        return count_tokens(self.told()) + sum(_tokens(message) for message in self.turns)

    def told(self) -> str:
        """Return the system message, with the summary if there is one."""
        return f"{self.system}\n\n{self.summary}" if self.summary else self.system

    def messages(self) -> Turns:
        """Return what a model is sent."""
        return (Message("system", self.told()), *self.turns)

    def foldable(self) -> Turns:
        """Return the turns that a summary should take in: the older half, whole exchanges only."""
        half = len(self.turns) // 2
        return self.turns[1 : half + 1 - half % 2]

    def folded(self, summary: str) -> Memory:
        """Return the memory with `summary` in place of the turns that were `foldable`."""
        rest = self.turns[1 + len(self.foldable()) :]
        return Memory(self.system, (*self.turns[:1], *rest), summary)


def told_as(turns: Sequence[Message], names: dict[str, str]) -> str:
    """Return `turns` as lines, each with the name that `names` has for its role."""
    return "\n\n".join(f"{names[message.role]}: {text_of(message.content)}" for message in turns)


def _tokens(message: Message) -> int:
    return count_tokens(text_of(message.content))
