"""The row of `predictions.jsonl`."""

from __future__ import annotations

import msgspec

from .content import Message, ToolCall
from .exchange import KVReport, Likelihood, ReplyTiming, Shortened, StopReason, Usage


class Failure(msgspec.Struct, frozen=True):
    """Why a sample has no reply: an infrastructure failure, never a wrong answer."""

    kind: str
    message: str


class SavedFile(msgspec.Struct, frozen=True):
    """An image or sound of a reply, kept in the run folder at `path`, called after its content."""

    path: str
    media_type: str
    sha256: str


class TurnRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one reply of a prediction came about, and what it holds beside text."""

    stop_reason: StopReason
    usage: Usage
    timing: ReplyTiming
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    likelihoods: tuple[Likelihood, ...] = ()
    files: tuple[SavedFile, ...] = ()
    from_cache: bool = False


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """All replies to one (sample, epoch), or the failure to get them.

    `outputs` has a string a turn; several for a sample of one turn are votes on it.
    """

    id: str
    sample_id: str
    epoch: int
    task: str
    group: str | None = None
    outputs: tuple[str, ...] = ()
    turns: tuple[TurnRecord, ...] = ()
    messages: tuple[Message, ...] | None = None
    input_sha256: str | None = None
    usage: Usage = Usage()
    timing: dict[str, float] = {}
    kv: KVReport | None = None
    shortened: Shortened | None = None
    error: Failure | None = None


def prediction_id(sample_id: str, epoch: int) -> str:
    """Return the id that predictions and scores of one (sample, epoch) carry."""
    return f"{sample_id}#{epoch}"
