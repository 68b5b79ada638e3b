"""Questions as samples: many in one prompt, or each alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from ...core.content import Message
from ...core.sample import Sample, Turn
from .exemplars import Exemplars
from .files import Source, read_questions
from .options import Format, Order
from .prompts import long_query, single_query, system_text
from .rows import Question
from .tasks import MMLU, Dataset, Task

# The limit of a reply in the official scripts, and in the paper's runs of open models.
MAX_TOKENS = 4096


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How questions become queries.

    `k` questions share a query, and there are `queries` of them; None is one for every source.
    `exemplars` gives those of a source.
    """

    k: int
    queries: int | None
    order: Order
    format: Format
    exemplars: Callable[[Source], Exemplars]


class Query(msgspec.Struct, frozen=True):
    """The questions of one prompt in the order of the file, and the exemplars before them."""

    subject: str | None
    exemplars: Exemplars
    questions: tuple[Question, ...]


def read_samples(task: Task, sources: Sequence[Source], layout: Layout) -> Iterator[Sample]:
    """Yield the samples of `task`, a query in memory at a time. Raises DataError.

    The baseline asks the questions of the same queries, one by one. A query has no row of its own:
    `Sample.row` numbers the samples of the task, and `metadata` names the rows of the file.
    """
    queries = _queries(task.dataset, sources, layout)
    if not task.is_baseline:
        for position, query in enumerate(queries):
            yield _long_sample(task, query, position, layout)
        return
    singles = ((query, question) for query in queries for question in query.questions)
    for position, (query, question) in enumerate(singles):
        yield _single_sample(task, query, question, position)


def _queries(dataset: Dataset, sources: Sequence[Source], layout: Layout) -> Iterator[Query]:
    """Yield the queries: of MMLU the first K rows of each subject, of others all K rows in turn.

    The last query of a file may be short.
    """
    one_each = dataset == MMLU
    for source in sources[: layout.queries if one_each else None]:
        exemplars = layout.exemplars(source)
        questions = read_questions(dataset, source.files)
        for batch in islice(_batches(questions, layout.k), 1 if one_each else layout.queries):
            yield Query(source.subject, exemplars, batch)


def _batches(questions: Iterator[Question], size: int) -> Iterator[tuple[Question, ...]]:
    while batch := tuple(islice(questions, size)):
        yield batch


def _long_sample(task: Task, query: Query, position: int, layout: Layout) -> Sample:
    dataset = task.dataset
    questions = _ordered(query.questions, layout.order)
    return Sample(
        id=f"{task.name}/{query.subject or position}",
        task=task.name,
        messages=(Message("system", system_text(dataset, query.subject, single=False)),),
        turns=(
            Turn(
                query=long_query(dataset, questions, query.exemplars, layout.format),
                target=[question.answer for question in questions],
                answers=len(questions),
                max_tokens=MAX_TOKENS,
                metadata={"first_label": dataset.first},
            ),
        ),
        row=position,
        row_id=query.subject,
        metadata=_origin(query, [question.row for question in questions]),
    )


def _single_sample(task: Task, query: Query, question: Question, position: int) -> Sample:
    row_id = f"{query.subject}/{question.row}" if query.subject else None
    return Sample(
        id=f"{task.name}/{row_id or question.row}",
        task=task.name,
        messages=(Message("system", system_text(task.dataset, query.subject, single=True)),),
        turns=(
            Turn(
                query=single_query(question, query.exemplars),
                target=question.answer,
                max_tokens=MAX_TOKENS,
            ),
        ),
        row=position,
        row_id=row_id,
        metadata=_origin(query, [question.row]),
    )


def _ordered(questions: Sequence[Question], order: Order) -> list[Question]:
    """Return the questions sorted by their length in characters, those as long as they stood."""
    if order == "normal":
        return list(questions)
    return sorted(questions, key=lambda q: len(q.text), reverse=order == "descending")


def _origin(query: Query, rows: list[int]) -> dict[str, Any]:
    return {"subject": query.subject, "rows": rows} if query.subject else {"rows": rows}
