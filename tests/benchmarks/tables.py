"""How fast and in how much memory a layout is filled from a large `scores.jsonl`.

    python tests/benchmarks/tables.py

Makes a run of so many score rows: some tasks have four turns, some two metrics, some labels, and
samples of some belong to groups. Then measures, each in a process of its own: the layout, and what
reading the same file takes in pandas, whole and in chunks, without making a number of it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import yaml
from metering import Cost, measure

from evalrun.core.config import Config
from evalrun.core.exchange import Usage
from evalrun.core.layout import Layout
from evalrun.core.options import to_options
from evalrun.core.score import Score, TurnScore
from evalrun.runners.folder import RunFolder
from evalrun.runners.plan import Plan, PlannedCell
from evalrun.runners.results import Measures, Results
from evalrun.runners.status import Status, write_status
from evalrun.runners.stored import read_runs

# Turns and metrics of each task, and of how many samples its groups are.
TASKS = {
    "recall": (4, ("accuracy",), 1),
    "summary": (4, ("rouge_l", "rouge_2"), 1),
    "maths": (1, ("accuracy",), 1),
    "choice": (1, ("accuracy",), 4),
    "questions": (1, ("f1", "exact"), 1),
}
GROUPS = {"long": ("recall", "summary"), "short": ("maths", "choice", "questions")}
LEVELS = ("easy", "medium", "hard")
SCORER = "benchmark/official"

ALL_RIGHT = {"over": "sample", "how": "all"}
LAYOUT = {
    "title": "all forms",
    "rows": ["model"],
    "columns": [
        {"name": "task", "id": "task", "each": "task", "mean_of": ["turn"]},
        {"name": "family", "each": "family", "mean_of": ["task", "turn"]},
        {"name": "level", "id": "level", "each": "label.level"},
        {"name": "AVG", "mean_of": ["family", "task", "turn"]},
        {"name": "exact", "metric": "exact"},
        {"name": "groups", "where": {"task": "choice"}, "reduce": [ALL_RIGHT]},
        {"name": "spread", "formula": "max(level) - min(level)", "signed": True},
        {"name": "harmonic", "formula": "harmonic(task)"},
    ],
}  # fmt: skip


def main() -> None:
    """Print the wall-clock time and the peak memory of each, and how they compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", choices=WORKS, help=argparse.SUPPRESS)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        WORKS[options.work](options.run)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = RunFolder(Path(name) / "run")
        write_run(folder, options.rows)
        size = folder.scores.stat().st_size
        print(f"{options.rows:,} score rows, {size / 1e6:.0f} MB; best of {options.rounds}")
        costs = {work: best(work, folder.path, options.rounds) for work in WORKS}
    ours = costs["layout"]
    for work, cost in costs.items():
        times, memory = cost.wall_s / ours.wall_s, cost.peak_mb / ours.peak_mb
        print(
            f"{work:16}{cost.wall_s:8.1f} s{cost.peak_mb:9,.0f} MB"
            f"{times:8.2f} x the time{memory:8.2f} x the memory"
        )


def best(work: str, folder: Path, rounds: int) -> Cost:
    """Return the fastest of some runs of one piece of work."""
    command = (sys.executable, Path(__file__).resolve(), "--work", work, "--run", folder)
    costs = [measure(command, folder=Path.cwd()) for _ in range(rounds)]
    for cost in costs:
        if cost.exit_code:
            sys.exit(f"{work} failed:\n{cost.output}")
    return min(costs, key=lambda cost: cost.wall_s)


def fill_layout(folder: Path) -> None:
    """Fill the layout as `evalrun table --layout` does."""
    from evalrun.runners.layouts.evaluate import evaluate

    grid = evaluate(to_options(LAYOUT, Layout), read_runs([folder]))
    for column, cell in zip(grid.columns, grid.rows[0].cells, strict=True):
        print(f"{column.name} {cell.value:.4f} +- {cell.stderr:.5f} of {cell.n}")


def read_whole(folder: Path) -> None:
    """Read the file with pandas."""
    import pandas as pd

    print(len(pd.read_json(RunFolder(folder).scores, lines=True)))


def read_chunks(folder: Path) -> None:
    """Read the file with pandas 50,000 rows at a time, and keep none of them."""
    import pandas as pd

    chunks = pd.read_json(RunFolder(folder).scores, lines=True, chunksize=50_000)
    print(sum(len(chunk) for chunk in chunks))


def write_run(folder: RunFolder, rows: int) -> None:
    """Write a finished run of `rows` predictions, a fifth of each task."""
    folder.create()
    encode = msgspec.json.Encoder().encode
    with folder.scores.open("wb") as file:
        file.writelines(encode(score) + b"\n" for score in scores(rows))
    config = to_options(sections(), Config)
    folder.config.write_text(yaml.safe_dump(msgspec.to_builtins(config)))
    plan = Plan(rows, tuple(planned(rows)))
    write_status(folder, status(plan, config))
    folder.results.write_bytes(msgspec.json.encode(results(rows)))


def scores(rows: int) -> Iterator[Score]:
    """Yield scores in the order in which replies come: tasks mixed, samples nearly in order."""
    rng = random.Random(0)
    for index in range(rows):
        number, place = divmod(index, len(TASKS))
        task = list(TASKS)[place]
        turns, metrics, of_group = TASKS[task]
        graded = tuple(turn_score(rng, turn, metrics) for turn in range(turns))
        yield Score(
            id=f"{task}/{number}#0",
            scorer=SCORER,
            scores=graded[0].scores,
            answer=[turn.answer for turn in graded] if turns > 1 else graded[0].answer,
            status="ok",
            sample_id=f"{task}/{number}",
            epoch=0,
            task=task,
            group=f"{task}/{number // of_group}" if of_group > 1 else None,
            turns=graded,
            labels={"level": LEVELS[number % len(LEVELS)], "language": "en"},
        )


def turn_score(rng: random.Random, turn: int, metrics: tuple[str, ...]) -> TurnScore:
    """Return a verdict: shares, or right and wrong."""
    shares = {metric: rng.random() for metric in metrics}
    values = {m: float(x < 0.6) if m in ("accuracy", "exact") else x for m, x in shares.items()}
    return TurnScore(turn=turn, scores=values, answer=f"the answer is {rng.randrange(10**6)}")


def planned(rows: int) -> Iterator[PlannedCell]:
    """Yield what the run was to grade: ten verdicts of each cell more than it has."""
    for place, (task, (turns, _, _)) in enumerate(TASKS.items()):
        samples = len(range(place, rows, len(TASKS)))
        for kind, level in enumerate(LEVELS):
            n = len(range(kind, samples, len(LEVELS))) + 10
            labels = (("language", "en"), ("level", level))
            yield from (PlannedCell(task, turn, None, n, labels) for turn in range(turns))


def sections() -> dict[str, object]:
    """Return the configuration of the run."""
    return {
        "recipe": {"name": "benchmark", "title": "Benchmark"},
        **{name: {"name": name} for name in ("benchmark", "protocol", "model", "scorer")},
        "kv": {"method": "full"},
        "judge": {},
        "table": {"groups": GROUPS},
    }


def status(plan: Plan, config: Config) -> Status:
    return Status(
        state="complete",
        started_at="2026-01-01T00:00:00+00:00",
        kv="full",
        graded_by={},
        provenance={},
        versions={},
        table=config.table,
        plan=plan,
    )


def results(rows: int) -> Results:
    return Results(
        recipe="benchmark",
        model="model",
        kv="full",
        protocol="protocol",
        scorer=SCORER,
        weighting="turns",
        groups=GROUPS,
        planned=rows,
        predicted=rows,
        failed={},
        statuses={},
        truncated_inputs=0,
        cells=(),
        measures=Measures(),
        usage=Usage(),
    )


WORKS: dict[str, Callable[[Path], None]] = {
    "layout": fill_layout,
    "pandas, whole": read_whole,
    "pandas, chunks": read_chunks,
}

if __name__ == "__main__":
    main()
