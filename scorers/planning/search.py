"""Optimal plans, and proofs that there is none, by the planner K*."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from ...core.errors import DataError, MissingExtraError


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What is known: how long the shortest plan is, or that there is none.

    Else `reason` says why neither is known. `relaxed` says that there is none even if nothing ever
    became false.
    """

    length: int | None = None
    unsolvable: bool = False
    relaxed: bool = False
    reason: str | None = None


# Exit codes of Fast Downward, on which K* is built: unsolvable, and unsolved (fast-downward.org).
_EXHAUSTED = (11, 12)
TIME_LIMIT = Outcome(reason="unverified: time limit")


def search(domain: str, problem: str, limit_s: int) -> Outcome:
    """Return how many steps the shortest plan of a PDDL domain and problem has, if there is one.

    The planner is a process of its own, and gives up after `limit_s` seconds. It leaves files in
    the working folder, so that this process has another one in the meantime: no two searches may
    run at a time in one process. Raises MissingExtraError.
    """
    try:
        from kstar_planner import planners
    except ImportError:
        raise MissingExtraError("looking for a plan", "planning") from None
    with TemporaryDirectory(prefix="evalrun-pddl-") as folder, _working_in(folder):
        files = [Path(folder, name) for name in ("domain.pddl", "problem.pddl")]
        for path, text in zip(files, (domain, problem), strict=True):
            path.write_text(text, encoding="utf-8")
        found: dict[str, Any] = planners.plan_unordered_topq(
            *files, quality_bound=1.0, number_of_plans_bound=1, timeout=limit_s
        )
    return _outcome(found)


@contextmanager
def _working_in(folder: str) -> Generator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def with_section(problem: str, keyword: str, content: str) -> str:
    """Return `problem` with `content` as its section `keyword`: `:init` or `:goal`.

    Raises DataError without such a section.
    """
    start = problem.find(f"({keyword}")
    depth = 0
    for end in range(start, len(problem)) if start >= 0 else ():
        depth += {"(": 1, ")": -1}.get(problem[end], 0)
        if depth == 0:
            return f"{problem[:start]}({keyword} {content}){problem[end + 1 :]}"
    raise DataError(f"the PDDL problem has no whole section {keyword}")


def _outcome(found: dict[str, Any]) -> Outcome:
    """Return what the planner's report says.

    That there is no plan is believed only of a search that came to its end: the package takes a
    planner that was killed for one that found nothing.
    """
    output, error = found["planner_output"], found["planner_error"].strip()
    if found["plans"]:
        return Outcome(length=len(found["plans"][0]["actions"]))
    if found["timeout_triggered"]:
        return TIME_LIMIT
    if error:
        return Outcome(reason=f"the planner refuses it: {error.splitlines()[0]}")
    if any(f"search exit code: {code}\n" in output for code in _EXHAUSTED):
        return Outcome(unsolvable=True)
    return Outcome(reason="unverified: the planner was stopped")
