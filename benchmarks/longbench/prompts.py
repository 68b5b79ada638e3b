"""What is asked: templates by dataset, from a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from ...core.errors import DataError
from ..template import fill, split_after
from .datasets import Dataset
from .rows import OfficialRow

OWN_PROMPTS = Path(__file__).with_name("prompts.yaml")


class Template(msgspec.Struct, frozen=True):
    """A prompt in two: up to the end of the context, and what follows it.

    `{context}` and `{input}` stand for these fields of a row. `place` is how messages name it.
    """

    context: str
    query: str
    place: str

    def context_text(self, row: OfficialRow) -> str:
        """Return what stands before the query. Raises DataError."""
        return fill(self.context, {"context": row.context, "input": row.input}, self.place)

    def query_text(self, row: OfficialRow) -> str:
        """Return what follows the context. Raises DataError."""
        return fill(self.query, {"input": row.input}, self.place)


def read_templates(path: Path, datasets: Iterable[Dataset]) -> dict[str, Template]:
    """Return the templates of `datasets` in a JSON or YAML file of dataset -> template.

    Raises DataError naming the file and the dataset.
    """
    decode = msgspec.json.decode if path.suffix.lower() == ".json" else msgspec.yaml.decode
    try:
        texts = decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError) as error:
        raise DataError(f"{path}: should map datasets to templates: {error}") from None
    return {dataset.name: _template(texts, dataset, path) for dataset in datasets}


def _template(texts: dict[str, str], dataset: Dataset, path: Path) -> Template:
    place = f"{path}, template of {dataset.name}"
    if dataset.name not in texts:
        raise DataError(f"{place}: missing; choose other datasets with benchmark.task")
    return Template(*split_after(texts[dataset.name], "context", place), place)
