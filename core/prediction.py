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


class IntermediateReply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply on the way to those that are graded: its text, and how it came about."""

    output: str
    record: TurnRecord


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """All replies to one (sample, epoch), or the failure to get them.

    `outputs` has a string a turn; several for a sample of one turn are votes on it. `intermediate`
    are replies that led there, of protocols that ask more than is graded.
    """

    id: str
    sample_id: str
    epoch: int
    task: str
    group: str | None = None
    outputs: tuple[str, ...] = ()
    turns: tuple[TurnRecord, ...] = ()
    intermediate: tuple[IntermediateReply, ...] = ()
    messages: tuple[Message, ...] | None = None
    input_sha256: str | None = None
    usage: Usage = Usage()
    timing: dict[str, float] = {}
    kv: KVReport | None = None
    shortened: Shortened | None = None
    error: Failure | None = None

    @property
    def records(self) -> tuple[TurnRecord, ...]:
        """Return how each reply came about, those that are not graded included."""
        return (*(reply.record for reply in self.intermediate), *self.turns)


def prediction_id(sample_id: str, epoch: int) -> str:
    """Return the id that predictions and scores of one (sample, epoch) carry."""
    return f"{sample_id}#{epoch}"
