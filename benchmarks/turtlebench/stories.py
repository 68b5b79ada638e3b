"""The stories that guesses are about."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ...core.rows import read_rows, require, where

FILE = "stories.json"


class Story(msgspec.Struct, frozen=True):
    """What players see, and the whole story behind it."""

    surface: str
    bottom: str


def read_stories(path: Path) -> dict[str, Story]:
    """Return the stories of a file by their titles; of equal titles the first, as officially.

    Raises DataError naming file and row.
    """
    stories: dict[str, Story] = {}
    for index, row in read_rows(path):
        place = where(path, index)
        surface = require(row, "surface", str, place)
        story = Story(surface, require(row, "bottom", str, place))
        stories.setdefault(require(row, "title", str, place), story)
    return stories
