"""The tasks of both benchmarks, and what official files and rows call them."""

from __future__ import annotations

from typing import Literal

from ...core.rows import Row

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


def task_and_form(row: Row) -> tuple[str, Form] | None:
    """Return task and form that a row's group names; None if that is none of the benchmarks'."""
    group, _, suffix = str(row.get("group", "")).rpartition("_")
    for task, prefix in GROUPS.items():
        for form, suffixes in _SUFFIXES.items():
            if (prefix, True) == (group, suffix in suffixes):
                return task, form
    return None
