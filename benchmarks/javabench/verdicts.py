"""Which verdicts are given beside which replies.

A reply is of one class, and a test suite runs through several. Its verdict stands beside the reply
to one of them: the one with the fewest suites so far, so that verdicts are spread over replies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal

import msgspec

from .rows import ClassRow, SuiteRow

Granularity = Literal["class", "test", "project"]


class Target(msgspec.Struct, frozen=True):
    """What is graded, and how: with `files`, by sample, in place of the reference's."""

    id: str
    files: dict[str, str]
    suite: str | None = None


class Planned(msgspec.Struct, frozen=True):
    """The verdicts beside one reply, each with its granularity."""

    verdicts: tuple[tuple[Granularity, Target], ...]

    @property
    def subtasks(self) -> tuple[str, ...]:
        """The granularity of each."""
        return tuple(granularity for granularity, _ in self.verdicts)

    @property
    def target(self) -> Any:
        """What a scorer reads: an object, or a list of several."""
        entries = [msgspec.to_builtins(verdict) for _, verdict in self.verdicts]
        return entries[0] if len(entries) == 1 else entries


def planned(
    classes: Sequence[ClassRow], suites: Iterable[SuiteRow], wanted: Collection[Granularity]
) -> dict[str, Planned]:
    """Return the verdicts beside each class of one project, by id; those without any are left out.

    Suites that need a class that is not among `classes` are left out.
    """
    files = {row.id: row.file for row in classes}
    by_name = {row.qualified_name: row.id for row in classes}
    found: dict[str, list[tuple[Granularity, Target]]] = {row.id: [] for row in classes}
    if "class" in wanted:
        for row in classes:
            found[row.id].append(("class", Target(row.id, {row.id: row.file})))
    if "test" in wanted:
        for suite in suites:
            if all(name in by_name for name in suite.needs):
                needed = [by_name[name] for name in suite.needs]
                verdict = Target(suite.id, {id_: files[id_] for id_ in needed}, suite.name)
                _least_laden(needed, found).append(("test", verdict))
    if "project" in wanted:
        last = classes[-1]
        found[last.id].append(("project", Target(last.project, files)))
    return {id_: Planned(tuple(verdicts)) for id_, verdicts in found.items() if verdicts}


def _least_laden(
    needed: Sequence[str], found: dict[str, list[tuple[Granularity, Target]]]
) -> list[tuple[Granularity, Target]]:
    return min((found[id_] for id_ in needed), key=len)
