"""What long prompts cost: contexts of 128K tokens with five questions each, beside a bare loop.

`recipe=scbench protocol=multi_request` asks about made-up papers of --kilobytes each; an aiohttp
loop sends the same texts with `json=`. Both are also run on one context alone: what a further
request costs is the difference, without the cost of starting.

    python tests/benchmarks/long_prompts.py --rounds 3
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import sys
import tempfile
from pathlib import Path
from statistics import median

import msgspec
from metering import cores
from serving import Server
from subjects import Answers, Job, Launch, Subject, aiohttp_loop, evalrun, loop_answers
from trials import FaultError, Trial, try_once

from evalrun.benchmarks.scbench.benchmark import SCBench
from evalrun.benchmarks.scbench.generators.documents import documents
from evalrun.benchmarks.scbench.options import SCBenchOptions

QUESTIONS = 5
TASK = "scbench_qa_eng"


class Figures(msgspec.Struct, frozen=True):
    """Medians of one program: time, CPU time and bytes of a further request, and the peak."""

    bytes_per_request: float
    cpu_ms_per_request: float
    requests_per_s: float  # further ones, by the wall clock
    peak_mb: float


def main() -> None:
    """Measure both, in turns, and print the figures and their ratios."""
    options = _arguments()
    server_core, core = cores()
    if server_core is not None:
        os.sched_setaffinity(0, {server_core})
    trials: dict[tuple[str, int], list[Trial]] = {}
    sizes = (1, options.contexts)
    with (
        tempfile.TemporaryDirectory() as name,
        Server(delay_ms=options.delay_ms, core=server_core) as server,
    ):
        folder = Path(name)
        for size in sizes:
            write_rows(folder, size, options.kilobytes * 1000)
        turns = itertools.product(range(options.rounds), sizes, _subjects())
        for _, size, subject in turns:
            rows, requests = folder / f"{size}.jsonl", size * QUESTIONS
            try:
                trial = try_once(subject, rows, requests, server, options.connections, core)
            except FaultError as fault:
                sys.exit(f"{subject.name}, {size} contexts: {fault}")
            trials.setdefault((subject.name, size), []).append(trial)
    _print_figures({s.name: _figures(trials, s.name, sizes) for s in _subjects()})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--contexts", type=int, default=20, help="at least 2")
    parser.add_argument("--kilobytes", type=int, default=500, help="of a context")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def _subjects() -> tuple[Subject, ...]:
    return (
        Subject("evalrun", _scbench, _scbench_answers),
        Subject("aiohttp loop", _same_texts, loop_answers),
    )


def write_rows(folder: Path, contexts: int, size: int) -> None:
    """Write rows for SCBench, and the texts that it makes of them for the loop."""
    path = folder / f"{contexts}.jsonl"
    with path.open("w") as rows:
        for position in range(contexts):
            rows.write(json.dumps(_row(position, size)) + "\n")
    benchmark = SCBench(SCBenchOptions(task=TASK, path=str(path), mode="multi_request"))
    with _texts(path).open("w") as texts:
        for sample in benchmark.samples():
            questions = [turn.query for turn in sample.turns]
            row = {"id": sample.id, "context": sample.context, "questions": questions}
            texts.write(json.dumps(row) + "\n")


def _row(position: int, size: int) -> dict[str, object]:
    rng = random.Random(position)
    (paper,) = documents(rng, count=1, paragraphs=size // 200)
    turns = [
        {"input": f"\n\nWhat was noted at site {rng.randint(1, 40)}?", "answer": "42"}
        for _ in range(QUESTIONS)
    ]
    return {"id": position, "context": paper.text[:size], "multi_turns": turns}


def _texts(rows: Path) -> Path:
    return rows.with_suffix(".texts.jsonl")


def _scbench(job: Job) -> Launch:
    what = (f"benchmark.task={TASK}", f"benchmark.path={job.rows}", "protocol=multi_request")
    return evalrun(job, "recipe=scbench", *what, "run.cache=false")


def _scbench_answers(folder: Path) -> Answers:
    predictions = next(folder.glob("outputs/*/*/*/predictions.jsonl")).read_bytes().splitlines()
    return Answers(sum(len(json.loads(row)["outputs"]) for row in predictions))


def _same_texts(job: Job) -> Launch:
    return aiohttp_loop(msgspec.structs.replace(job, rows=_texts(job.rows)))


def _figures(
    trials: dict[tuple[str, int], list[Trial]], name: str, sizes: tuple[int, int]
) -> Figures:
    one, many = (trials[name, size] for size in sizes)
    further = (sizes[1] - sizes[0]) * QUESTIONS
    cpu_s = median(trial.cost.cpu_s for trial in many) - median(trial.cost.cpu_s for trial in one)
    wall_s = median(trial.cost.wall_s for trial in many) - median(
        trial.cost.wall_s for trial in one
    )
    return Figures(
        median(trial.served.received_bytes / trial.requests for trial in many),
        cpu_s / further * 1000,
        further / wall_s,
        median(trial.cost.peak_mb for trial in many),
    )


def _print_figures(figures: dict[str, Figures]) -> None:
    heads = ("bytes/request", "CPU-ms/request", "requests/s", "peak MB")
    print(f"{'':24}" + "".join(f"{head:>16}" for head in heads))
    values = {name: msgspec.structs.astuple(row) for name, row in figures.items()}
    for name, row in values.items():
        print(f"{name:24}" + "".join(f"{value:>16,.1f}" for value in row))
    mine, floor = values.values()
    ratios = (a / b for a, b in zip(mine, floor, strict=True))
    print(f"{'evalrun / loop':24}" + "".join(f"{ratio:>16.2f}" for ratio in ratios))


if __name__ == "__main__":
    main()
