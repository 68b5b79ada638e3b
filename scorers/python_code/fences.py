"""The code in a reply, as LiveCodeBench finds it."""

from __future__ import annotations

_FENCE = "```"
_TICK = "`"


def fenced_code(reply: str) -> str:
    """Return the lines between the last two that hold three backticks.

    With one such line, if it is the last, what stands above; else the whole reply, without a single
    backtick on each side. Source: `extract_code` in `lcb_runner/utils/extraction_utils.py` of
    LiveBench/LiveBench, commit b0fb577.
    """
    lines = reply.rstrip().split("\n")
    fences = [place for place, line in enumerate(lines) if _FENCE in line]
    if len(fences) >= 2:
        return "\n".join(lines[fences[-2] + 1 : fences[-1]])
    if len(reply) > 1 and reply[0] == reply[-1] == _TICK:
        return reply[1:-1]
    if fences == [len(lines) - 1]:
        return "\n".join(lines[:-1])
    return reply.rstrip()
