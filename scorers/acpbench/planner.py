"""Questions about planning tasks, asked in processes with limits."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from ...core.errors import MissingExtraError
from ..limited import LimitedCalls, LimitError
from ..planning import decisions
from ..planning.search import TIME_LIMIT, Outcome

_PACKAGES = ("clingo", "kstar_planner", "pddl", "pebble")
# For reading a task and finding what its relaxation reaches, which the planner's limit is not of.
_READING_S = 60.0


class Planner:
    """Answers to questions about tasks, each a PDDL domain and problem.

    What takes too long is not known: an outcome whose reason says so.
    """

    def __init__(self) -> None:
        """Look for the packages. Raises MissingExtraError."""
        if any(find_spec(name) is None for name in _PACKAGES):
            raise MissingExtraError("grading ACPBench Hard", "planning")
        self._calls = LimitedCalls()

    async def plan_works(self, domain: str, problem: str, steps: tuple[str, ...]) -> bool | None:
        """Tell whether `steps` are a plan; None when that took too long. Raises DataError."""
        return await self._ask(decisions.plan_works, domain, problem, steps, otherwise=None)

    async def reach_fact(self, domain: str, problem: str, fact: str, limit_s: int) -> Outcome:
        """Return how soon a fact can hold. Raises DataError."""
        return await self._ask(decisions.reach_fact, domain, problem, fact, limit_s)

    async def reach_step(
        self, domain: str, problem: str, step: str, limit_s: int
    ) -> Outcome | None:
        """Return how soon a step is applicable; None if it is no step. Raises DataError."""
        return await self._ask(decisions.reach_step, domain, problem, step, limit_s)

    async def length_after(
        self, domain: str, problem: str, step: str, limit_s: int
    ) -> Outcome | None:
        """Return how long a plan is after a step; None if that cannot be. Raises DataError."""
        return await self._ask(decisions.length_after, domain, problem, step, limit_s)

    async def _ask(
        self, decide: Callable[..., Any], *arguments: Any, otherwise: Any = TIME_LIMIT
    ) -> Any:
        try:
            return await self._calls.call(decide, *arguments, timeout_s=_READING_S)
        except LimitError:
            return otherwise
