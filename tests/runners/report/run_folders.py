"""Run folders written row by row, as a run leaves them at any moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from evalrun.core.exchange import ReplyTiming, Usage
from evalrun.core.prediction import Failure, Prediction, TurnRecord
from evalrun.core.score import Score, TurnScore
from evalrun.runners.folder import RunFolder
from evalrun.runners.plan import Plan, PlannedCell
from evalrun.runners.results import Labels, Results, aggregate
from evalrun.runners.status import Status, read_status, write_status

PLAN = Plan(total=10, cells=(PlannedCell("t", 0, None, 10),))
LABELS = Labels(recipe="r", model="m", kv="full", protocol="single_turn", scorer="exact")


def config(**sections: Any) -> dict[str, Any]:
    return {
        "recipe": {"name": "r", "title": "R"},
        "benchmark": {"name": "file", "path": "nowhere.jsonl"},
        "protocol": {"name": "single_turn"},
        "model": {"name": "m", "engine": "recorded"},
        "kv": {"method": "full"},
        "scorer": {"name": "exact"},
        "judge": {},
        **sections,
    }


def begin(path: Path, sections: dict[str, Any] | None = None, **fields: Any) -> RunFolder:
    """Make a run folder in which nothing has been asked yet."""
    folder = RunFolder(path)
    folder.create()
    folder.config.write_text(yaml.safe_dump(config(**(sections or {}))))
    whole = {
        "state": "running",
        "started_at": "2026-11-25T08:00:00+00:00",
        "kv": "full",
        "graded_by": {},
        "provenance": {"data": {}, "model": {}},
        "versions": {"python": "3.12"},
        "plan": PLAN,
    }
    write_status(folder, Status(**{**whole, **fields}))
    return folder


def conclude(folder: RunFolder, scorer: str = "exact", **fields: Any) -> Results:
    """End a run: write results.json, and run.json anew."""
    labels = msgspec.structs.replace(LABELS, scorer=scorer)
    scores = [msgspec.json.decode(x, type=Score) for x in _lines(folder.scores)]
    predictions = [msgspec.json.decode(x, type=Prediction) for x in _lines(folder.predictions)]
    status = read_status(folder)
    assert status is not None
    results = aggregate(scores, predictions, labels, PLAN, status.table)
    folder.results.write_bytes(msgspec.json.encode(results))
    write_status(folder, msgspec.structs.replace(status, **{"state": "complete", **fields}))
    return results


def prediction(number: int, *outputs: str, epoch: int = 0, **fields: Any) -> Prediction:
    """Return the row of sample `s<number>`; one turn, unless there are other outputs."""
    replies = outputs or (f"reply {number}",)
    record = TurnRecord(
        stop_reason="stop",
        usage=Usage(input_tokens=3, output_tokens=4),
        timing=ReplyTiming(latency_s=0.5),
    )
    whole: dict[str, Any] = {
        "id": f"s{number}#{epoch}",
        "sample_id": f"s{number}",
        "epoch": epoch,
        "task": "t",
        "outputs": replies,
        "turns": tuple(record for _ in replies),
        "usage": Usage(input_tokens=3 * len(replies), output_tokens=4 * len(replies)),
        "timing": {"latency_s": 0.5},
    }
    return Prediction(**{**whole, **fields})


def failure(number: int, kind: str = "timeout") -> Prediction:
    return prediction(
        number, outputs=(), turns=(), timing={}, usage=Usage(), error=Failure(kind, "too slow")
    )


def score(number: int, value: float | None = 1.0, *, epoch: int = 0, **fields: Any) -> Score:
    """Return a verdict by `exact` on the only reply of sample `s<number>`."""
    whole: dict[str, Any] = {
        "id": f"s{number}#{epoch}",
        "scorer": "exact",
        "scores": {"accuracy": value},
        "answer": str(number),
        "status": "ok",
        "sample_id": f"s{number}",
        "epoch": epoch,
        "task": "t",
        "group": None,
    }
    whole |= fields
    one = TurnScore(turn=0, scores=whole["scores"], status=whole["status"])
    return Score(**{"turns": (one,), **whole})


def append(path: Path, rows: Iterable[Any]) -> None:
    """Add rows to a JSONL file."""
    with path.open("ab") as file:
        file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)


def finished(path: Path, numbers: Sequence[int], **fields: Any) -> RunFolder:
    """Make a run that has ended, with a graded row for each number."""
    folder = begin(path, **fields)
    append(folder.predictions, map(prediction, numbers))
    append(folder.scores, map(score, numbers))
    conclude(folder)
    return folder


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.exists() else []
