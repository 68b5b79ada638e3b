"""The words and marks of the official judge, as data."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

Replacements = tuple[tuple[str, str], ...]


class Vocabulary(msgspec.Struct, frozen=True):
    """What `vocabulary.yaml` says; it describes each list."""

    leading: str
    trailing: str
    box_marks: Replacements
    marks: Replacements
    commands: tuple[str, ...]
    environments: tuple[str, ...]
    inverse: Replacements
    functions: tuple[str, ...]
    units: tuple[str, ...]
    left_sides: tuple[str, ...]
    numbers: tuple[str, ...]
    weekdays: tuple[str, ...]


VOCABULARY = msgspec.yaml.decode(
    Path(__file__).with_name("vocabulary.yaml").read_bytes(), type=Vocabulary
)


def replaced(text: str, replacements: Iterable[tuple[str, str]]) -> str:
    """Return `text` after each replacement in turn."""
    for old, new in replacements:
        text = text.replace(old, new)
    return text


def without_ends(text: str, leading: str, trailing: str) -> str:
    """Return `text` without white space and characters of `leading` and `trailing` at its ends."""
    start, end = 0, len(text)
    while start < end and (text[start] in leading or text[start].isspace()):
        start += 1
    while start < end and (text[end - 1] in trailing or text[end - 1].isspace()):
        end -= 1
    return text[start:end]
