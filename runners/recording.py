"""Plays to rows: what a prediction keeps of the replies and of the question."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from ..core.content import Message
from ..core.exchange import Reply, total_usage
from ..core.hashing import sha256_of
from ..core.interfaces import MODEL, Play, RoleReply
from ..core.prediction import (
    IntermediateReply,
    Prediction,
    SavedFile,
    TurnRecord,
    prediction_id,
)
from ..core.sample import Sample
from .artifacts import save_files
from .folder import RunFolder
from .prompts import whole_prompt


def unanswered(sample: Sample, epoch: int, *, save_inputs: str) -> Prediction:
    """Return the row of one (sample, epoch) with the question, or its hash, and no reply."""
    return Prediction(
        id=prediction_id(sample.id, epoch),
        sample_id=sample.id,
        epoch=epoch,
        task=sample.task,
        group=sample.group,
        **_inputs(sample, save_inputs),
    )


async def answered(row: Prediction, play: Play, folder: RunFolder) -> Prediction:
    """Return `row` with the replies of `play`; their files are in `folder` when this returns.

    Raises StoreError.
    """
    replies = (*(step.reply for step in play.intermediate), *play.replies)
    files: list[tuple[SavedFile, ...]] = [
        await asyncio.to_thread(save_files, folder, reply.files) if reply.files else ()
        for reply in replies
    ]
    outputs = tuple(map(_output, replies, files))
    records = tuple(map(_record, replies, files))
    led = len(play.intermediate)
    return msgspec.structs.replace(
        row,
        outputs=outputs[led:],
        turns=records[led:],
        answered_by=() if set(play.answered_by) <= {MODEL} else play.answered_by,
        intermediate=tuple(map(_intermediate, play.intermediate, outputs, records)),
        outcome=play.outcome,
        usage=total_usage(replies),
        timing=_timing(replies),
        kv=next((reply.kv for reply in replies if reply.kv), None),
        shortened=next((reply.shortened for reply in replies if reply.shortened), None),
    )


def _intermediate(step: RoleReply, output: str, record: TurnRecord) -> IntermediateReply:
    return IntermediateReply(output=output, record=record, role=step.role)


def _output(reply: Reply, files: Sequence[SavedFile]) -> str:
    """Return the text; where there is none, the paths of the files that came instead."""
    return reply.text or "\n".join(file.path for file in files)


def _record(reply: Reply, files: tuple[SavedFile, ...]) -> TurnRecord:
    return TurnRecord(
        stop_reason=reply.stop_reason,
        usage=reply.usage,
        timing=reply.timing,
        reasoning=reply.reasoning,
        tool_calls=reply.tool_calls,
        likelihoods=reply.likelihoods,
        files=files,
        from_cache=reply.from_cache,
    )


def _timing(replies: Sequence[Reply]) -> dict[str, float]:
    """Return seconds: of all replies together, and to the first token of the first one."""
    timing = {"latency_s": round(sum(reply.timing.latency_s for reply in replies), 6)}
    first = replies[0].timing.ttft_s
    return timing if first is None else {**timing, "ttft_s": round(first, 6)}


def _inputs(sample: Sample, save: str) -> dict[str, Any]:
    later = (Message("user", turn.query) for turn in sample.turns[1:])
    messages = (*whole_prompt(sample).messages, *later)
    if save == "full":
        return {"messages": messages}
    return {"input_sha256": sha256_of(messages)}
