"""Reports of fabricated runs, written as a folder or as a single file."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from evalrun.core.content import ToolCall
from evalrun.core.exchange import ReplyTiming, Usage
from evalrun.runners.report.model import (
    Figure,
    IndexChunk,
    Overview,
    RowChunk,
    RowView,
    RunView,
    TurnView,
)
from evalrun.runners.report.page import page
from evalrun.runners.report.pieces import script
from evalrun.runners.tables.table import Table

TASKS = ("qa", "summary", "retrieval")
WORDS = ("the", "valley", "river", "stone", "keeper", "lantern", "winter", "road", "and", "was")
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhg"
    "GAWjR9awAAAABJRU5ErkJggg=="
)

RowOf = Callable[[int], RowView]


class Report(msgspec.Struct, frozen=True):
    """What a page is made of."""

    overview: Overview
    pieces: dict[str, msgspec.Struct]

    def single_file(self, folder: Path) -> Path:
        """Write the report as one file and return its path."""
        path = folder / "report.html"
        path.write_text("".join(page(self.overview, self._scripts())), encoding="utf-8")
        return path

    def folder(self, folder: Path) -> Path:
        """Write the report as a folder and return the path of its page."""
        for name, text in self._scripts():
            path = folder / "pieces" / f"{name}.js"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
        path = folder / "index.html"
        path.write_text("".join(page(self.overview)), encoding="utf-8")
        return path

    def _scripts(self) -> Iterator[tuple[str, bytes]]:
        return ((name, script(name, content)) for name, content in self.pieces.items())


def report(*runs: Sequence[RowView], **changes: Any) -> Report:
    """Return a report of runs with these rows, three a piece; `changes` are of its overview."""
    return sized_report(runs, index_rows=10, chunk_rows=3, **changes)


def sized_report(
    runs: Sequence[Sequence[RowView]], /, *, index_rows: int, chunk_rows: int, **changes: Any
) -> Report:
    """Return a report with so many rows in a piece of the index and in one of rows."""
    pieces: dict[str, msgspec.Struct] = {}
    views: list[RunView] = []
    for number, rows in enumerate(runs):
        key = f"r{number}"
        parts = [
            index_chunk(rows[start : start + index_rows], start, chunk_rows)
            for start in range(0, len(rows), index_rows)
        ]
        pieces |= {f"{key}/index-{place}": part for place, part in enumerate(parts)}
        pieces |= {
            f"{key}/rows-{start // chunk_rows}": RowChunk(
                rows=tuple(rows[start : start + chunk_rows])
            )
            for start in range(0, len(rows), chunk_rows)
        }
        views.append(run_view(key, rows=len(rows), index_chunks=len(parts)))
    given = overview(runs=tuple(views))
    return Report(msgspec.structs.replace(given, **changes), pieces)


def overview(**changes: Any) -> Overview:
    """Return an overview with a table and two plots."""
    given = Overview(
        title="Two methods on long documents",
        made_at="2026-11-25 09:00 UTC",
        version="0.1.0",
        live=False,
        runs=(),
        tables=(results_table(),),
        figures=(bars(), scatter()),
    )
    return msgspec.structs.replace(given, **changes)


def results_table() -> Table:
    """Return a table with spans, ranks and notes."""
    return Table(
        title="Results",
        header=("Method", "QA", "Summary", "Retrieval", "Kept"),
        rows=(
            ("full cache", "71.2 ± 1.3", "24.8 ± 0.9", "99.5 ± 0.2", "100%"),
            ("snapkv", "69.9 ± 1.4", "24.9 ± 0.8", "97.1 ± 0.6", "25%"),
            ("streaming", "52.3 ± 1.6", "21.0 ± 0.9", "31.8 ± 1.9", "25%"),
        ),
        notes=("Means with standard errors, clustered by document.", "Prompts: evalrun wording."),
        spans=(None, "Score", "Score", "Score", None),
        ranks=(
            (None, "best", "second", "best", None),
            (None, "second", "best", "second", None),
            (None, None, None, None, None),
        ),
        numeric=(False, True, True, True, True),
    )


def bars() -> Figure:
    """Return a bar chart."""
    return Figure(
        id="scores",
        title="Scores by task",
        alt="Bars of three tasks: full cache is highest in QA and retrieval.",
        note="Whiskers are 95% intervals.",
        data=(
            {"type": "bar", "x": list(TASKS), "y": [71.2, 24.8, 99.5], "name": "full cache"},
            {"type": "bar", "x": list(TASKS), "y": [69.9, 24.9, 97.1], "name": "snapkv"},
        ),
        layout={"yaxis": {"title": {"text": "score"}}, "barmode": "group"},
    )


def scatter() -> Figure:
    """Return a plot of points and lines."""
    return Figure(
        id="pareto",
        title="Score against memory",
        alt="Four points: the score rises with the memory of the cache.",
        note="",
        data=({"type": "scatter", "mode": "lines+markers", "x": [1, 2, 4, 8], "y": [3, 5, 6, 6]},),
        layout={"xaxis": {"title": {"text": "GiB"}}},
    )


def run_view(key: str, **changes: Any) -> RunView:
    """Return a run called after its key."""
    given = RunView(
        key=key,
        label=f"longdocs / small-model {'+ snapkv' if key == 'r1' else '(full cache)'}",
        recipe="longdocs",
        model="small-model",
        kv="snapkv" if key == "r1" else "full",
        protocol="multi_turn",
        scorer="f1",
        folder=f"outputs/longdocs/small-model/{key}0123456789",
        state="complete",
        started_at="2026-11-25 08:12 UTC",
        wall_s=754.2,
        planned=12,
        predicted=11,
        failed={"timeout": 1},
        statuses={"ok": 10, "unparsed": 1},
        tasks=TASKS,
        metrics=("f1",),
        usage=Usage(input_tokens=1_204_332, output_tokens=8_211, cost_usd=0.31),
        config="recipe: longdocs\nmodel:\n  name: small-model\nrun:\n  seed: 0\n",
        provenance={"data": {"revision": "4f2c9e", "files": ["a.jsonl"]}, "prompts": "own"},
        notes=("Limited to 4 samples of each task.",),
        rows=0,
        index_chunks=0,
    )
    return msgspec.structs.replace(given, **changes)


def index_chunk(rows: Sequence[RowView], start: int, chunk_rows: int) -> IndexChunk:
    """Return the index of `rows`, of which the first is row `start` of its run."""
    tasks = tuple(sorted({row.task for row in rows}))
    statuses = tuple(sorted({row.status for row in rows if row.status is not None}))
    errors = tuple(sorted({row.error for row in rows if row.error is not None}))
    turns = [row.turns[0] if row.turns else TurnView() for row in rows]
    return IndexChunk(
        tasks=tasks,
        statuses=statuses,
        errors=errors,
        id=tuple(row.id for row in rows),
        sample=tuple(row.sample for row in rows),
        epoch=tuple(row.epoch for row in rows),
        group=tuple(row.group for row in rows),
        task=tuple(tasks.index(row.task) for row in rows),
        status=tuple(-1 if row.status is None else statuses.index(row.status) for row in rows),
        error=tuple(-1 if row.error is None else errors.index(row.error) for row in rows),
        score=tuple(next(iter(row.scores.values()), None) for row in rows),
        latency_s=tuple(turn.timing.latency_s if turn.timing else None for turn in turns),
        tokens=tuple(turn.usage.tokens if turn.usage else 0 for turn in turns),
        chunk=tuple((start + place) // chunk_rows for place in range(len(rows))),
        place=tuple((start + place) % chunk_rows for place in range(len(rows))),
        gist=tuple((turn.output or "")[:120] for turn in turns),
    )


def row(number: int, **changes: Any) -> RowView:
    """Return row `number`: right where its number is even, of one task after another."""
    right = 1.0 if number % 2 == 0 else 0.0
    given = RowView(
        id=f"doc-{number:05}",
        sample=f"doc-{number:05}",
        epoch=0,
        task=TASKS[number % 3],
        labels={"language": "de" if number % 4 == 0 else "en"},
        status="ok",
        scores={"f1": right},
        context="It was a long winter by the river. " * 4,
        context_chars=140,
        turns=(turn(number, scores={"f1": right}),),
    )
    return msgspec.structs.replace(given, **changes)


def turn(number: int, **changes: Any) -> TurnView:
    """Return a turn with everything a turn may have but media."""
    words = random.Random(number).choices(WORDS, k=18)
    given = TurnView(
        query=f"Who kept the lantern in document {number}?",
        output=" ".join(words),
        reasoning=f"Document {number} names a keeper.",
        stop_reason="stop",
        usage=Usage(input_tokens=900 + number, output_tokens=18),
        timing=ReplyTiming(latency_s=0.2 + number % 7 / 10, ttft_s=0.1),
        status="ok",
        target=["the keeper", "keeper"],
        answer="keeper",
    )
    return msgspec.structs.replace(given, **changes)


def rich_row(number: int) -> RowView:
    """Return a row of two turns with an image, a tool call and a judge's explanation."""
    turns = (
        turn(number, images=(PIXEL,), scores={"f1": 1.0}),
        turn(
            number + 1,
            tool_calls=(ToolCall("call-1", "look_up", '{"name": "keeper"}'),),
            explanation="The reply names the keeper and the year.",
            scores={"f1": 0.5, "judge": 7.0},
            subtask="follow-up",
        ),
    )
    return row(number, turns=turns, group="harbour", kv={"method": "snapkv", "tokens_kept": 512.0})


def failed_row(number: int) -> RowView:
    """Return a row without reply or verdict."""
    return row(number, error="timeout", status=None, scores={}, turns=())
