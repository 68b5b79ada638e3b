"""What an agreement test shows."""

from __future__ import annotations

import msgspec
import pytest
from boards import FIXTURES, SMALL, study_of

from evalrun.runners.agreement.tables import agreement_shown
from evalrun.runners.tables.table import Table

MINE = str(FIXTURES / "mine.csv")


def tables_of(*arguments: str) -> tuple[Table, ...]:
    return agreement_shown(study_of(*SMALL, *arguments)).tables


def column(table: Table, name: str) -> list[str]:
    return [row[table.header.index(name)] for row in table.rows]


def test_benchmarks_stand_by_their_agreement_with_the_distribution_below() -> None:
    first, _ = tables_of(MINE)
    assert first.title == "Agreement with the aggregate: Kendall's tau-b, all shared models"
    assert column(first, "benchmark") == ["Alpha", "beta", "mine *", "risk"]
    assert column(first, "rank") == ["1", "1", "3", "4"]
    assert column(first, "agreement") == ["0.949", "0.949", "-0.738", "-0.949"]
    # Mean 0.0527, deviation 1.0382
    assert column(first, "z") == ["+0.86", "+0.86", "-0.76", "-0.96"]
    assert column(first, "in aggregate") == ["yes", "yes", "no", "no"]
    assert first.notes[0] == "4 benchmarks: mean 0.053, standard deviation 1.038"
    assert len(first.numeric) == len(first.header)


def test_few_models_are_warned_of() -> None:
    notes = tables_of(MINE)[0].notes
    assert any(
        note
        == "too few models shared to tell, fewer than 10: Alpha (5), beta (5), mine (5), risk (5)"
        for note in notes
    )
    assert "too few models shared with the aggregate to compare: Alpha (hard)" in notes
    assert "subsets of fewer than 10 models say little" in tables_of("n_models=5")[0].notes
    assert any("skipped" in note and "broken_240101" in note for note in notes)


def test_the_users_benchmarks_stand_beside_each_other_one() -> None:
    _, own = tables_of(MINE)
    assert own.header == ("benchmark", "mine")
    assert dict(own.rows) == {
        "aggregate": "-0.74 (5)",
        "Alpha": "-0.80 (5)",
        "beta": "-0.60 (5)",
        "risk": "0.80 (5)",
    }


def test_columns_that_say_nothing_are_left_out() -> None:
    header = tables_of()[0].header
    assert "sd of draws" not in header
    assert {"p", "p (Holm)"} <= set(header)
    sampled = tables_of("n_models=5", "experiments=2")[0].header
    assert {"sd of draws", "mean p"} <= set(sampled)
    assert "p (Holm)" not in sampled


def test_the_matrix_of_all_pairs_comes_when_asked_for() -> None:
    *_, matrix = tables_of("matrix=true")
    assert matrix.header == ("benchmark", "Alpha", "Alpha (hard)", "beta", "risk")
    cells = {row[0]: row[1:] for row in matrix.rows}
    assert cells["Alpha"] == ("-", "-", "0.80 (5)", "-1.00 (5)")
    assert cells["beta"][0] == "0.80 (5)"


def test_each_setting_has_a_table() -> None:
    shown = tables_of("correlations=kendall,pearson", "n_models=0,5")
    assert [table.title.partition(": ")[2] for table in shown] == [
        "Kendall's tau-b, all shared models",
        "Kendall's tau-b, 5 models, random",
        "Pearson's r, all shared models",
        "Pearson's r, 5 models, random",
    ]
    assert len(shown[0].notes) > len(shown[1].notes)


def test_where_nothing_can_be_compared_the_notes_say_why() -> None:
    (table,) = tables_of("n_models=50")
    assert table.rows == ()
    assert any("too few models shared" in note for note in table.notes)


def test_the_content_is_unrounded_and_identifies_the_data() -> None:
    content = agreement_shown(study_of(*SMALL, MINE)).content
    read = msgspec.json.decode(msgspec.json.encode(content))
    assert read["own"] == ["mine"]
    assert read["aggregate_of"] == ["Alpha", "beta"]
    assert read["standings"][0]["pair"]["agreement"] == pytest.approx(0.9486832980505138)
    assert len(read["pairs"]) == 10
    assert len(read["data"]["files"]) == 4
