"""How long a report of a large run takes, how much memory, and how large it is.

    python tests/benchmarks/report.py --rows 100000

Makes a run of recorded replies, then writes its report as a folder and as a single file. Prints
seconds, the peak of memory and bytes of each, beside those of a plain copy of predictions.jsonl.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = Path(sys.executable).with_name("evalrun")
WORDS = "the valley river stone keeper lantern winter road letter harbour and of was by"


def main() -> None:
    """Measure a run of so many rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_run(folder, options.rows)
        (predictions,) = folder.glob("outputs/*/*/*/predictions.jsonl")
        started = time.perf_counter()
        shutil.copyfile(predictions, folder / "copy")
        seconds = time.perf_counter() - started
        print(f"copy of predictions.jsonl: {seconds:.1f} s, {size(folder / 'copy') / 1e6:,.0f} MB")
        for out in ("page", "page.html"):
            seconds, peak = measured(folder, "report", "outputs", "--out", out)
            print(f"{out}: {seconds:.1f} s, {peak:.0f} MB peak, {size(folder / out) / 1e6:,.0f} MB")


def make_run(folder: Path, rows: int) -> None:
    """Write questions and replies of about a kilobyte each, and run them."""
    text = f"{WORDS} " * 12
    with (folder / "rows.jsonl").open("w") as asked, (folder / "replies.jsonl").open("w") as said:
        for i in range(rows):
            question = {"id": i, "input": f"{text}{i}?", "target": str(i)}
            asked.write(json.dumps(question) + "\n")
            said.write(json.dumps({"id": i, "output": f"{text}{i}"}) + "\n")
    sources = ("benchmark.path=rows.jsonl", "model=recorded", "model.path=replies.jsonl")
    seconds, peak = measured(folder, "recipe=file", *sources, "--quiet")
    print(f"run of {rows:,} rows: {seconds:.1f} s, {peak:.0f} MB peak")


def measured(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run a command and return its seconds and the peak of its memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen([COMMAND, *arguments], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return seconds, usage.ru_maxrss / 1e3


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
