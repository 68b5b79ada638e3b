"""Run folders with rows of shards in them, made without running anything."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from evalrun.core.exchange import Reply, ReplyTiming
from evalrun.core.prediction import Failure, Prediction
from evalrun.core.score import Score, TurnScore
from evalrun.core.shard import parse_shard
from evalrun.runners.folder import RunFolder
from evalrun.runners.journal.journal import Entry

LOGS = ("calls", "predictions", "scores")


def prediction(row: int, output: str = "x", error: Failure | None = None) -> Prediction:
    outputs = () if error else (output,)
    name = f"n/{row}"
    return Prediction(
        id=f"{name}#0", sample_id=name, epoch=0, task="n", outputs=outputs, error=error
    )


def failure(row: int, message: str = "down") -> Prediction:
    return prediction(row, error=Failure("server", message))


def score(row: int, value: float = 1.0, scorer: str = "exact") -> Score:
    name = f"n/{row}"
    return Score(
        id=f"{name}#0",
        scorer=scorer,
        scores={"accuracy": value},
        answer="x",
        status="ok",
        sample_id=name,
        epoch=0,
        task="n",
        group=None,
        turns=(TurnScore(turn=0, scores={"accuracy": value}),),
    )


def call(row: int, text: str = "x") -> Entry:
    reply = Reply(text=text, stop_reason="stop", timing=ReplyTiming(latency_s=0.0))
    return Entry(id=f"n/{row}#0", role="judge", asked_sha256="0" * 64, reply=reply)


def write(folder: RunFolder, **logs: Sequence[object]) -> RunFolder:
    """Write logs of rows, by their names."""
    folder.create()
    for name, rows in logs.items():
        lines = (msgspec.json.encode(row) + b"\n" for row in rows)
        log_of(folder, name).write_bytes(b"".join(lines))
    return folder


def shard_of(folder: RunFolder, text: str, **logs: Sequence[object]) -> RunFolder:
    """Write the folder of a shard that nobody runs."""
    return write(folder.of_shard(parse_shard(text)), **logs)


def log_of(folder: RunFolder, name: str) -> Path:
    return folder.path / f"{name}.jsonl"


def logs_of(folder: RunFolder) -> dict[str, bytes]:
    """Return the logs of a folder that has any."""
    files = {name: log_of(folder, name) for name in LOGS}
    return {name: file.read_bytes() for name, file in files.items() if file.exists()}


def copied(folder: RunFolder, path: Path) -> RunFolder:
    """Copy a folder, in place of what is at `path`."""
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(folder.path, path)
    return RunFolder(path)
