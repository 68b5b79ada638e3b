"""What a debate between models is played from, and how it is remembered."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_PLACEHOLDER = re.compile(r"<([A-Z_-]+)>")


class Instruction(msgspec.Struct, frozen=True):
    """What a model in one role is told: its system message, and the message that asks it.

    `<NAME>` in either stands for what is filled in under that name; other text in angle brackets
    stays.
    """

    system: str
    message: str = ""

    def filled(self, values: Mapping[str, str]) -> Instruction:
        """Return the instruction with `values` in place; what is put in is not read again."""
        return Instruction(_filled(self.system, values), _filled(self.message, values))


class DebateScript(msgspec.Struct, frozen=True, kw_only=True):
    """What every side of one debate is told.

    The persuader begins with `opening`. Where there is a `helper`, it rewrites what the persuader
    says: `<HISTORY>` and `<ASSISTANT_RESPONSE>` are the debate so far and the draft. Moderators are
    shown the latest turns (`terminator`, `topic_checker`) or the debater's latest message
    (`tag_checker`). `summary` tells how turns are folded that a memory cannot hold: `<HISTORY>` is
    the summary so far and `<ASSISTANT-USER>` what goes into it. `stance` asks the debater aside
    what it thinks of the claim.
    """

    opening: str
    persuader: str
    debater: str
    helper: Instruction | None
    terminator: Instruction
    tag_checker: Instruction
    topic_checker: Instruction
    summary: Instruction
    stance: str


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)
