"""Leaderboards read from CSV files: wide and long, missing, repeated, lower is better."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from boards import FIXTURES
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.errors import DataError
from evalrun.runners.agreement.leaderboards import (
    Reading,
    Scenario,
    read_catalog,
    read_leaderboard,
)

CATALOG = sorted((FIXTURES / "benchmarks").glob("*.csv"))
RISK = FIXTURES / "benchmarks" / "risk_240101_safety.csv"


def read_text(folder: Path, text: str, **reading) -> tuple[Scenario, ...]:
    path = folder / "board_1.csv"
    path.write_text(text, encoding="utf-8")
    return read_leaderboard(path, Reading(**reading)).scenarios


def test_a_wide_file_has_a_scenario_a_column() -> None:
    read = read_leaderboard(CATALOG[0], Reading(display={"alpha_hard": "Alpha (hard)"}))
    assert [s.name for s in read.scenarios] == ["alpha", "Alpha (hard)"]
    assert {s.source for s in read.scenarios} == {"alpha_240101_holistic"}
    assert read.scenarios[1].scores == {"model_a": 50, "model_b": 40, "model_d": 20, "model_e": 10}


def test_of_repeated_models_the_best_score_is_kept_and_said() -> None:
    read = read_leaderboard(CATALOG[0], Reading())
    assert read.scenarios[0].scores["model_e"] == 55.0
    assert read.notes == ("alpha_240101_holistic.csv: 2 repeated scores, the best kept",)


def test_a_long_file_names_scenario_and_perhaps_source() -> None:
    read = read_leaderboard(FIXTURES / "long.csv", Reading())
    assert read.scenarios == (
        Scenario("one", "long", {"model_a": 0.9, "model_b": 0.8}),
        Scenario("two", "elsewhere", {"model_a": 1.0}),
    )


@pytest.mark.parametrize("cell", ["", "-", "nan", "NaN", "N/A", " - ", "null"])
def test_a_missing_score_is_no_score(cell: str, tmp_path: Path) -> None:
    (found,) = read_text(tmp_path, f"model,x\na,1\nb,{cell}\n")
    assert found.scores == {"a": 1.0}


def test_a_row_that_ends_early_lacks_its_last_scores(tmp_path: Path) -> None:
    first, second = read_text(tmp_path, "model,x,y\na,1\nb,2,3\n")
    assert first.scores == {"a": 1.0, "b": 2.0}
    assert second.scores == {"b": 3.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the first column should be 'model', found nothing"),
        ("name,x\na,1\n", "the first column should be 'model', found 'name'"),
        ("model\na\n", "the first column should be 'model', found 'model'"),
        ("model,x\na,1\nb,good\n", "row 2, column 'x': 'good' is not a number"),
        ("model,x\na,1,2\n", "row 1: more cells than the header"),
        ("model,scenario\na,x\n", "with a column 'scenario' needs 'score' too"),
        ("model,scenario,score\na,x,high\n", "row 1: 'high' is not a number"),
    ],
)
def test_a_malformed_file_is_named_with_its_row(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"board_1\.csv") as caught:
        read_text(tmp_path, text)
    assert message in str(caught.value)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"model,x\n\xff\xfe,1\n")
    with pytest.raises(DataError, match=r"bytes\.csv"):
        read_leaderboard(tmp_path / "bytes.csv", Reading())


def test_the_official_list_turns_no_file_round_and_the_fixed_reading_does() -> None:
    lower = ("risk_240101",)
    (shipped,) = read_leaderboard(
        RISK, Reading(variant="official", lower_is_better=lower)
    ).scenarios
    assert shipped.scores["model_e"] == 0.9
    fixed = read_leaderboard(RISK, Reading(variant="fixed", lower_is_better=lower))
    scores = fixed.scenarios[0].scores
    assert scores == pytest.approx(
        {"model_a": 1.0, "model_b": 0.875, "model_c": 0.75, "model_d": 0.5, "model_e": 0.0}
    )
    assert fixed.notes == ("risk_240101_safety: lower is better, turned round",)


@pytest.mark.parametrize(("variant", "kept"), [("official", 0.0), ("fixed", 0.5)])
def test_the_best_of_repeated_scores_is_the_lowest_where_lower_is_better(
    variant, kept: float, tmp_path: Path
) -> None:
    text = "model,x\na,1\na,3\nb,0\nc,2\n"
    name = "board_1"
    (found,) = read_text(tmp_path, text, variant=variant, lower_is_better=(name,))
    assert found.scores["a"] == kept


def test_equal_scores_turned_round_are_equal(tmp_path: Path) -> None:
    (found,) = read_text(tmp_path, "model,x\na,1\nb,1\n", lower_is_better=("board",))
    assert found.scores == {"a": 0.0, "b": 0.0}


def test_a_broken_file_of_a_catalog_is_skipped_and_said() -> None:
    read = read_catalog(CATALOG, Reading(variant="official"))
    assert {s.name for s in read.scenarios} == {"alpha", "alpha_hard", "beta", "risk"}
    skipped = [note for note in read.notes if note.startswith("skipped ")]
    assert len(skipped) == 1
    assert skipped[0].endswith(
        "broken_240101_longcontext.csv: the first column should be 'model', found 'llm_model'"
    )


def test_the_fixed_reading_takes_the_column_llm_model() -> None:
    names = {s.name for s in read_catalog(CATALOG, Reading(variant="fixed")).scenarios}
    assert "average" in names


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-1e9, 1e9), min_size=1))
def test_turning_round_reverses_the_order(tmp_path_factory, scores: dict[str, float]) -> None:
    folder = tmp_path_factory.getbasetemp()
    text = "model,x\n" + "".join(f"{name},{score!r}\n" for name, score in scores.items())
    (found,) = read_text(folder, text, lower_is_better=("board",))
    assert all(0 <= score <= 1 for score in found.scores.values())
    for one, score in scores.items():
        for other, higher in scores.items():
            if score < higher:
                assert found.scores[one] >= found.scores[other]


def test_the_official_catalog_has_the_counts_of_its_card(shared_data: Path) -> None:
    folder = shared_data / "benchbench"
    display = json.loads((folder / "prettified_bencmark_names.json").read_text())
    files = sorted((folder / "benchmarks").glob("*.csv"))
    read = read_catalog(files, Reading(variant="official", display=display))
    assert len(files) == 40
    assert len({s.source for s in read.scenarios}) == 39
    assert len({s.name for s in read.scenarios}) == len(read.scenarios) == 71
    assert len({model for s in read.scenarios for model in s.scores}) == 1435
    assert sum(len(s.scores) for s in read.scenarios) == 4302
    assert [n for n in read.notes if "lvbench_241189_longcontext.csv" in n]
    assert {"LMSys Arena", "Helm Lite"} <= {s.name for s in read.scenarios}
