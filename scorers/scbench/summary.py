"""The rule of En.Sum and of the summary turns of Mix.Sum+NIAH."""

from __future__ import annotations

import asyncio
from functools import cache

from ..rouge import Rouge
from ..turns import TurnReply, Verdict


async def rouge_lsum(reply: TurnReply) -> Verdict:
    """`rouge_lsum`: ROUGE-Lsum F-measure, no stemmer, newlines separating sentences.

    Long summaries take a while: they are compared beside the event loop.
    """
    value = await asyncio.to_thread(rouge().f_measure, reply.output, str(reply.turn.target))
    return Verdict(scores={"rouge_lsum": value}, answer=reply.output.strip())


@cache
def rouge() -> Rouge:
    """Return the ROUGE of this task, loaded once. Raises MissingExtraError."""
    return Rouge("rouge_lsum")
