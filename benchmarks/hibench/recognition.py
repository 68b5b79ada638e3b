"""Of which tasks a file of the user's is, by its path and by the fields of its first row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ...core.errors import ConfigError
from ...core.rows import Row, read_rows
from .items import TRUE_ANSWER
from .tasks import Mode, Task, scenarios

# What rows of a subtask hold.
_FORMULAS = {
    "calculate": ("Formula", "Result"),
    "convert": ("Formula", "Result"),
    "equivalent": ("Original", "Perturbed", "Is_Equivalent"),
}
_CODE = {"SpaceComplexity": ("space",), "TimeComplexity": ("time complexity", "time")}
_NEAR = 3
_MODE = re.compile(r"InputMode_(edge|hierarchy)")


def first_row(path: Path) -> Row:
    """Return the first row of a file; none is empty. Raises DataError."""
    return next((row for _, row in read_rows(path)), {})


def told_tasks(path: Path, row: Row, tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Return those of `tasks` that a file whose first row is `row` holds.

    Rows of trees hold several subtasks, all with fields of their own. Of other rows and of
    responses, the path tells which one it is: the file's name or the nearest folder's that holds a
    subtask, and where several scenarios have one of that name, the scenario. Raises ConfigError
    when that is not enough.
    """
    held = [task for task in tasks if _fits(task, row)]
    trees = [task for task in held if task.modes and TRUE_ANSWER not in row]
    if trees:
        return tuple(trees)
    names = _near_names(path)
    by_name = ([task for task in held if _stands_in(task.subtask, name)] for name in names)
    named = next(filter(None, by_name), [])
    of_scenario = [t for t in named if any(_stands_in(t.scenario, name) for name in names)]
    told = of_scenario or named or held
    if len(told) == 1:
        return tuple(told)
    among = ", ".join(task.name for task in told or tasks)
    raise ConfigError(f"{path}: of which task are its rows? say benchmark.task=T, of {among}")


def told_modes(task: Task, path: Path, row: Row, wanted: Sequence[Mode]) -> tuple[Mode, ...]:
    """Return those of the modes `wanted` in which the trees of a file are drawn.

    Its path tells it, or which fields its first row has; where neither leaves one, it is for its
    rows to say what they lack. Raises ConfigError for responses whose mode is not told though their
    answers depend on it.
    """
    if not task.modes:
        return ()
    named = _MODE.search(path.as_posix())
    if named:
        shown = tuple(mode for mode in task.modes if mode == named[1])
    else:
        shown = tuple(mode for mode in task.modes if _has_answer(task, mode, row))
    told: Sequence[Mode] = [mode for mode in wanted if mode in shown] or wanted
    if TRUE_ANSWER in row and len(told) > 1 and _differs_by_mode(task):
        raise ConfigError(
            f"{path}: how are its trees drawn? say benchmark.input_mode=edge or hierarchy"
        )
    return tuple(told)


def _fits(task: Task, row: Row) -> bool:
    if TRUE_ANSWER in row:
        return True
    if task.modes:
        return any(_has_answer(task, mode, row) for mode in task.modes)
    if task.scenario == "formula":
        return all(field in row for field in _FORMULAS[task.subtask])
    if task.scenario == "code":
        return "question_no" in row and any(field in row for field in _CODE[task.subtask])
    is_paper = isinstance(row.get("answer"), dict)
    return "question" in row and "answer" in row and is_paper == (task.scenario == "paper")


def _has_answer(task: Task, mode: Mode, row: Row) -> bool:
    """Tell whether `row` holds a tree drawn in `mode` and what the task asks about it."""
    ending = f"_{mode[0].upper()}" if _differs_by_mode(task) else ""
    return f"{mode}_presentation" in row and f"{task.subtask}_A{ending}" in row


def _differs_by_mode(task: Task) -> bool:
    return task.subtask in scenarios()[task.scenario].answers_by_mode


def _near_names(path: Path) -> list[str]:
    """Return the names of a file and of the folders around it, the nearest first.

    Those far up, and the topmost of all (/root), say nothing of the data.
    """
    folders = path.parent.parts[2:] if path.is_absolute() else path.parent.parts
    return [path.stem, *reversed(folders[-_NEAR:])]


def _stands_in(word: str, name: str) -> bool:
    """Tell whether `word` stands in `name` as a word, in whatever case."""
    return bool(re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", name, re.IGNORECASE))
