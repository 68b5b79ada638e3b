"""Which tasks of a benchmark `benchmark.task` names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from ..core.errors import ConfigError
from ..core.suggest import did_you_mean

Task = TypeVar("Task")


def choose(
    chosen: str | tuple[str, ...],
    known: Mapping[str, Task],
    canonical: Callable[[str], str] = str,
) -> tuple[Task, ...]:
    """Return the tasks that `chosen` names: "all", a name, names joined by commas, or a list.

    `known` holds all tasks by name, and `canonical` turns other spellings into those names. A task
    named twice counts once. Raises ConfigError with the nearest name.
    """
    names = [name.strip() for name in (chosen.split(",") if isinstance(chosen, str) else chosen)]
    if names == ["all"]:
        return tuple(known.values())
    found: dict[str, Task] = {}
    for name in names:
        full = canonical(name)
        if full not in known:
            near = did_you_mean(full, known)
            raise ConfigError(f"benchmark.task: unknown task {name!r}; {near}")
        found[full] = known[full]
    if not found:
        raise ConfigError("benchmark.task names no task; 'all' stands for all of them")
    return tuple(found.values())
