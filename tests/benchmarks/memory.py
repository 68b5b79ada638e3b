"""Peak memory of long runs against a local server: does it grow with the dataset?

    python tests/benchmarks/memory.py --sizes 10000 100000

Prints, for each size, the memory of the run when its first reply is stored, its peak, the growth
between them, and the wall time; then the ratio of the growths of the last and the first size.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERVER = Path(__file__).parents[1] / "servers" / "chat_server.py"
COMMAND = Path(sys.executable).with_name("evalrun")


def main() -> None:
    """Measure every size in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, SERVER, "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    api_base = server.stdout.readline().strip()
    try:
        growths = [measure(size, api_base, options.connections) for size in options.sizes]
    finally:
        server.kill()
    print(f"growth of the last size / of the first: {growths[-1] / growths[0]:.2f}")


def measure(size: int, api_base: str, connections: int) -> float:
    """Run `size` samples and return by how many MB memory grew after the first reply."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder / "rows.jsonl", size)
        started = time.monotonic()
        run = subprocess.Popen(
            [
                COMMAND,
                "recipe=file",
                "benchmark.path=rows.jsonl",
                "model=openai-compatible",
                "model.name=mock",
                f"model.api_base={api_base}",
                f"run.max_connections={connections}",
                "--quiet",
            ],
            cwd=folder,
        )
        first, peak = watch(run, folder)
        seconds = time.monotonic() - started
    print(
        f"{size} samples: {first:.0f} MB at the first reply, {peak:.0f} MB at the peak, "
        f"{peak - first:.0f} MB more; {seconds:.0f} s, exit code {run.returncode}"
    )
    return peak - first


def write_rows(path: Path, size: int) -> None:
    """Write questions of twelve words; half of the answers are what the server says."""
    with path.open("w") as file:
        for i in range(size):
            words = " ".join(f"word{i + j}" for j in range(12))
            row = {"id": i, "input": words, "target": "42" if i % 2 else "41"}
            file.write(json.dumps(row) + "\n")


def watch(run: subprocess.Popen[bytes], folder: Path) -> tuple[float, float]:
    """Return the resident memory at the first stored reply, and its peak, in MB."""
    first = peak = 0.0
    while run.poll() is None:
        status = Path(f"/proc/{run.pid}/status")
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
            now = int(fields["VmRSS"].split()[0]) / 1e3
            peak = int(fields["VmHWM"].split()[0]) / 1e3
        except (OSError, KeyError):
            continue
        if not first and any(
            log.stat().st_size for log in folder.glob("outputs/*/*/*/predictions.jsonl")
        ):
            first = now
        time.sleep(0.05)
    return first, peak


if __name__ == "__main__":
    main()
