"""How long prompts and replies may be."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import SampleError

DEFAULT_REPLY_TOKENS = 1024


def without_middle(ids: Sequence[int], limit: int) -> tuple[int, ...]:
    """Return the first and the last `limit // 2` of `ids` when there are more than `limit`."""
    if len(ids) <= limit:
        return tuple(ids)
    half = limit // 2
    return (*ids[:half], *ids[len(ids) - half :])


def fitting(
    ids: Sequence[int], asked: int, wanted: int | None, cut_to: int | None, max_length: int
) -> tuple[int, ...]:
    """Return a prompt that leaves room for `asked` more tokens and a reply of up to `wanted`.

    With `cut_to` its middle is cut out, down to that or to what the model has room for; without,
    a prompt that is too long is refused. Raises SampleError.
    """
    if cut_to is not None:
        room = max_length - asked - (wanted or DEFAULT_REPLY_TOKENS)
        ids = without_middle(ids, min(cut_to, max(room, 2)))
    reply_limit(len(ids) + asked, wanted, max_length)
    return tuple(ids)


def reply_limit(prompt_tokens: int, wanted: int | None, max_length: int) -> int:
    """Return how many tokens a reply may have behind `prompt_tokens`.

    Without a limit of its own a reply gets what room there is, up to `DEFAULT_REPLY_TOKENS`.
    Raises SampleError when the model has too few positions.
    """
    room = max_length - prompt_tokens
    if room < (wanted or 1):
        raise SampleError(
            f"a prompt of {prompt_tokens} tokens and a reply of up to {wanted or 1} need "
            f"{prompt_tokens + (wanted or 1)} positions and the model has {max_length}; "
            "shorten the prompt (SCBench: benchmark.max_seq_length) or choose another model",
            kind="context_length",
        )
    return wanted or min(room, DEFAULT_REPLY_TOKENS)
