"""The two languages of TurtleBench: how their lists are written, and what judgements are called."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Language(msgspec.Struct, frozen=True):
    """A language, which is a task: what parts a line of its list, and its labels.

    `cells` parts a line whose ends are stripped.
    """

    name: str
    cells: Callable[[str], list[str]]
    labels: tuple[str, str, str]


def _english(line: str) -> list[str]:
    return line.split("\t|\t")


def _chinese(line: str) -> list[str]:
    return line.replace(" ", "").split("\t")


LANGUAGES = {
    "en": Language("en", _english, ("Correct", "Incorrect", "Unknown")),
    "zh": Language("zh", _chinese, ("T", "F", "N")),
}


def language_of(label: str) -> str | None:
    """Return the language whose label this is, or None."""
    return next((name for name, one in LANGUAGES.items() if label in one.labels), None)
