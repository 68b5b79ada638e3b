"""The tasks of both benchmarks, and what official files and rows call them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from ...core.rows import Row
from ..official_rows import OfficialRows, RowFile

Form = Literal["bool", "mcq", "gen"]
Split = Literal["test", "dev"]

LICENCE = "CDLA-Permissive-2.0"

# What the `group` of a row begins with, by task.
GROUPS = {
    "app": "applicable_actions",
    "areach": "reachable_action",
    "just": "action_justification",
    "land": "landmarks",
    "nexta": "goal_closer",
    "prog": "progression",
    "reach": "reachable_atom",
    "val": "validation",
}
# The next action is asked for in open questions alone.
CLOSED = tuple(task for task in GROUPS if task != "nexta")
_SUFFIXES: dict[Form, tuple[str, ...]] = {
    "bool": ("bool",),
    "mcq": ("mc", "mcq"),
    "gen": ("gen",),
}


def row_file(name: str, task: str, form: Form, split: Split) -> RowFile:
    """Return where rows lie, called `name`: in a folder a task, or with the task in their name."""
    files = [f"{split}.{form}.json.gz", f"{split}.{form}.json"]
    folders = [f"dataset/{task}/{file}" for file in files]
    return RowFile(name, (*folders, *(f"{task}.{file}" for file in files)))


def official_rows(
    recipe: str,
    files: Iterable[RowFile],
    *,
    folder: str,
    revision: str | None,
    path: str | None,
    task_of: Callable[[Row], str | None],
) -> OfficialRows:
    """Return the rows of `files` in `folder`, or those of the file `path`.

    Files of all tasks have the same name, so that of `path` says nothing: its rows do.
    """
    if path is not None:
        files = (RowFile(file.task, ()) for file in files)
    return OfficialRows(
        recipe=recipe,
        files=tuple(files),
        folder=Path(folder),
        revision=revision,
        path=None if path is None else Path(path),
        task_of=task_of,
    )


def task_and_form(row: Row) -> tuple[str, Form] | None:
    """Return task and form that a row's group names; None if that is none of the benchmarks'."""
    group, _, suffix = str(row.get("group", "")).rpartition("_")
    for task, prefix in GROUPS.items():
        for form, suffixes in _SUFFIXES.items():
            if (prefix, True) == (group, suffix in suffixes):
                return task, form
    return None
