"""How fast evalrun asks an API, beside a bare loop, LiteLLM, inspect-ai and lm-eval.

All ask the same short questions of the same local server, round by round, each with one core of
its own; the server has another. Printed are medians, and then the targets that they meet or miss.
Installed once, below --envs: litellm, inspect-ai and lm-eval, each in an environment of its own.

    python tests/benchmarks/api_throughput.py --rounds 5
    python tests/benchmarks/api_throughput.py --sizes 200 --rounds 1 --subjects evalrun
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from environments import installed_versions
from memory import write_rows
from metering import cores
from serving import Server
from subjects import Subject, subjects
from targets import Case, Summaries, verdicts
from trials import FaultError, Summary, Trial, summary, try_once

SLOW_SIZE = 2000
WARM_UP = 20
COLUMNS = {
    "active_rate": ("active/s", ".0f"),
    "wall_rate": ("wall/s", ".0f"),
    "cpu_s_per_1000": ("CPU-s/1000", ".3f"),
    "peak_mb": ("peak MB", ".0f"),
    "start_s": ("start s", ".2f"),
    "tail_s": ("tail s", ".2f"),
    "resume_s": ("resume s", ".2f"),
}


def main() -> None:
    """Measure, and print the table and the targets; exit with 1 if a program went wrong."""
    options = _arguments()
    chosen = [s for s in subjects(options.envs) if s.name in (options.subjects or [s.name])]
    for subject in chosen:
        if subject.package is not None:
            print(installed_versions(subject.package, options.envs))
    server_core, core = cores()
    if server_core is not None:
        os.sched_setaffinity(0, {server_core})  # this program too keeps off the other core
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), server_core, core)
        bench.warm_up(chosen)
        for case in _cases(options):
            everywhere = options.all_peers_everywhere or case.size <= SLOW_SIZE
            here = [subject for subject in chosen if subject.fast or everywhere]
            bench.measure(case, here, options.rounds)
    _print_table(bench.summaries())
    _print_verdicts(bench.summaries())
    for fault in bench.faults:
        print(f"FAULT {fault}")
    sys.exit(bool(bench.faults))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[2000, 50_000])
    parser.add_argument("--concurrency", type=int, nargs="+", default=[64, 512])
    parser.add_argument("--delays-ms", type=float, nargs="+", default=[50, 0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--subjects", nargs="+", choices=[s.name for s in subjects(Path())])
    parser.add_argument(
        "--all-peers-everywhere",
        action="store_true",
        help=f"litellm, inspect-ai and lm-eval above {SLOW_SIZE} samples too",
    )
    parser.add_argument("--envs", type=Path, default=Path("~/.cache/evalrun-benchmarks"))
    options = parser.parse_args()
    options.envs = options.envs.expanduser().resolve()
    return options


def _cases(options: argparse.Namespace) -> list[Case]:
    return [
        Case(size, connections, delay)
        for size, delay, connections in itertools.product(
            options.sizes, options.delays_ms, options.concurrency
        )
    ]


class Bench:
    """Runs programs in turns, and keeps what each trial gave and what went wrong."""

    def __init__(self, folder: Path, server_core: int | None, core: int | None) -> None:
        self._folder = folder
        self._server_core = server_core
        self._core = core
        self._trials: dict[tuple[str, Case], list[Trial]] = defaultdict(list)
        self.faults: list[str] = []

    def warm_up(self, chosen: list[Subject]) -> None:
        """Run each program once on a few rows, which fills the disk's cache; exit if one fails."""
        self.measure(Case(WARM_UP, 4, 0), chosen, rounds=1)
        if self.faults:
            sys.exit("not measured, for these faults")
        self._trials.clear()

    def measure(self, case: Case, chosen: list[Subject], rounds: int) -> None:
        """Run all programs `rounds` times, one after another within a round."""
        rows = self._folder / f"rows-{case.size}.jsonl"
        if not rows.exists():
            write_rows(rows, case.size)
        with Server(delay_ms=case.delay_ms, core=self._server_core) as server:
            for _, subject in itertools.product(range(rounds), chosen):
                self._try(subject, rows, case, server)

    def summaries(self) -> Summaries:
        """Return the medians of every program in every case."""
        return {key: summary(trials) for key, trials in self._trials.items()}

    def _try(self, subject: Subject, rows: Path, case: Case, server: Server) -> None:
        what = f"{subject.name}, {case}"
        try:
            trial = try_once(subject, rows, case.size, server, case.connections, self._core)
        except FaultError as fault:
            self.faults.append(f"{what}: {fault}")
            print(f"{what}: {fault}", file=sys.stderr)
            return
        self._trials[subject.name, case].append(trial)
        print(f"{what}: {trial.wall_rate:.0f}/s in {trial.cost.wall_s:.1f} s", file=sys.stderr)


def _print_table(summaries: Summaries) -> None:
    heads = "".join(f"{head:>12}" for head, _ in COLUMNS.values())
    for case in dict.fromkeys(case for _, case in summaries):
        print(f"\n{case!s:40}{'runs':>5}{heads}")
        for (name, where), medians in summaries.items():
            if where == case:
                print(f"{name:40}{medians.runs:>5}" + _cells(medians))


def _cells(medians: Summary) -> str:
    values = ((getattr(medians, name), form) for name, (_, form) in COLUMNS.items())
    return "".join(f"{'-' if value is None else format(value, form):>12}" for value, form in values)


def _print_verdicts(summaries: Summaries) -> None:
    print(f"\nTargets; load of the machine over 15 minutes: {os.getloadavg()[2]:.1f}")
    for verdict in verdicts(summaries):
        print(verdict)


if __name__ == "__main__":
    main()
