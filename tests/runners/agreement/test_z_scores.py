"""Standings in the distribution of agreements, worked out by hand."""

from __future__ import annotations

import msgspec
import pytest

from evalrun.runners.agreement.agreement import Agreement, Setting
from evalrun.runners.agreement.pair_means import pair_means
from evalrun.runners.agreement.z_scores import standings

KENDALL = Setting("kendall", "random", 0)
SAMPLED = Setting("kendall", "random", 5)


def row(scenario: str, value: float | None, p: float = 0.01, **fields) -> Agreement:
    made = Agreement(
        scenario=scenario,
        source=f"source of {scenario}",
        reference="aggregate",
        reference_source="aggregate",
        setting=KENDALL,
        experiment=0,
        n_shared=12,
        n_taken=12,
        value=value,
        p=None if value is None else p,
    )
    return msgspec.structs.replace(made, **fields)


def test_the_z_score_is_of_all_scenarios_with_the_sample_deviation() -> None:
    found = standings(pair_means([row("low", 0.2), row("high", 0.8), row("mean", 0.5)]))
    assert [(s.pair.scenario, s.rank, s.among) for s in found] == [
        ("high", 1, 3),
        ("mean", 2, 3),
        ("low", 3, 3),
    ]
    # Deviation of 0.2, 0.5, 0.8 with ddof 1: 0.3.
    assert [s.z for s in found] == pytest.approx([1.0, 0.0, -1.0])


def test_p_values_of_single_experiments_are_corrected_by_holm() -> None:
    rows = [row("a", 0.9, 0.01), row("b", 0.8, 0.03), row("c", 0.7, 0.02)]
    found = standings(pair_means(rows))
    # 3 x 0.01, 2 x 0.02, then no less: 0.04
    assert [s.p_adjusted for s in found] == pytest.approx([0.03, 0.04, 0.04])


def test_experiments_are_averaged_and_their_mean_p_is_not_corrected() -> None:
    rows = [
        row("a", value, p, setting=SAMPLED, experiment=number)
        for number, (value, p) in enumerate([(0.4, 0.2), (0.8, 0.04), (0.6, 0.03)])
    ]
    (found,) = standings(pair_means(rows))
    assert found.pair.agreement == pytest.approx(0.6)
    assert found.pair.spread == pytest.approx(0.2)
    assert found.pair.p == pytest.approx(0.09)
    assert found.pair.n_experiments == 3
    assert found.p_adjusted is None


def test_one_scenario_and_equal_ones_have_no_z_score() -> None:
    assert standings(pair_means([row("a", 0.5)]))[0].z is None
    equal = standings(pair_means([row("a", 0.5), row("b", 0.5 + 1e-16)]))
    assert [(s.z, s.rank) for s in equal] == [(None, 1), (None, 1)]
    assert standings([]) == []


def test_agreements_that_are_none_do_not_count() -> None:
    found = standings(pair_means([row("a", 0.5), row("b", None), row("c", 0.7)]))
    assert [s.pair.scenario for s in found] == ["c", "a"]


def test_only_agreements_with_the_aggregate_count_and_settings_stand_apart() -> None:
    rows = [row("a", 0.5), row("a", 0.1, reference="b"), row("a", 0.7, setting=SAMPLED)]
    found = standings(pair_means(rows))
    assert [(s.pair.setting.n_models, s.pair.agreement) for s in found] == [(0, 0.5), (5, 0.7)]
