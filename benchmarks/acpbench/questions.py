"""What both benchmarks do alike: which files they read, and what they say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec

from ...core.config import Options
from ...core.rows import Row
from ...core.source import FileSource
from ..official import fetched_folders
from ..official_rows import OfficialRows, RowFile
from ..template import WORDING
from .prompts import Style
from .tasks import LICENCE, Form, Split
from .wording import read_sentences


class QuestionOptions(Options, frozen=True):
    """Which files are read, and how their questions are put.

    - `task`: "all", a name, names joined by commas, or a list.
    - `style`: `harness` is one text in the official frame, `chat` has no frame. `shots`: how many
      of the two worked examples are shown.
    """

    task: str | tuple[str, ...] = "all"
    split: Split = "test"
    style: Style = "harness"
    shots: Annotated[int, msgspec.Meta(ge=0, le=2)] = 2
    fetch: FileSource | None = None
    data_dir: str = "."
    path: str | None = None


def row_file(name: str, task: str, form: Form, split: Split) -> RowFile:
    """Return where rows lie, called `name`: in a folder a task, or with the task in their name."""
    files = [f"{split}.{form}.json.gz", f"{split}.{form}.json"]
    folders = [f"dataset/{task}/{file}" for file in files]
    return RowFile(name, (*folders, *(f"{task}.{file}" for file in files)))


def official_rows(
    recipe: str,
    files: Iterable[RowFile],
    options: QuestionOptions,
    task_of: Callable[[Row], str | None],
) -> OfficialRows:
    """Return the rows of `files` in the folder of data, or those of the file that is named.

    Files of all tasks have the same name, so that of `options.path` says nothing: its rows do.
    """
    if options.path is not None:
        files = (RowFile(file.task, ()) for file in files)
    return OfficialRows(
        recipe=recipe,
        files=tuple(files),
        folder=Path(options.data_dir),
        fetched=fetched_folders(Path(options.data_dir), options.fetch),
        path=None if options.path is None else Path(options.path),
        task_of=task_of,
    )


def provenance_of(tasks: Iterable[str], rows: OfficialRows) -> dict[str, Any]:
    """Return tasks, wording, licence, and what identifies the rows. Raises DataError."""
    return {
        "tasks": list(tasks),
        "prompts": WORDING,
        "prompts_version": read_sentences().version,
        "licence": LICENCE,
        **rows.identity(),
    }
