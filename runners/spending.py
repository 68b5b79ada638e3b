"""What a run has spent, and when it may spend no more."""

from __future__ import annotations

from ..core.config import RunOptions
from ..core.errors import EvalrunError
from ..core.exchange import Usage
from ..core.score import Score


class BudgetReachedError(EvalrunError):
    """The run has cost what it may cost; it can be resumed with a larger budget."""


class Spending:
    """Money and tokens of a run, judges included; `before` is what earlier starts of it spent.

    It may spend a `part` of its budget, from 0 to 1: a shard's share.
    """

    def __init__(self, options: RunOptions, before: Usage, part: float = 1.0) -> None:
        self._budget_usd = None if options.budget_usd is None else options.budget_usd * part
        self._budget_tokens = (
            None if options.budget_tokens is None else options.budget_tokens * part
        )
        self._before = before
        self._now = Usage()
        self._samples = 0

    def add_sample(self, usage: Usage) -> None:
        """Count a sample that was asked, and what that took."""
        self._now += usage
        self._samples += 1

    def add_judgement(self, usage: Usage) -> None:
        """Count what judging a sample took."""
        self._now += usage

    def over(self, in_flight: int) -> BudgetReachedError | None:
        """Return what forbids to ask one more sample, if anything does.

        Samples that are being asked are counted in at the mean price of those that were, since
        they will be brought home.
        """
        if self._budget_usd is None and self._budget_tokens is None:
            return None
        expected = in_flight / self._samples if self._samples else 0.0
        usd = self._before.cost_usd + self._now.cost_usd * (1 + expected)
        tokens = self._before.tokens + self._now.tokens * (1 + expected)
        if self._budget_usd is not None and usd >= self._budget_usd:
            return _reached(f"${self._budget_usd:g}", "run.budget_usd")
        if self._budget_tokens is not None and tokens >= self._budget_tokens:
            return _reached(f"{self._budget_tokens:,.0f} tokens", "run.budget_tokens")
        return None


def spent_on(score: Score) -> Usage:
    """Return what judges spent."""
    return sum((turn.usage for turn in score.turns if turn.usage is not None), Usage())


def _reached(budget: str, key: str) -> BudgetReachedError:
    return BudgetReachedError(
        f"the budget of {budget} is spent; what was finished is kept: raise {key} and run again"
    )
