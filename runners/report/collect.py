"""Runs to the overview of a report: what each of them is, and how it stands."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import yaml

from ...core.errors import DataError
from ...core.redact import redact_config
from ...core.safe_yaml import load_yaml
from ..folder import RunFolder
from ..results import Results, StoredRun, read_results
from ..status import Status, read_status
from ..tables.results import notes_of
from ..tables.table import Table
from .chunking import index_chunks
from .model import Figure, Overview, RunView
from .row_index import RowIndex


class RunState(msgspec.Struct, frozen=True, kw_only=True):
    """What a run folder says of its run but rows; there are no results before its first end.

    `names` are the recipe, the model, the KV method and the protocol, which tell runs apart;
    `config` is the text of the configuration, without secrets.
    """

    folder: RunFolder
    status: Status
    names: dict[str, str]
    config: str
    results: Results | None


def folders_below(paths: Sequence[Path]) -> list[RunFolder]:
    """Return every run at or below `paths`, each once, in the order of their paths.

    Folders of runs are not looked into, however many files they hold.
    """
    found = {folder.path.resolve(): folder for path in paths for folder in _runs_in(path)}
    return list(found.values())


def read_state(folder: RunFolder) -> RunState:
    """Return how a run stands. Raises DataError, ConfigError for malformed files."""
    status = read_status(folder)
    if status is None:
        raise DataError(f"{folder.path} is not a run folder: it has no run.json")
    section = _config_section(folder)
    return RunState(
        folder=folder,
        status=status,
        names={
            "recipe": _name(section, "recipe"),
            "model": _name(section, "model"),
            "kv": status.kv,
            "protocol": _name(section, "protocol"),
        },
        config=yaml.safe_dump(redact_config(section), sort_keys=False, allow_unicode=True),
        results=read_results(folder) if folder.results.exists() else None,
    )


def scorer_of(state: RunState, index: RowIndex) -> str:
    """Return the label of the scorer whose verdicts count: that of the results.

    While a run goes on, and before its first results, it is the one that graded last.
    """
    latest = index.latest_scorer or ""
    if state.results is None:
        return latest
    return latest if latest and state.status.state == "running" else state.results.scorer


def run_view(
    state: RunState, index: RowIndex, *, key: str, label: str, notes: Sequence[str] = ()
) -> RunView:
    """Return what a page says of a run: its numbers are those of the rows that `index` knows."""
    status, scorer = state.status, scorer_of(state, index)
    verdicts = index.verdicts(scorer)
    return RunView(
        key=key,
        label=label,
        **state.names,
        scorer=scorer,
        folder=str(state.folder.path),
        state=status.state,
        started_at=status.started_at,
        wall_s=status.wall_s,
        planned=status.plan.total if status.plan else len(index),
        predicted=index.predicted,
        failed=index.failed,
        statuses={name: n for name, n in verdicts.statuses.items() if n},
        tasks=tuple(index.tasks),
        metrics=tuple(verdicts.metrics),
        usage=index.usage,
        config=state.config,
        provenance=_provenance(status),
        notes=(*_notes(state), *notes),
        rows=len(index),
        index_chunks=index_chunks(len(index)),
    )


def labels_of(states: Sequence[RunState]) -> list[str]:
    """Return what to call each run: the model and what tells it apart from the others.

    Runs that differ in nothing but their settings are told apart by their folders.
    """
    names = [state.names for state in states]
    telling = [part for part in ("recipe", "protocol") if len({one[part] for one in names}) > 1]
    labels = [" / ".join([_model(one), *(one[part] for part in telling)]) for one in names]
    counts = Counter(labels)
    return [
        f"{label} / {state.folder.path.name}" if counts[label] > 1 else label
        for label, state in zip(labels, states, strict=True)
    ]


def stored_runs(states: Sequence[RunState]) -> list[StoredRun]:
    """Return the runs that have results."""
    return [StoredRun(s.folder, s.results) for s in states if s.results is not None]


def overview(
    runs: Sequence[RunView],
    tables: tuple[Table, ...],
    figures: tuple[Figure, ...],
    *,
    title: str | None,
    made_at: str,
    live: bool = False,
) -> Overview:
    """Return the overview of `runs`; without a title it is called after their recipes."""
    recipes = dict.fromkeys(run.recipe for run in runs)
    return Overview(
        title=title or ", ".join(recipes) or "evalrun",
        made_at=made_at,
        version=version("evalrun"),
        live=live,
        runs=tuple(runs),
        tables=tables,
        figures=figures,
    )


def _runs_in(path: Path) -> Iterator[RunFolder]:
    for folder, inner, files in os.walk(path):
        inner.sort()
        if "run.json" in files:
            inner.clear()
            yield RunFolder(Path(folder))


def _config_section(folder: RunFolder) -> dict[str, Any]:
    """Return what config.yaml holds; nothing where it is not there or no YAML."""
    try:
        section: Any = load_yaml(folder.config.read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return section if isinstance(section, dict) else {}


def _name(section: dict[str, Any], part: str) -> str:
    inner: Any = section.get(part)
    return str(inner.get("name", "")) if isinstance(inner, dict) else ""


def _provenance(status: Status) -> dict[str, Any]:
    return redact_config(
        {
            **status.provenance,
            "versions": status.versions,
            **({"environment": status.environment} if status.environment else {}),
        }
    )


def _model(names: dict[str, str]) -> str:
    return names["model"] if names["kv"] == "full" else f"{names['model']} + {names['kv']}"


def _notes(state: RunState) -> list[str]:
    status = state.status
    notes = list(notes_of(state.results)) if state.results else []
    return [*notes, *filter(None, [status.reason]), *status.notices]
