"""Files of rows and recorded replies for runs without a model."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def write_jsonl(path: Path, rows: Iterable[Any]) -> Path:
    """Write `rows`, a line each."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def recorded_world(folder: Path, size: int, wrong: Iterable[int] = ()) -> list[str]:
    """Write rows.jsonl and replies.jsonl, and return the overrides that run them."""
    odd = set(wrong)
    write_jsonl(
        folder / "rows.jsonl",
        ({"id": f"q{i}", "input": f"say {i}", "target": str(i)} for i in range(size)),
    )
    write_jsonl(
        folder / "replies.jsonl",
        ({"id": f"q{i}", "output": "no" if i in odd else str(i)} for i in range(size)),
    )
    return [
        "recipe=file",
        "benchmark.path=rows.jsonl",
        "model=recorded",
        "model.path=replies.jsonl",
    ]


def only_run(folder: Path) -> Path:
    """Return the only run folder below `folder`."""
    (run,) = folder.glob("outputs/*/*/*/run.json")
    return run.parent


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
