"""What a sample's verdicts are on, as its benchmark says in `Turn.target` and metadata."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from ...core.sample import Sample


class ClassTask(msgspec.Struct, frozen=True, kw_only=True):
    """A class to complete, as `Sample.metadata` holds it.

    `project` is the folder of its reference project, and `skeleton` its source with TODOs.
    """

    project: str
    skeleton: str


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What a verdict is on: an entry of `Turn.target`.

    `files` names the samples whose classes are replaced, each with its file below the sources.
    `suite` is the test class that is run; None runs all.
    """

    id: str
    files: dict[str, str]
    suite: str | None = None


def task_of(sample: Sample) -> ClassTask:
    """Return the class that `sample` asks for."""
    return msgspec.convert(sample.metadata, ClassTask)


def targets_of(target: Any, answers: int) -> list[Target]:
    """Return what the verdicts on a turn are on."""
    entries = cast("list[Any]", target) if answers > 1 else [target]
    return [msgspec.convert(entry, Target) for entry in entries]
