"""Asks every question of a file with a fixed number of workers, and writes a line a reply."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

Ask = Callable[[str], Awaitable[str]]


def arguments() -> argparse.Namespace:
    """Return the rows to read, the replies to write, the server, and the number of workers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=Path)
    parser.add_argument("replies", type=Path)
    parser.add_argument("--api-base", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--uvloop", action="store_true")
    return parser.parse_args()


def request_body(question: str) -> dict[str, Any]:
    return {
        "model": "mock",
        "messages": [{"role": "user", "content": question}],
        "temperature": 0.0,
    }


async def ask_all(ask: Ask, options: argparse.Namespace) -> None:
    """Take a question after another; rows are read as they are needed."""
    questions = _questions(options.rows)
    with options.replies.open("w") as replies:

        async def work() -> None:
            for name, question in questions:
                row = {"id": name, "output": await ask(question)}
                replies.write(json.dumps(row) + "\n")

        await asyncio.gather(*(work() for _ in range(options.connections)))


def _questions(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of each `input`, or of each of the `questions` about a `context`."""
    with path.open() as rows:
        for line in rows:
            row = json.loads(line)
            if "input" in row:
                yield str(row["id"]), row["input"]
                continue
            for turn, question in enumerate(row["questions"]):
                yield f"{row['id']}/{turn}", row["context"] + question
