"""Official rows to samples: prompts, answers, limits."""

from __future__ import annotations

from ...core.sample import Sample, Turn
from .datasets import Dataset
from .files import PlacedRow
from .prompts import Template
from .rows import OfficialRow, parse_row


def to_sample(placed: PlacedRow, template: Template, max_prompt_tokens: int | None) -> Sample:
    """Return the sample of one row. Raises DataError naming file and row."""
    dataset, row = placed.dataset, parse_row(placed.row, placed.dataset, placed.place)
    return Sample(
        id=f"{dataset.name}/{placed.index}",
        task=dataset.name,
        context=template.context_text(row),
        turns=(_turn(row, dataset, template),),
        row=placed.index,
        row_id=row.id,
        max_prompt_tokens=max_prompt_tokens,
        metadata={
            "task_class": dataset.task_class,
            "length": row.length,
            "language": row.language,
        },
    )


def _turn(row: OfficialRow, dataset: Dataset, template: Template) -> Turn:
    return Turn(
        query=template.query_text(row),
        target=row.answers,
        reference=row.answers[0],
        max_tokens=dataset.max_tokens,
        metadata={"all_classes": row.all_classes} if row.all_classes else {},
    )
