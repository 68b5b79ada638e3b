"""The rooms of the source tree, as the packaging tests see them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("benchmarks", "cli", "core", "models", "recipes", "runners", "scorers")


def files_of(room: str) -> Iterator[Path]:
    """Yield every file of a room but those that tools left, relative to the root of the tree."""
    for path in sorted((ROOT / room).rglob("*")):
        name = path.relative_to(ROOT)
        left = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
        if path.is_file() and not left:
            yield name
