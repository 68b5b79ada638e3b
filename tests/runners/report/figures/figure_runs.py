"""Runs made up for figures: results with what figures draw, and rows of predictions and scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from fabricated import cell, results, stored

from evalrun.core.config import Config, RecipeInfo
from evalrun.core.exchange import Likelihood, ReplyTiming, Usage
from evalrun.core.prediction import Prediction, TurnRecord
from evalrun.core.score import Score, TurnScore
from evalrun.runners.report.figures import figures
from evalrun.runners.report.model import Figure
from evalrun.runners.results import Cell, Measures, Results, StoredRun


def figure(runs: Sequence[StoredRun], name: str) -> Figure:
    """Return the figure of this name, which there must be."""
    return {figure.id: figure for figure in figures(runs)}[name]


def names(runs: Sequence[StoredRun]) -> list[str]:
    """Return which figures there are."""
    return [figure.id for figure in figures(runs)]


def task(name: str, value: float = 0.5, **fields: Any) -> list[Cell]:
    """Return the cells of a task that is not split."""
    return [cell(level, name, value, **fields) for level in ("subtask", "task")]


def turned(*values: float, **fields: Any) -> Results:
    """Return results of one task with these values by turn."""
    cells = [cell("turn", "t", value, turn=turn) for turn, value in enumerate(values)]
    return results(*cells, *task("t", values[0]), **fields)


def measured(value: float, cache_bytes: float, later_s: float, **fields: Any) -> Results:
    """Return results of one task, with the cache and latency that were measured."""
    measures = Measures(cache_bytes=cache_bytes, ttft_later_s=later_s)
    return results(*task("t", value), measures=measures, **fields)


def spent(usd: float, value: float = 0.5, **fields: Any) -> Results:
    """Return results of one task, and what they cost."""
    usage = Usage(input_tokens=900, output_tokens=100, cost_usd=usd)
    return results(*task("t", value), **{"usage": usage, **fields})


def run_of(folder: Path, run: Results, *, scores: Iterable[bytes] = ()) -> StoredRun:
    """Write a run with these lines of scores.jsonl, in a new folder below `folder`."""
    place = folder / f"run-{len([*folder.iterdir()])}"
    return stored(place, run, b"".join(scores))


def runs_of(folder: Path, *runs: Results) -> list[StoredRun]:
    """Write several runs."""
    return [run_of(folder, run) for run in runs]


def record(
    latency_s: float = 1.0,
    ttft_s: float | None = None,
    logprobs: Sequence[float | None] = (),
    *,
    tokens: Sequence[int] = (),
    from_cache: bool = False,
) -> TurnRecord:
    """Return how a reply came about."""
    return TurnRecord(
        stop_reason="stop",
        usage=Usage(),
        timing=ReplyTiming(latency_s=latency_s, ttft_s=ttft_s),
        likelihoods=tuple(
            Likelihood(logprob=logprob, tokens=tokens[i] if tokens else 1)
            for i, logprob in enumerate(logprobs)
        ),
        from_cache=from_cache,
    )


def predicted(run: StoredRun, *turns: Sequence[TurnRecord]) -> StoredRun:
    """Write predictions of samples s0, s1 and so on with these turns, and return the run."""
    rows = [
        Prediction(id=f"s{i}#0", sample_id=f"s{i}", epoch=0, task="t", turns=tuple(records))
        for i, records in enumerate(turns)
    ]
    lines = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    run.folder.predictions.write_bytes(lines)
    return run


def verdict(sample: int, *values: float | None, scorer: str = "exact", **more: float) -> bytes:
    """Return the line of the verdict on sample number `sample`: a value a turn."""
    turns = tuple(
        TurnScore(turn=turn, scores={"accuracy": value, **more})
        for turn, value in enumerate(values)
    )
    score = Score(
        id=f"s{sample}#0",
        scorer=scorer,
        scores={},
        answer=None,
        status="ok",
        sample_id=f"s{sample}",
        epoch=0,
        task="t",
        group=None,
        turns=turns,
    )
    return msgspec.json.encode(score) + b"\n"


def configured(run: StoredRun, **protocol: Any) -> StoredRun:
    """Write the configuration of a run with these options of its protocol."""
    section = {"name": "likelihood", **protocol}
    config = Config(
        recipe=RecipeInfo(name="r", title="r"),
        benchmark={},
        protocol=section,
        model={},
        kv={},
        scorer={},
        judge={},
    )
    run.folder.write_config(config)
    return run
