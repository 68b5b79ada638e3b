"""The row of `scores.jsonl`: values with their status."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from .exchange import Usage

Status = Literal[
    "ok", "unparsed", "empty", "refused", "truncated", "not_applicable", "scorer_error"
]


class TurnScore(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one reply, or on one of the answers that a reply holds.

    `turn` is its 0-based position among the verdicts on the sample. None as a value of `scores`
    means: no verdict, not zero. `usage` is what a judge spent on it.
    """

    turn: int
    scores: dict[str, float | None]
    status: Status = "ok"
    subtask: str | None = None
    answer: Any = None
    explanation: str | None = None
    usage: Usage | None = None


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What a scorer says of one prediction.

    `scores` holds the mean over the turns that have the metric; `turns` keeps every verdict.
    `answer` is what was graded: the extracted answer, or a list of them for several turns.
    `labels` are those of the sample.
    """

    id: str
    scorer: str
    scores: dict[str, float | None]
    answer: Any
    status: Status
    sample_id: str
    epoch: int
    task: str
    group: str | None
    turns: tuple[TurnScore, ...]
    labels: dict[str, str] = {}
