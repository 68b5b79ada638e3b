"""How long the same command takes once its run is complete.

    python tests/benchmarks/resume.py

Makes a run of recorded replies, then repeats the command; prints the median against `--help`.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = Path(sys.executable).with_name("evalrun")
RUN = (
    "recipe=file",
    "benchmark.path=rows.jsonl",
    "model=recorded",
    "model.path=replies.jsonl",
)
SIZE = 100_000
REPEATS = 5


def main() -> None:
    """Print the seconds of a first run, of a repeated one, and of `--help`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "rows.jsonl").open("w") as rows, (folder / "replies.jsonl").open("w") as out:
            for i in range(SIZE):
                rows.write(json.dumps({"id": i, "input": f"say {i}", "target": str(i)}) + "\n")
                out.write(json.dumps({"id": i, "output": str(i)}) + "\n")
        print(f"first run of {SIZE} samples: {seconds(folder, *RUN):.2f} s")
        again = statistics.median(seconds(folder, *RUN) for _ in range(REPEATS))
        start = statistics.median(seconds(folder, "--help") for _ in range(REPEATS))
        print(f"the same command again: {again:.2f} s; evalrun --help: {start:.2f} s")


def seconds(folder: Path, *arguments: str) -> float:
    """Return how long one command takes."""
    started = time.perf_counter()
    subprocess.run([COMMAND, *arguments], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
