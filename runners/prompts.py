"""What a session about a sample begins with."""

from __future__ import annotations

from ..core.content import Message, joined
from ..core.exchange import Prompt
from ..core.sample import Sample


def whole_prompt(sample: Sample) -> Prompt:
    """Return the conversation up to the first question, whose message the context begins."""
    first = Message("user", joined(sample.context, sample.turns[0].query))
    return _prompt(sample, first, open_ended=False)


def context_prompt(sample: Sample) -> Prompt:
    """Return the conversation up to the end of the context, in which each question goes on."""
    return _prompt(sample, Message("user", sample.context), open_ended=True)


def _prompt(sample: Sample, last: Message, *, open_ended: bool) -> Prompt:
    return Prompt(
        messages=(*sample.messages, last),
        open_ended=open_ended,
        max_tokens=sample.max_prompt_tokens,
        context=sample.context if isinstance(sample.context, str) else "",
        requests=len(sample.turns),
    )
