"""Measures how long `evalrun` takes to start, beside the floor below which it cannot go.

Run it with the interpreter that has evalrun: `.venv/bin/python tests/benchmarks/startup.py`.
Prints the median and the fastest of several runs, in seconds of wall-clock time.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 9
EVALRUN = "from evalrun.cli.main import main; main()"
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "python -c 'import typer'": ["-c", "import typer"],
    "evalrun --help": ["-c", EVALRUN, "--help"],
    "evalrun ls recipes": ["-c", EVALRUN, "ls", "recipes"],
}


def seconds(arguments: list[str]) -> float:
    """Return how long one run of Python with `arguments` takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> None:
    """Print a line for each command; the first, discarded run fills the disk cache."""
    sys.stdout.write(f"{'command':28}{'median s':>10}{'fastest s':>11}\n")
    for name, arguments in COMMANDS.items():
        seconds(arguments)
        times = [seconds(arguments) for _ in range(RUNS)]
        sys.stdout.write(f"{name:28}{statistics.median(times):>10.3f}{min(times):>11.3f}\n")


if __name__ == "__main__":
    main()
