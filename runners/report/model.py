"""What a report's page is given, as the JSON that its script reads.

The page holds an `Overview`. Rows come apart from it, in pieces that the page loads when it needs
them: `IndexChunk`s, small, to list and filter by, and `RowChunk`s, to look at and to search.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ...core.content import ToolCall
from ...core.exchange import ReplyTiming, Usage
from ..tables.table import Table


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A plot: what Plotly draws (`data` and `layout`), and in words what it shows.

    `id` names it in links, `alt` says for those who cannot see it what it shows.
    """

    id: str
    title: str
    alt: str
    note: str
    data: tuple[dict[str, Any], ...]
    layout: dict[str, Any]


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """One run: what it is, how it stands, and where its rows are.

    `key` is a short name by which files of its rows begin: `r0`. `index_chunks` counts the files
    `<key>/index-<n>`, `rows` the predictions.
    """

    key: str
    label: str
    recipe: str
    model: str
    kv: str
    protocol: str
    scorer: str
    folder: str
    state: str
    started_at: str
    wall_s: float
    planned: int
    predicted: int
    failed: dict[str, int]
    statuses: dict[str, int]
    tasks: tuple[str, ...]
    metrics: tuple[str, ...]
    usage: Usage
    config: str
    provenance: dict[str, Any]
    notes: tuple[str, ...]
    rows: int
    index_chunks: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a report but its rows. `live` pages ask for what is new while a run goes on."""

    title: str
    made_at: str
    version: str
    live: bool
    runs: tuple[RunView, ...]
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]


class IndexChunk(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows of a run, a list a field and an entry a row, in the order of predictions.jsonl.

    `task`, `status` and `error` are positions in `tasks`, `statuses` and `errors` (-1: none).
    `score` is the first metric of the verdict; None without one. `chunk` and `place` say where the
    row itself lies: in which `RowChunk`, at which position. `gist` is the beginning of the output.
    """

    tasks: tuple[str, ...]
    statuses: tuple[str, ...]
    errors: tuple[str, ...]
    id: tuple[str, ...]
    sample: tuple[str, ...]
    epoch: tuple[int, ...]
    group: tuple[str | None, ...]
    task: tuple[int, ...]
    status: tuple[int, ...]
    error: tuple[int, ...]
    score: tuple[float | None, ...]
    latency_s: tuple[float | None, ...]
    tokens: tuple[int, ...]
    chunk: tuple[int, ...]
    place: tuple[int, ...]
    gist: tuple[str, ...]


class ChoiceView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How likely a choice was to follow: `text` and `logprob` None: not known."""

    text: str | None = None
    logprob: float | None = None
    tokens: int


class TurnView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A turn of a row: what was asked, replied and judged; None: not known.

    `files` are paths of images and sounds, relative to the page. `query` and `target` are there
    where the benchmark's data could be read. `role` is whose reply it is, if not the model's.
    """

    role: str | None = None
    query: str | None = None
    images: tuple[str, ...] = ()
    output: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    likelihoods: tuple[ChoiceView, ...] = ()
    files: tuple[str, ...] = ()
    stop_reason: str | None = None
    usage: Usage | None = None
    timing: ReplyTiming | None = None
    status: str | None = None
    subtask: str | None = None
    scores: dict[str, float | None] = {}
    target: Any = None
    answer: Any = None
    explanation: str | None = None


class RowView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One prediction with its verdict, as the sample view shows it.

    `context` is the beginning of what the turns share, `context_chars` its full length.
    `intermediate` are replies that led to those of the turns.
    """

    id: str
    sample: str
    epoch: int
    task: str
    group: str | None = None
    labels: dict[str, str] = {}
    status: str | None = None
    scores: dict[str, float | None] = {}
    error: str | None = None
    context: str | None = None
    context_chars: int = 0
    intermediate: tuple[TurnView, ...] = ()
    turns: tuple[TurnView, ...] = ()
    messages: tuple[Any, ...] = ()
    kv: dict[str, Any] | None = None


class RowChunk(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that lie in one file."""

    rows: tuple[RowView, ...]
