"""Leaderboards of a few models, made up or in the official layout."""

from __future__ import annotations

from pathlib import Path

from evalrun.runners.agreement.leaderboards import Scenario
from evalrun.runners.agreement.options import read_request
from evalrun.runners.agreement.study import Study, studied
from evalrun.runners.compose import Composer

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "benchbench"
SMALL = (
    "recipe=benchbench",
    f"data_dir={FIXTURES}",
    "aggregate.scenarios=[Alpha,beta]",
    "scenarios=[]",
    "n_models=0",
)


def scenario(name: str, source: str = "s", **scores: float) -> Scenario:
    return Scenario(name, source, scores)


def study_of(*arguments: str) -> Study:
    return studied(read_request(Composer(), arguments))


def agreements_of(study: Study) -> dict[tuple[str, str], float | None]:
    return {(row.scenario, row.reference): row.value for row in study.agreements}
