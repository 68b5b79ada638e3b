"""Runs of recorded replies, from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from command import evalrun
from rows import only_run, write_jsonl


def recorded_run(folder: Path, replies: Mapping[str, object], *arguments: str) -> Path:
    """Return the folder of the only run below `folder`, in which `replies` answered, by id."""
    write_jsonl(folder / "replies.jsonl", [{"id": i, "output": o} for i, o in replies.items()])
    done = evalrun("model=recorded", "model.path=replies.jsonl", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return only_run(folder)
