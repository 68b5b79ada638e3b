"""Sweep folders as submissions leave them, without anything having been submitted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from evalrun.core.config import Config
from evalrun.runners.compose import Composer
from evalrun.runners.launch.record import End, event, note
from evalrun.runners.launch.sweep import Job, Sweep, SweepFolder


def recorded_config(folder: Path, *overrides: str, samples: int = 2) -> Config:
    """Write rows and replies, and return the configuration that runs them."""
    rows = [{"id": f"q{n}", "input": f"say {n}", "target": str(n)} for n in range(samples)]
    replies = [{"id": f"q{n}", "output": str(n)} for n in range(samples)]
    for name, content in (("rows", rows), ("replies", replies)):
        text = "".join(json.dumps(row) + "\n" for row in content)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    paths = [f"benchmark.path={folder}/rows.jsonl", f"model.path={folder}/replies.jsonl"]
    return Composer().compose(["recipe=file", "model=recorded", *paths, *overrides])


def jobs_of(configs: Sequence[Config], **changes: object) -> list[Job]:
    """Return a job for each configuration."""
    return [
        msgspec.structs.replace(
            Job(
                index=index,
                name=f"run {index}",
                folder=f"outputs/run-{index}",
                planned=2,
                config=msgspec.to_builtins(config),
            ),
            **changes,
        )
        for index, config in enumerate(configs)
    ]


def new_sweep(folder: Path, jobs: Sequence[Job], launcher: str = "local") -> SweepFolder:
    """Write a sweep of `jobs`, which would run in `folder`."""
    sweep = SweepFolder(folder / "outputs" / "sweeps" / "swept")
    sweep.path.mkdir(parents=True)
    head = Sweep(
        created_at="2026-01-02T03:04:05+00:00",
        evalrun="0",
        cwd=str(folder),
        command=("recipe=file", f"launcher={launcher}"),
        recipes=(),
        launcher={"name": launcher, "parallel": 1, "shards": 1},
    )
    sweep.create(head, jobs)
    return sweep


def tell(sweep: SweepFolder, job: int, handle: str | None, end: End | None = None) -> None:
    """Have a job say that it starts, or how it ended."""
    note(sweep.job_folder(job), event(handle, end))
