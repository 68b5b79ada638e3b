"""Scores by length and depth, read from `scores.jsonl`."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from fabricated import results, stored

from evalrun.core.errors import DataError
from evalrun.core.score import Score
from evalrun.runners.needle_map import NeedleMap, needle_map


def line(
    sample_id: str, value: float | None, *, epoch: int = 0, scorer: str = "exact", **others: float
) -> bytes:
    score = Score(
        id=f"{sample_id}#{epoch}",
        scorer=scorer,
        scores={"rouge1": value, **others},
        answer=None,
        status="scorer_error" if value is None else "ok",
        sample_id=sample_id,
        epoch=epoch,
        task="needle",
        group=None,
        turns=(),
    )
    return msgspec.json.encode(score) + b"\n"


def found(folder: Path, *lines: bytes) -> NeedleMap | None:
    return needle_map(stored(folder / "run", results(), b"".join(lines)))


def test_a_row_is_a_depth_and_a_column_a_length_in_ascending_order(tmp_path: Path) -> None:
    known = found(
        tmp_path,
        line("needle/2000/0", 0.2),
        line("needle/2000/50", 0.4),
        line("needle/1000/50", 0.3),
        line("needle/1000/0", 0.1),
    )
    assert known == NeedleMap((1000, 2000), (0.0, 50.0), ((0.1, 0.2), (0.3, 0.4)))
    assert known.mean == pytest.approx(0.25)


def test_lengths_and_depths_are_numbers_not_texts(tmp_path: Path) -> None:
    known = found(tmp_path, *(line(f"needle/{n}/11.5", 1.0) for n in (900, 10000)))
    assert known is not None
    assert known.lengths == (900, 10000)
    assert known.depths == (11.5,)


def test_a_place_without_a_verdict_is_empty_and_not_zero(tmp_path: Path) -> None:
    known = found(
        tmp_path,
        line("needle/1000/0", 1.0),
        line("needle/2000/50", 0.5),
        line("needle/2000/0", None),
    )
    assert known is not None
    assert known.values == ((1.0, None), (None, 0.5))
    assert known.mean == 0.75


def test_epochs_are_averaged_and_a_later_verdict_replaces_an_earlier_one(tmp_path: Path) -> None:
    known = found(
        tmp_path,
        line("needle/1000/0", 0.0),
        line("needle/1000/0", 1.0),
        line("needle/1000/0", 0.5, epoch=1),
    )
    assert known is not None
    assert known.values == ((0.75,),)


def test_only_the_first_metric_of_the_runs_own_scorer_counts(tmp_path: Path) -> None:
    known = found(
        tmp_path,
        line("needle/1000/0", 0.25, recall=1.0),
        line("needle/1000/0", 1.0, scorer="includes"),
    )
    assert known is not None
    assert known.values == ((0.25,),)


@pytest.mark.parametrize("name", ["kv/1", "needle/1000", "needle/x/0", "needle/1000/0/b", "a/b/c"])
def test_samples_of_other_names_are_no_needles(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, line(name, 1.0)) is None


def test_a_run_without_scores_has_no_map(tmp_path: Path) -> None:
    assert found(tmp_path) is None


def test_a_line_that_is_no_score_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"scores\.jsonl, line 2"):
        found(tmp_path, line("needle/1000/0", 1.0), b"{}\n")
