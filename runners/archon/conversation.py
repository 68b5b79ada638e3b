"""The conversation that components work on."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...core.content import Content, Message, TextPart, joined, text_of
from .wording import asked_tests, text

Messages = tuple[Message, ...]


class Dialogue(msgspec.Struct, frozen=True):
    """A system message, earlier turns, and the query: the content of the user's last message."""

    system: Message
    earlier: Messages
    query: Content

    @property
    def question(self) -> str:
        """The text of the query."""
        return text_of(self.query)

    @property
    def messages(self) -> Messages:
        """The whole conversation, as a generator is asked."""
        return (self.system, *self.earlier, Message("user", self.query))

    def told(self, system: str, prompt: str) -> Messages:
        """Return what a helper is told: its own system message, and `prompt` for the query.

        Images and sounds of the query stand before the prompt, which holds its text.
        """
        media = () if isinstance(self.query, str) else self.query
        shown = tuple(part for part in media if not isinstance(part, TextPart))
        content = joined(shown, (TextPart(prompt),)) if shown else prompt
        return (Message("system", system), *self.earlier, Message("user", content))

    def tested(self, tests: Sequence[str]) -> Dialogue:
        """Return the conversation whose query asks to pass unit tests."""
        asked = asked_tests(tests)
        ending = asked if isinstance(self.query, str) else (TextPart(asked),)
        return msgspec.structs.replace(self, query=joined(self.query, ending))


def dialogue_of(messages: Messages) -> Dialogue:
    """Return the conversation that ends with the user's query.

    Where none of `messages` is a system message, the official one stands first.
    """
    systems = [message for message in messages if message.role == "system"]
    system = systems[0] if systems else Message("system", text("system"))
    earlier = tuple(message for message in messages[:-1] if message.role != "system")
    return Dialogue(system, earlier, messages[-1].content)
