"""Official rows to samples: prompts, labels, limits.

Source of the rules: folder `scbench` of microsoft/MInference, commit fb56c91.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from ...core.errors import ConfigError, DataError
from ...core.rows import Row
from ...core.sample import Sample, Turn
from .prompts import Style, context_text, prefill_text, query_text
from .rows import LETTERS, OfficialRow, OfficialTurn, parse_row
from .tasks import Task

UNLIMITED = 160_000
REQUEST_ROOM = 1000


class PlacedRow(msgspec.Struct, frozen=True):
    """A row, and how messages name it."""

    place: str
    row: Row


class Source(msgspec.Struct, frozen=True):
    """The rows of one task. `rows` opens them anew each time; `name` is how messages call them."""

    task: Task
    name: str
    rows: Callable[[], Iterator[PlacedRow]]
    synthetic: bool = False


class Limits(msgspec.Struct, frozen=True):
    """The official limits: tokens of a whole conversation (-1: 160,000), and turns of a row."""

    max_seq_length: int
    max_turns: int | None


def read_samples(source: Source, style: Style, limits: Limits) -> Iterator[Sample]:
    """Yield the samples of one task, lazily, a row in memory at a time.

    Rows are cut to `limits.max_turns` only if the first row has more turns, as in the official
    code. Raises DataError, ConfigError.
    """
    task = source.task
    first = next(_parsed(source, None), None)
    if first is None:
        raise DataError(f"{source.name}: no rows")
    n = len(first.turns)
    cut = limits.max_turns if limits.max_turns is not None and n > limits.max_turns else None
    max_prompt_tokens = prompt_limit(task, style, limits.max_seq_length, len(first.turns[:cut]))
    functions = functions_by_repo(_parsed(source, cut)) if task.about_code else {}
    for position, row in enumerate(_parsed(source, cut)):
        yield Sample(
            id=f"{task.name}/{position}",
            task=task.name,
            context=context_text(row, task.name, style),
            turns=_turns(row, task, style),
            row=position,
            row_id=row.id,
            max_prompt_tokens=max_prompt_tokens,
            metadata=_metadata(row, functions, synthetic=source.synthetic),
        )


def prompt_limit(task: Task, style: Style, max_seq_length: int, n_turns: int) -> int:
    """Return how many tokens the first prompt may have; longer ones lose their middle.

    `max_seq_length` less the limits of all replies; mixed tasks count half of the turns for each
    of their two kinds. Requests on a shared context keep another 1000 tokens free for the query.
    Raises ConfigError when nothing is left.
    """
    total = UNLIMITED if max_seq_length == -1 else max_seq_length
    replies = sum(subtask.max_tokens for subtask in task.subtasks) * n_turns
    limit = total - replies // len(task.subtasks)
    if style.mode == "multi_request":
        limit -= REQUEST_ROOM
    if limit <= 0:
        raise ConfigError(
            f"benchmark.max_seq_length={max_seq_length} leaves no room for the prompt of "
            f"{task.name}: it must be above {total - limit}"
        )
    return limit


def functions_by_repo(rows: Iterator[OfficialRow]) -> dict[str, dict[str, str]]:
    """Return name -> source of all functions that `rows` ask for, by repository."""
    functions: dict[str, dict[str, str]] = {}
    for row in rows:
        of_repo = functions.setdefault(row.repo or "", {})
        for turn in row.turns:
            if turn.name is not None:
                of_repo.setdefault(turn.name, str(turn.answer))
    return functions


def _parsed(source: Source, cut: int | None) -> Iterator[OfficialRow]:
    for placed in source.rows():
        row = parse_row(placed.row, source.task, placed.place)
        yield msgspec.structs.replace(row, turns=row.turns[:cut])


def _turns(row: OfficialRow, task: Task, style: Style) -> tuple[Turn, ...]:
    return tuple(
        Turn(
            query=query_text(row, index, task.name, style),
            target=_label(turn),
            reference=str(turn.answer),
            choices=turn.options,
            subtask=turn.subtask.name if task.mixed else None,
            max_tokens=turn.subtask.max_tokens,
            prefill=prefill_text(index, task.name, style),
            metadata={"name": turn.name} if turn.name is not None else {},
        )
        for index, turn in enumerate(row.turns)
    )


def _label(turn: OfficialTurn) -> Any:
    """Return the answer in the shape the official scorer takes it."""
    if turn.subtask.label == "listed":
        return [turn.answer]
    if turn.subtask.label == "text_and_letter":
        return [turn.answer, LETTERS[turn.options.index(str(turn.answer))]]
    return turn.answer


def _metadata(
    row: OfficialRow, functions: Mapping[str, dict[str, str]], *, synthetic: bool
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"synthetic": True} if synthetic else {}
    if row.repo is not None:
        metadata |= {"lang": row.lang, "repo": row.repo, "repo_functions": functions[row.repo]}
    return metadata
