"""Rows of cells as samples."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.content import Message
from ...core.sample import Sample, Turn
from .cells import Cell
from .items import Item, parse_item
from .prompts import query, scene
from .shots import shots_for


def cell_samples(cell: Cell, shots: int) -> Iterator[Sample]:
    """Yield a sample for each row. Raises DataError naming file and row."""
    examples = shots_for(cell, shots)
    for index, row, place in cell.rows():
        item = parse_item(cell, row, place)
        yield _sample(cell, index, item, examples)


def _sample(cell: Cell, index: int, item: Item, examples: tuple[Item, ...]) -> Sample:
    task = cell.task
    if item.prompt is not None:
        context, question = "", item.prompt
    else:
        context, question = query(task, cell.mode, item, examples)
    metadata = {"references": list(item.references)} if item.references else {}
    return Sample(
        id="/".join([task.name, cell.name, *([cell.part] if cell.part else []), str(index)]),
        task=task.name,
        messages=(Message("system", scene(task.scenario).system),),
        context=context,
        turns=(Turn(query=question, target=item.target, metadata=metadata),),
        row=index,
        row_id=item.row_id,
        labels=cell.labels,
        metadata={"synthetic": True} if cell.synthetic else {},
    )
