"""The likelihood of a continuation, from the log-probabilities of an echoed prompt."""

from __future__ import annotations

import msgspec

from ...core.exchange import Likelihood


class EchoLogprobs(msgspec.Struct, frozen=True):
    """The `logprobs` of a completion: its tokens, and where in the text each one begins."""

    tokens: tuple[str, ...] = ()
    token_logprobs: tuple[float | None, ...] = ()
    text_offset: tuple[int, ...] = ()


def echoed_likelihood(
    logprobs: EchoLogprobs | None, continuation: str, generated: int
) -> Likelihood | None:
    """Return the likelihood of `continuation`, which ends the echoed prompt.

    The last `generated` tokens were generated, and count for nothing. None where nothing is echoed.
    The tokens of the continuation are those that end behind its beginning: one that straddles the
    boundary belongs to it. The boundary is counted from the end of the text, because servers that
    count a token for the beginning of all text shift the offsets behind it. A first token of all
    has no probability, and is left out.
    """
    if logprobs is None:
        return None
    echoed = len(logprobs.tokens) - generated
    if echoed <= 0 or not len(logprobs.token_logprobs) >= echoed <= len(logprobs.text_offset):
        return None
    starts = logprobs.text_offset[:echoed]
    end = starts[-1] + len(logprobs.tokens[echoed - 1])
    boundary = end - len(continuation)
    found = [
        logprob
        for logprob, start, stop in zip(
            logprobs.token_logprobs, starts, (*starts[1:], end), strict=False
        )
        if logprob is not None and (start >= boundary or stop > boundary)
    ]
    return Likelihood(logprob=sum(found) if found else None, tokens=len(found))
