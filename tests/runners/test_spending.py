"""Budgets in money and tokens."""

from __future__ import annotations

import pytest

from evalrun.core.config import RunOptions
from evalrun.core.exchange import Usage
from evalrun.runners.spending import Spending

SAMPLE = Usage(input_tokens=80, output_tokens=20, cost_usd=0.1)


def spending(before: Usage = Usage(), **options: float) -> Spending:  # noqa: B008 - immutable
    return Spending(RunOptions(**options), before)


def test_without_a_budget_anything_goes() -> None:
    spent = spending()
    spent.add_sample(Usage(cost_usd=1e9))
    assert spent.over(10_000) is None


@pytest.mark.parametrize(
    ("options", "key"),
    [({"budget_usd": 0.3}, "run.budget_usd"), ({"budget_tokens": 300}, "run.budget_tokens")],
)
def test_a_spent_budget_names_its_key(options: dict[str, float], key: str) -> None:
    spent = spending(**options)
    for _ in range(2):
        assert spent.over(0) is None
        spent.add_sample(SAMPLE)
    assert spent.over(0) is None
    spent.add_sample(SAMPLE)
    assert key in str(spent.over(0))


def test_what_is_in_flight_counts_at_the_mean_price() -> None:
    spent = spending(budget_usd=0.5)
    spent.add_sample(SAMPLE)
    assert spent.over(3) is None
    assert spent.over(4) is not None


def test_earlier_starts_of_the_run_count() -> None:
    assert spending(SAMPLE, budget_tokens=100).over(0) is not None


def test_judgements_count_without_counting_as_samples() -> None:
    spent = spending(budget_usd=0.35)
    spent.add_sample(SAMPLE)
    spent.add_judgement(SAMPLE)
    assert spent.over(0) is None
    assert spent.over(1) is not None


@pytest.mark.parametrize("options", [{"budget_usd": 1.0}, {"budget_tokens": 1000}])
def test_a_shard_may_spend_its_share(options: dict[str, float]) -> None:
    spent = Spending(RunOptions(**options), SAMPLE, 0.25)
    assert spent.over(0) is None
    spent.add_sample(SAMPLE)
    assert spent.over(0) is None
    spent.add_sample(SAMPLE)
    assert spent.over(0) is not None
