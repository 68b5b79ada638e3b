"""What the recipe itself tells for its page: sources, settings, headings, reported numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...core.card import Card
from ...core.config import Config, Generation, RunOptions
from ...core.layout import Column, Layout
from ...core.source import FileSource, sources_of
from ..papers.reported import ReportedNumber, read_reported

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHORT = 7
_YEAR = re.compile(r"\b20\d\d\b(?!\.)")
_ARXIV = re.compile(r"arXiv (\d\d)\d\d\.")


class ReportedCount(msgspec.Struct, frozen=True):
    """How many numbers of a published table stand beside a layout, and where they were seen."""

    layout: str
    source: str
    table: str
    seen: str
    numbers: int


def sources(config: Config) -> tuple[FileSource, ...]:
    """Return where the recipe's official files come from."""
    return sources_of(config.benchmark.get("fetch"))


def revision(source: FileSource) -> str:
    """Return a revision as people abbreviate commits; files of a web server have none."""
    if not source.revision:
        return "fixed checksums"
    return source.revision[:_SHORT] if _COMMIT.fullmatch(source.revision) else source.revision


def place(source: FileSource) -> str:
    """Return a repository, or the address of a folder, and what kind of place it is."""
    kind = "GitHub" if source.git else "hub" if source.hub else "web server"
    return f"{source.repository} ({kind})"


def revisions(config: Config) -> str:
    """Return the repositories of the recipe's official files with their revisions."""
    at: dict[str, list[str]] = {}
    for source in sources(config):
        at.setdefault(revision(source), []).append(source.repository)
    return ", ".join(f"{', '.join(names)} at {name}" for name, names in at.items())


def published(config: Config, card: Card) -> str:
    """Return who published it where, and the paper; empty where nobody did."""
    return ", ".join(filter(None, (card.citation, config.recipe.paper)))


def year(config: Config, card: Card) -> str:
    """Return the year of the publication that is named; of an arXiv number, that of its preprint.

    Empty where no year is known.
    """
    told = published(config, card)
    named = _YEAR.search(told)
    if named:
        return named.group()
    preprint = _ARXIV.search(told)
    return f"20{preprint[1]}" if preprint else ""


def settings(config: Config) -> Iterator[tuple[str, Any]]:
    """Yield (key, value) of what the recipe sets of `protocol`, `generation` and `run`.

    Of the latter two, only what is not the default of evalrun.
    """
    yield "protocol", config.protocol["name"]
    yield from ((f"protocol.{k}", v) for k, v in config.protocol.items() if k != "name")
    for name, section, usual in (
        ("generation", config.generation, Generation()),
        ("run", config.run, RunOptions()),
    ):
        for key in section.__struct_fields__:
            value = getattr(section, key)
            if value != getattr(usual, key):
                yield f"{name}.{key}", list(value) if isinstance(value, tuple) else value


def headings(columns: Sequence[Column]) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """Yield (heading over the columns, their names) of neighbouring columns that are shown."""
    group: list[str] = []
    under: str | None = None
    for column in columns:
        if column.hidden:
            continue
        if group and column.under != under:
            yield under, tuple(group)
            group = []
        under = column.under
        group.append(f"each {column.name}" if column.each else column.name)
    if group:
        yield under, tuple(group)


def reported(config: Config, folders: Sequence[Path]) -> tuple[ReportedCount, ...]:
    """Return the tables whose numbers the recipe's layouts show, with how many there are."""
    counted = Counter(
        (name, number.source, number.table, number.seen)
        for name, layout in config.table.layouts.items()
        for number in _claimed(layout, folders)
    )
    return tuple(ReportedCount(*told, numbers) for told, numbers in counted.items())


def _claimed(layout: Layout, folders: Sequence[Path]) -> Iterator[ReportedNumber]:
    for table in layout.reported:
        for number in read_reported(table.system, folders):
            if number.source == table.source and table.table in (None, number.table):
                yield number
