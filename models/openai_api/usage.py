"""Tokens as servers count them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ...core.exchange import Usage

# Some servers write 12.0.
Count = int | float | None


class PromptDetails(msgspec.Struct, frozen=True):
    """How many input tokens were not computed again."""

    cached_tokens: Count = None


class OutputDetails(msgspec.Struct, frozen=True):
    """How many output tokens were reasoning."""

    reasoning_tokens: Count = None


class UsageCount(msgspec.Struct, frozen=True):
    """The `usage` of an answer; what a server does not tell counts as zero."""

    prompt_tokens: Count = None
    completion_tokens: Count = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: OutputDetails | None = None

    def usage(self) -> Usage:
        """Return it as a whole."""
        read, written = self.prompt_tokens_details, self.completion_tokens_details
        return Usage(
            input_tokens=_whole(self.prompt_tokens),
            output_tokens=_whole(self.completion_tokens),
            cached_tokens=_whole(read.cached_tokens if read else None),
            reasoning_tokens=_whole(written.reasoning_tokens if written else None),
        )


def split(usage: Usage, replies: int) -> tuple[Usage, ...]:
    """Return the shares of `replies` replies to one request, whose sum is `usage`.

    The input is the first one's. A server tells only the sum of their outputs, so it is split
    evenly, and what is left over falls to the first ones.
    """
    if replies == 1:
        return (usage,)
    outputs = zip(
        _even(usage.output_tokens, replies), _even(usage.reasoning_tokens, replies), strict=True
    )
    first, *others = (Usage(output_tokens=o, reasoning_tokens=r) for o, r in outputs)
    whole_input = msgspec.structs.replace(usage, output_tokens=0, reasoning_tokens=0)
    return (whole_input + first, *others)


def _even(total: int, parts: int) -> Iterator[int]:
    each, rest = divmod(total, parts)
    return (each + (index < rest) for index in range(parts))


def _whole(count: Count) -> int:
    return max(0, int(count or 0))
