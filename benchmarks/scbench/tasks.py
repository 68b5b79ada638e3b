"""The tasks of SCBench: what their rows hold and how long replies may be."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..selection import choose

Answer = Literal["text", "texts", "number"]
Label = Literal["stored", "listed", "text_and_letter"]


class Subtask(msgspec.Struct, frozen=True):
    """One kind of turn.

    `max_tokens` is the official limit of a reply. `answer` is the type of the turn's `answer`,
    and `label` how it is handed to the scorer: as stored, in a list of one, or as
    [text, letter] of the right option. `names_function` turns carry the `name` of a function.
    """

    name: str
    max_tokens: int
    answer: Answer = "text"
    label: Label = "stored"
    names_function: bool = False


class Task(msgspec.Struct, frozen=True):
    """One config of the data set; the turns of a mixed task name their subtask.

    `rows` is the number of official rows. The context is a list of integers when
    `numeric_context`. Rows about source code carry the fields `lang` and `repo`.
    """

    name: str
    rows: int
    subtasks: tuple[Subtask, ...]
    numeric_context: bool = False
    about_code: bool = False

    @property
    def mixed(self) -> bool:
        """Whether turns of several kinds alternate."""
        return len(self.subtasks) > 1


def _plain(name: str, rows: int, max_tokens: int) -> Task:
    return Task(name, rows, (Subtask(name, max_tokens),))


# Row counts: listing of the data set. Limits: microsoft/MInference, `scbench`, commit fb56c91.
TASKS = (
    _plain("scbench_kv", 100, 150),
    _plain("scbench_prefix_suffix", 100, 150),
    Task("scbench_vt", 90, (Subtask("scbench_vt", 30, answer="texts"),)),
    Task(
        "scbench_repoqa",
        88,
        (Subtask("scbench_repoqa", 1024, names_function=True),),
        about_code=True,
    ),
    Task("scbench_qa_eng", 69, (Subtask("scbench_qa_eng", 40, label="listed"),)),
    _plain("scbench_qa_chn", 35, 40),
    Task("scbench_choice_eng", 58, (Subtask("scbench_choice_eng", 40, label="text_and_letter"),)),
    Task("scbench_mf", 100, (Subtask("scbench_mf", 5, answer="number"),), numeric_context=True),
    _plain("scbench_many_shot", 54, 10),
    _plain("scbench_summary", 70, 200),
    Task(
        "scbench_summary_with_needles",
        70,
        (Subtask("scbench_summary", 800), Subtask("scbench_passkey", 15)),
    ),
    Task(
        "scbench_repoqa_and_kv",
        88,
        (Subtask("scbench_repoqa", 1024, names_function=True), Subtask("scbench_kv", 80)),
        about_code=True,
    ),
)

_PREFIX = "scbench_"
_OLDER_PREFIX = "multi_turn_"
_BY_NAME = {task.name: task for task in TASKS}


def canonical(name: str) -> str:
    """Return the full name of a task: `kv` and the older `multi_turn_kv` are `scbench_kv`."""
    return _PREFIX + name.removeprefix(_PREFIX).removeprefix(_OLDER_PREFIX)


def older(name: str) -> str:
    """Return the name that the config `name` had in older revisions of the data set."""
    return _OLDER_PREFIX + name.removeprefix(_PREFIX)


def find_task(name: str) -> Task | None:
    """Return the task called `name`, in any of its spellings, if there is one."""
    return _BY_NAME.get(canonical(name.strip()))


def choose_tasks(chosen: str | tuple[str, ...]) -> tuple[Task, ...]:
    """Return the tasks that `chosen` names: "all", a name, names joined by commas, or a list.

    A task named twice counts once. Raises ConfigError with the nearest name.
    """
    return choose(chosen, _BY_NAME, canonical)
