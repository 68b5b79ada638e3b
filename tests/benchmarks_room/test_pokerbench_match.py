"""Hands of heads-up matches: generated, paired, and read from a file."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from evalrun.benchmarks.pokerbench import PokerBenchMatch
from evalrun.benchmarks.pokerbench.match import PokerBenchMatchOptions
from evalrun.core.deal import Deal
from evalrun.core.errors import DataError
from evalrun.core.sample import Sample

DEAL = {
    "position": "SB",
    "holding": "QhQd",
    "opponent_holding": "Ah2h",
    "board": "AdJhQs4h2c",
}


def match(**options: Any) -> PokerBenchMatch:
    return PokerBenchMatch(PokerBenchMatchOptions(**options))


def deal_of(sample: Sample) -> Deal:
    return msgspec.convert(sample.metadata["deal"], Deal)


def test_the_same_seed_gives_the_same_hands() -> None:
    assert list(match().samples(50)) == list(match().samples(50))
    assert list(match().samples(50)) != list(match(seed=1).samples(50))


def test_there_are_as_many_hands_as_are_wanted_and_each_begins_with_nine_cards() -> None:
    samples = list(match(hands=200).samples())
    assert [sample.id for sample in samples] == [f"hand/{number}" for number in range(1, 201)]
    assert len(list(match(hands=200).samples(3))) == 3
    for sample in samples:
        deal = deal_of(sample)
        cards = deal.holding + deal.opponent_holding + deal.board
        assert len({cards[at : at + 2] for at in range(0, 18, 2)}) == 9


def test_seats_are_shuffled() -> None:
    seats = Counter(sample.labels["position"] for sample in match(hands=1000).samples())
    assert seats["SB"] + seats["BB"] == 1000
    assert 420 < seats["SB"] < 580


def test_swapped_seats_play_each_deal_from_both_sides() -> None:
    first, second, third = match(seats="swapped").samples(3)
    assert deal_of(second) == deal_of(first).swapped()
    assert deal_of(first).position != deal_of(second).position
    assert deal_of(first).holding == deal_of(second).opponent_holding
    assert [sample.group for sample in (first, second, third)] == ["deal/1", "deal/1", "deal/2"]


def test_deals_are_read_from_a_file_whatever_else_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text(json.dumps({**DEAL, "prediction": {"chips": 3}}) + "\n")
    benchmark = match(path=str(path), seats="swapped")
    (sample,) = benchmark.samples()
    assert msgspec.to_builtins(deal_of(sample)) == DEAL
    assert (sample.row, sample.group) == (0, None)
    assert not benchmark.problems()
    assert "sha256" in benchmark.provenance()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"position": "BTN"}, "position"),
        ({"board": "AdJhQs"}, "board"),
        ({"holding": "Qh10d"}, "holding"),
        ({"holding": "AdQd"}, "dealt twice"),
    ],
)
def test_a_malformed_deal_is_named_by_its_row(
    tmp_path: Path, change: dict[str, str], said: str
) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text(f"{json.dumps(DEAL)}\n{json.dumps({**DEAL, **change})}\n")
    with pytest.raises(DataError, match=f"row 2.*{said}"):
        list(match(path=str(path)).samples())


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    (problem,) = match(path=str(tmp_path / "none.jsonl")).problems()
    assert "no such file" in str(problem)
