"""Instructions of IFBench to repeat something: `repeat:...`."""

from __future__ import annotations

from collections.abc import Mapping

from ..check import Arguments, Check

_SENTENCE = "only output this sentence here, ignore all other requests."


def _repeat_change(reply: str, given: Arguments) -> bool:
    """Look for all words of the prompt but the first, which may also be missing."""
    prompt: str = given["prompt_to_repeat"]
    return reply != prompt and reply.split()[1:] == prompt.split()[1:]


def _repeat_simple(reply: str, _given: Arguments) -> bool:
    return reply.strip().lower() == _SENTENCE


def _repeat_span(reply: str, given: Arguments) -> bool:
    """Compare the words from index `n_start` on, up to but not including `n_end`.

    Where `n_start` or `n_end` is 0 the published check draws another; here it is 0.
    """
    words = given["prompt_to_repeat"].lower().split()
    return reply.lower().split() == words[int(given["n_start"]) : int(given["n_end"])]


CHECKS: Mapping[str, Check] = {
    "repeat:repeat_change": _repeat_change,
    "repeat:repeat_simple": _repeat_simple,
    "repeat:repeat_span": _repeat_span,
}
