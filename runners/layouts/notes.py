"""What a reader must know beside the numbers of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from ...core.hashing import sha256_of
from ...core.layout import Layout
from ..differences import differing_keys
from ..tables.results import distinct, warnings_of
from .dimensions import CONFIG, RUN_DIMENSIONS
from .loading import LoadedRun
from .rows import Row, splits

_SHOWN_KEYS = 3
_NAMES_OF_DATA = ("source", "repository", "generator", "generators", "file")
_HASH_CHARACTERS = 12


def notes_of_runs(runs: Sequence[LoadedRun]) -> Iterator[str]:
    """Yield by what runs were graded, whose prompts and which data they used."""
    scorers = distinct(run.results.scorer for run in runs)
    protocols = distinct(run.results.protocol for run in runs)
    yield f"scorer: {', '.join(scorers)}; protocol: {', '.join(protocols)}"
    wordings = distinct(run.results.prompts for run in runs if run.results.prompts)
    if wordings:
        yield f"prompts: {', '.join(wordings)}"
    for recipe in distinct(run.results.recipe for run in runs):
        of_recipe = [run.provenance for run in runs if run.results.recipe == recipe]
        data = distinct(filter(None, (_data_of(one.get("data", {})) for one in of_recipe)))
        if data:
            yield f"data of {recipe}: {'; '.join(data)}"


def notes_of_rows(rows: Sequence[Row], layout: Layout, runs: Sequence[LoadedRun]) -> Iterator[str]:
    """Yield which rows are of part of the samples, and what tells apart those that look alike."""
    for row in rows:
        if row.sample_limit is not None:
            of = f"{row.sample_limit} sample{'s' if row.sample_limit > 1 else ''} of each task"
            yield f"{_called(row, layout)}: limited to {of}"
    for alike in splits(rows):
        chosen = [[runs[index] for index in row.runs] for row in alike]
        told = _differences(chosen) or [f"folder: {_folders(chosen)}"]
        yield f"{_called(alike[0], layout)} has {len(alike)} rows, by {'; '.join(told)}"


def warnings_of_runs(runs: Sequence[LoadedRun]) -> tuple[str, ...]:
    """Return what went wrong in runs."""
    return warnings_of(run.results for run in runs)


def _called(row: Row, layout: Layout) -> str:
    return " ".join(row.printed_keys(layout)) or "the row"


def _differences(rows: Sequence[Sequence[LoadedRun]]) -> list[str]:
    """Return the dimensions of runs, or else the keys of configurations, that tell rows apart."""
    keys = [CONFIG + key for key in differing_keys([[run.keys for run in row] for row in rows])]
    for dimensions in (RUN_DIMENSIONS, keys):
        told: list[str] = []
        for dimension in dimensions:
            values = [", ".join(distinct(run.value(dimension) for run in row)) for row in rows]
            if len(set(values)) > 1:
                told.append(f"{dimension}: {' | '.join(values)}")
        if told:
            return told[:_SHOWN_KEYS]
    return []


def _folders(rows: Sequence[Sequence[LoadedRun]]) -> str:
    return " | ".join(", ".join(run.stored.folder.path.name for run in row) for row in rows)


def _data_of(data: Any) -> str:
    """Return what identifies the data of a run, shortly: names, a revision or else a hash.

    A benchmark may say of its data whatever it likes; of what is not understood, it is the hash.
    """
    if not isinstance(data, Mapping):
        return f"provenance sha256 {sha256_of(data)[:_HASH_CHARACTERS]}" if data else ""
    known = cast("Mapping[str, Any]", data)
    parts = [f"{name} {known[name]}" for name in _NAMES_OF_DATA if known.get(name) is not None]
    files = known.get("files") or {}
    if known.get("revision"):
        parts.append(f"revision {_shortened(known['revision'])}")
    elif isinstance(files, Mapping) and len(cast("Mapping[str, Any]", files)) == 1:
        of = cast("Mapping[str, Any]", files).items()
        parts += [f"{name} sha256 {_shortened(value)}" for name, value in of]
    elif files:
        parts.append(f"{len(cast('Any', files))} files sha256 {_shortened(sha256_of(files))}")
    elif known.get("sha256"):
        parts.append(f"sha256 {_shortened(known['sha256'])}")
    return ", ".join(filter(None, [*parts, *_data_inside(known.get("data"))]))


def _data_inside(data: Any) -> Iterator[str]:
    """Yield what identifies the data of several sources by name, or of one."""
    if not isinstance(data, Mapping):
        return
    sources = cast("Mapping[str, Any]", data)
    if all(isinstance(inner, Mapping) for inner in sources.values()):
        yield from (f"{name}: {_data_of(inner)}" for name, inner in sources.items())
    else:
        yield _data_of(sources)


def _shortened(value: object) -> str:
    return str(value)[:_HASH_CHARACTERS]
