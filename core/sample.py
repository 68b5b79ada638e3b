"""What is asked and graded."""

from __future__ import annotations

from typing import Any

import msgspec

from .content import Content, Message
from .exchange import Tool


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a sample, and what its answer is graded against.

    `reference` is the golden reply as text: what stands in the history of later turns when a
    protocol feeds golden answers. `target` is what the scorer reads, in any JSON shape.
    `answers` is how many answers one reply should hold: each gets a verdict of its own, and with
    several of them `target` is a list with an entry for each. `subtasks` names the subtask of each,
    where verdicts of one reply are of different ones. `max_tokens` is the benchmark's own limit for
    this reply. `temperature` is the benchmark's own for this reply, and replaces that of
    `generation`. `prefill` begins the reply for models whose prompt evalrun renders itself; it is
    not part of the output. `tools` and `reply_schema` are as in `ReplyForm`. `row` and `row_id` are
    those of the official row that this turn is, where a sample is made of several: such a turn asks
    for one answer.
    """

    query: Content
    target: Any = None
    answers: int = 1
    reference: str | None = None
    choices: tuple[str, ...] = ()
    subtask: str | None = None
    subtasks: tuple[str, ...] = ()
    max_tokens: int | None = None
    temperature: float | None = None
    prefill: str | None = None
    tools: tuple[Tool, ...] = ()
    reply_schema: dict[str, Any] | None = None
    row: int | None = None
    row_id: str | int | None = None
    metadata: dict[str, Any] = {}


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One thing asked and graded: an optional shared context and its turns.

    The first user message is `context` directly followed by the query of the first turn (or of
    each turn, when turns are independent requests): separators belong to the texts. `messages`
    come before it. `row` is the 0-based position in the official file and `row_id` the official
    id, so that a number can be traced to its row. `group` names what belongs together in
    statistics: rotations of a question, versions of a problem. `max_prompt_tokens` asks endpoints
    that tokenize to cut the middle out of a longer context prompt. `labels` are names by which
    tables may group samples, across tasks: a language, a difficulty; few different ones, for they
    are counted before the run.
    """

    id: str
    task: str
    turns: tuple[Turn, ...]
    context: Content = ""
    messages: tuple[Message, ...] = ()
    row: int = 0
    row_id: str | int | None = None
    group: str | None = None
    max_prompt_tokens: int | None = None
    labels: dict[str, str] = {}
    metadata: dict[str, Any] = {}
