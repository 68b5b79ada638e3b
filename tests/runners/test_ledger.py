"""What a run folder holds, and what of it is left to do."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from evalrun.core.exchange import ReplyTiming, Usage
from evalrun.core.prediction import Prediction, TurnRecord
from evalrun.core.sample import Sample, Turn
from evalrun.core.score import Score, Status, TurnScore
from evalrun.core.shard import Shard
from evalrun.runners.folder import RunFolder
from evalrun.runners.ledger import Ledger
from evalrun.runners.shards.split import share_of


def graded(folder: Path, *verdicts: tuple[Status, str | None]) -> bool:
    """Tell whether a sample with these verdicts, one after another, is complete."""
    rows = [
        Score(
            id="n/0#0",
            scorer="s",
            scores={"m": None},
            answer=None,
            status=status,
            sample_id="n/0",
            epoch=0,
            task="n",
            group=None,
            turns=(TurnScore(turn=0, scores={"m": None}, status=status, explanation=why),),
        )
        for status, why in verdicts
    ]
    run = RunFolder(folder)
    prediction = Prediction(id="n/0#0", sample_id="n/0", epoch=0, task="n", outputs=("x",))
    run.predictions.write_bytes(msgspec.json.encode(prediction) + b"\n")
    run.scores.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return Ledger(run, "s").is_complete("n/0#0")


@pytest.mark.parametrize(
    ("status", "why", "complete"),
    [
        ("ok", None, True),
        ("unparsed", "no number", True),
        ("scorer_error", "ValueError()", False),
        # A turn without a target.
        ("not_applicable", None, True),
        # A compiler may be there the next time.
        ("not_applicable", "not installed in the sandbox: javac", False),
    ],
)
def test_what_could_not_be_graded_is_graded_again(
    tmp_path: Path, status: Status, why: str | None, complete: bool
) -> None:
    assert graded(tmp_path, (status, why)) == complete


def test_a_later_verdict_ends_it(tmp_path: Path) -> None:
    assert graded(tmp_path, ("not_applicable", "no javac"), ("ok", None))


def test_without_a_scorer_nothing_needs_a_verdict(tmp_path: Path) -> None:
    graded(tmp_path, ("scorer_error", "broken"))
    assert Ledger(RunFolder(tmp_path), None).is_complete("n/0#0")


def test_of_a_run_a_shard_counts_its_own_samples_alone(tmp_path: Path) -> None:
    spent = Usage(input_tokens=1)
    timing = ReplyTiming(latency_s=0.0)
    record = TurnRecord(stop_reason="stop", usage=spent, timing=timing)
    rows = [
        Prediction(id=f"n/{i}#0", sample_id=f"n/{i}", epoch=0, task="n", turns=(record,))
        for i in range(4)
    ]
    run = RunFolder(tmp_path)
    run.predictions.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    samples = [Sample(id=row.sample_id, task="n", turns=(Turn(query="?"),)) for row in rows]
    ledger = Ledger(run, None, share_of(samples, Shard(2, 2)))
    assert [ledger.is_complete(row.id) for row in rows] == [False, True, False, True]
    assert ledger.prediction("n/0#0") is None
    assert ledger.spent == spent + spent
