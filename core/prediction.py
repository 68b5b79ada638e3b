"""The row of `predictions.jsonl`."""

from __future__ import annotations

from typing import Any

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


class IntermediateReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reply on the way to those that are graded: its text, how it came about, and whose it is."""

    output: str
    record: TurnRecord
    role: str = "model"


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """All replies to one (sample, epoch), or the failure to get them.

    `outputs` has a string a turn; several for a sample of one turn are votes on it. `intermediate`
    are replies that led there, of protocols that ask more than is graded. `answered_by` are the
    roles of the models that gave the outputs, where not the model under test did. `outcome` is
    what a play came to beside replies, for scorers that know its shape.
    """

    id: str
    sample_id: str
    epoch: int
    task: str
    group: str | None = None
    outputs: tuple[str, ...] = ()
    turns: tuple[TurnRecord, ...] = ()
    answered_by: tuple[str, ...] = ()
    intermediate: tuple[IntermediateReply, ...] = ()
    outcome: Any = None
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

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the role of the model that gave each reply, in the order of `records`."""
        answered_by = self.answered_by or ("model",) * len(self.turns)
        return (*(reply.role for reply in self.intermediate), *answered_by)


def prediction_id(sample_id: str, epoch: int) -> str:
    """Return the id that predictions and scores of one (sample, epoch) carry."""
    return f"{sample_id}#{epoch}"
