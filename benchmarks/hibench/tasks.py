"""The scenarios of HiBench and their subtasks, read from tasks.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from ..selection import choose

Mode = Literal["edge", "hierarchy"]


class Scenario(msgspec.Struct, frozen=True):
    """What tasks.yaml says of a scenario.

    `modes` are the ways in which its structures are drawn. `official_only` says that none of its
    rows can be made from a seed.
    """

    subtasks: tuple[str, ...]
    modes: tuple[Mode, ...] = ()
    questions_by_mode: tuple[str, ...] = ()
    answers_by_mode: tuple[str, ...] = ()
    official_only: bool = False


class Task(msgspec.Struct, frozen=True):
    """A subtask of a scenario."""

    scenario: str
    subtask: str

    @property
    def name(self) -> str:
        """The name in tables: `normal_add_node`."""
        return f"{self.scenario}_{self.subtask}"

    @property
    def official_only(self) -> bool:
        """Whether only official files have rows of it."""
        return scenarios()[self.scenario].official_only

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The ways in which its structures are drawn."""
        return scenarios()[self.scenario].modes


@cache
def scenarios() -> dict[str, Scenario]:
    """Return the scenarios by name."""
    content = Path(__file__).with_name("tasks.yaml").read_bytes()
    return msgspec.yaml.decode(content, type=dict[str, Scenario])


@cache
def all_tasks() -> dict[str, Task]:
    """Return all tasks by name, scenario by scenario."""
    tasks = (Task(name, one) for name, scenario in scenarios().items() for one in scenario.subtasks)
    return {task.name: task for task in tasks}


def choose_tasks(chosen: str | tuple[str, ...]) -> tuple[Task, ...]:
    """Return the tasks that `chosen` names, by task, scenario, or a subtask of one scenario alone.

    Raises ConfigError with the nearest name.
    """
    names = chosen.split(",") if isinstance(chosen, str) else chosen
    whole: list[str] = []
    for name in (name.strip() for name in names):
        scenario = scenarios().get(name)
        whole += [f"{name}_{one}" for one in scenario.subtasks] if scenario else [name]
    return choose(tuple(whole), all_tasks(), _full_name)


def _full_name(name: str) -> str:
    found = [task.name for task in all_tasks().values() if task.subtask == name]
    return found[0] if len(found) == 1 else name
