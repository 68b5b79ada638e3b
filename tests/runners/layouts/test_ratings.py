"""Ratings of rows over their battles."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from graded import grid, run, verdict

from evalrun.runners.layouts.grid import Estimate
from evalrun.runners.results import StoredRun

ELO = {"statistic": "bradley_terry", "range": None}


def battles(folder: Path, model: str, *fought: tuple[str, list[float]]) -> StoredRun:
    scores = [
        verdict(f"{opponent}{i}", share, labels={"opponent": opponent})
        for opponent, shares in fought
        for i, share in enumerate(shares)
    ]
    return run(folder, scores, model=model)


def ratings(runs: list[StoredRun]) -> dict[str, Estimate]:
    return {row.keys[0]: row.cells[0] for row in grid(runs, ELO).rows}


def test_all_rows_are_rated_together_on_one_scale(tmp_path: Path) -> None:
    """A wins 3 of 4 against base; B wins half of them, and 1 of 4 against A."""
    runs = [
        battles(tmp_path, "A", ("base", [1, 1, 1, 0])),
        battles(tmp_path, "B", ("base", [1, 1, 0, 0, 0.5]), ("A", [1, 0, 0, 0])),
    ]
    found = ratings(runs)
    assert found["A"].value == pytest.approx(1000 + 400 * math.log10(3), abs=1)
    assert found["B"].value == pytest.approx(1000, abs=1)
    assert (found["B"].n, found["B"].n_clusters) == (9, 9)


def test_a_rating_lies_within_its_interval(tmp_path: Path) -> None:
    found = ratings([battles(tmp_path, "A", ("base", [1, 0] * 20))])["A"]
    assert found.value == pytest.approx(1000)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


def test_who_never_loses_has_no_rating(tmp_path: Path) -> None:
    runs = [battles(tmp_path, "A", ("base", [1, 1])), battles(tmp_path, "B", ("base", [1, 0]))]
    found = ratings(runs)
    assert (found["A"].value, found["A"].n) == (None, 2)
    assert found["B"].value == pytest.approx(1000)


def test_battles_that_connect_no_opponents_are_told(tmp_path: Path) -> None:
    runs = [battles(tmp_path, "A", ("x", [1, 0])), battles(tmp_path, "B", ("y", [1, 0]))]
    filled = grid(runs, {"name": "Elo", **ELO})
    assert [row.cells[0].value for row in filled.rows] == [None, None]
    assert any(note.startswith("Elo: no battles connect") for note in filled.notes)


def test_rows_of_one_model_are_players_by_all_their_keys(tmp_path: Path) -> None:
    runs = [
        run(
            tmp_path,
            [verdict(str(i), share, labels={"baseline": "b"}) for i, share in enumerate(shares)],
            kv=kv,
        )
        for kv, shares in (("full", [1.0, 0.0]), ("h2o", [0.0, 0.0, 1.0]))
    ]
    filled = grid(runs, ELO, rows=["model", "kv"])
    full, h2o = (row.cells[0].value for row in filled.rows)
    assert full == pytest.approx(1000)
    assert h2o == pytest.approx(1000 - 400 * math.log10(2), abs=1)


def test_a_row_without_battles_has_no_rating(tmp_path: Path) -> None:
    runs = [run(tmp_path, [], missing=[verdict("0", 1.0, labels={"opponent": "base"})])]
    found = ratings(runs)["m"]
    assert (found.value, found.n, found.n_missing) == (None, 0, 1)
