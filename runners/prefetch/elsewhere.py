"""What would stop a run on any machine, told from what this one lacks."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.interfaces import Problem


def compute_node_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return those of `problems` that would stop a run on another machine too.

    A job is submitted from a machine that need not have its GPUs, memory or sandbox; but what is
    missing of weights, data, packages and options is missing there as well.
    """
    return tuple(problem for problem in problems if not problem.here_only)
