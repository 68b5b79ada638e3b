"""The rows of a run: which prediction and which verdict count, and how many there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from report.run_folders import append, begin, failure, prediction, score

from evalrun.core.errors import DataError
from evalrun.core.exchange import Usage
from evalrun.runners.folder import RunFolder
from evalrun.runners.report.reading import reading
from evalrun.runners.report.row_index import RowIndex
from evalrun.runners.report.rows import Stored


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return begin(tmp_path / "run")


def updated(folder: RunFolder) -> RowIndex:
    index = RowIndex(folder)
    index.update()
    return index


def rows(index: RowIndex, scorer: str = "exact") -> list[Stored]:
    with reading(index, scorer, None) as reader:
        return [reader.read(number) for number in range(len(index))]


def test_a_run_that_has_just_begun_has_no_rows(folder: RunFolder) -> None:
    index = updated(folder)
    assert (len(index), index.predicted, index.failed, rows(index)) == (0, 0, {}, [])


def test_rows_stand_in_the_order_of_the_predictions_and_verdicts_are_found(
    folder: RunFolder,
) -> None:
    append(folder.predictions, map(prediction, (2, 0, 1)))
    append(folder.scores, (score(n, n / 2) for n in (0, 1, 2)))
    found = rows(updated(folder))
    assert [row.prediction.id for row in found] == ["s2#0", "s0#0", "s1#0"]
    assert [row.score.scores["accuracy"] for row in found if row.score] == [1.0, 0.0, 0.5]


def test_a_good_prediction_counts_more_than_failures_before_and_after_it(
    folder: RunFolder,
) -> None:
    append(folder.predictions, [failure(0), prediction(1), prediction(0, "good"), failure(0)])
    index = updated(folder)
    assert [row.prediction.outputs for row in rows(index)] == [("good",), ("reply 1",)]
    assert (index.predicted, index.failed) == (2, {})


def test_of_failures_alone_the_last_one_counts(folder: RunFolder) -> None:
    append(folder.predictions, [failure(0, "timeout"), failure(1, "server"), failure(0, "server")])
    index = updated(folder)
    assert (index.predicted, index.failed) == (0, {"server": 2})
    assert [row.prediction.error.kind for row in rows(index) if row.prediction.error] == [
        "server",
        "server",
    ]


def test_of_two_good_predictions_the_last_one_counts(folder: RunFolder) -> None:
    append(folder.predictions, [prediction(0, "one"), prediction(0, "two")])
    assert [row.prediction.outputs for row in rows(updated(folder))] == [("two",)]


def test_all_attempts_are_part_of_what_was_spent(folder: RunFolder) -> None:
    append(folder.predictions, [prediction(0), prediction(0)])
    assert updated(folder).usage == Usage(input_tokens=6, output_tokens=8)


def test_verdicts_are_those_of_one_scorer(folder: RunFolder) -> None:
    append(folder.predictions, map(prediction, (0, 1)))
    append(folder.scores, [score(0, 1.0), score(0, 0.25, scorer="f1"), score(1, 0.0)])
    index = updated(folder)
    assert [row.score and row.score.scorer for row in rows(index, "f1")] == ["f1", None]
    assert index.verdicts("exact").statuses == {"ok": 2}
    assert index.latest_scorer == "exact"


def test_a_scorers_own_failure_is_mended_by_a_later_verdict(folder: RunFolder) -> None:
    append(folder.predictions, map(prediction, (0, 1)))
    broken = [score(n, None, status="scorer_error") for n in (0, 1)]
    append(folder.scores, [*broken, score(0)])
    index = updated(folder)
    counts = {name: n for name, n in index.verdicts("exact").statuses.items() if n}
    assert counts == {"ok": 1, "scorer_error": 1}
    assert [row.score.status for row in rows(index) if row.score] == ["ok", "scorer_error"]


def test_verdicts_on_what_was_never_predicted_are_left_out(folder: RunFolder) -> None:
    append(folder.predictions, [prediction(0)])
    append(folder.scores, [score(7), score(0)])
    index = updated(folder)
    assert (len(index), index.verdicts("exact").statuses["ok"]) == (1, 1)


def test_what_is_new_is_added_and_a_torn_line_waits(folder: RunFolder) -> None:
    append(folder.predictions, [prediction(0)])
    index = updated(folder)
    with folder.predictions.open("ab") as file:
        file.write(b'{"id":"s1#0"')
    index.update()
    assert len(index) == 1
    folder.predictions.write_bytes(folder.predictions.read_bytes()[: -len(b'{"id":"s1#0"')])
    append(folder.predictions, [prediction(1)])
    append(folder.scores, [score(1)])
    index.update()
    assert [bool(row.score) for row in rows(index)] == [False, True]
    assert index.generation == 0


def test_scores_that_were_written_anew_begin_the_index_anew(folder: RunFolder) -> None:
    append(folder.predictions, map(prediction, (0, 1)))
    append(folder.scores, map(score, (0, 1)))
    index = updated(folder)
    folder.scores.write_bytes(b"")
    append(folder.scores, [score(1, 0.5)])
    index.update()
    assert index.generation == 1
    assert [row.score and row.score.scores["accuracy"] for row in rows(index)] == [None, 0.5]
    assert index.usage.input_tokens == 6


def test_rows_that_changed_are_told_once_and_new_ones_are_not(folder: RunFolder) -> None:
    append(folder.predictions, map(prediction, range(3)))
    index = updated(folder)
    assert index.take_revised() is None
    append(folder.predictions, [prediction(3)])
    append(folder.scores, [score(2), score(1), score(3)])
    index.update()
    assert index.take_revised() == 1
    assert index.take_revised() is None


def test_a_line_that_is_no_row_is_named(folder: RunFolder) -> None:
    append(folder.predictions, [prediction(0), {"id": 3}])
    with pytest.raises(DataError, match=r"predictions\.jsonl, line 2: "):
        updated(folder)


def test_files_that_change_while_rows_are_read_are_told(folder: RunFolder) -> None:
    append(folder.predictions, map(prediction, range(2)))
    index = updated(folder)
    folder.predictions.write_bytes(b"{}\n")
    with pytest.raises(DataError, match="changed meanwhile"):
        rows(index)
