"""The runs of a report, ready for their rows to be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from ...core.errors import ConfigError, EvalrunError
from ..shards.leftovers import gathered
from .collect import RunState, folders_below, labels_of, read_state, run_view
from .inputs import Questions, read_questions, same_questions
from .model import RunView
from .row_index import RowIndex


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A run, where its rows lie, and what was asked: `absent` says why that is not known."""

    state: RunState
    index: RowIndex
    view: RunView
    questions: Questions | None
    absent: str | None


def sources(paths: Sequence[Path], *, inputs: bool) -> list[Source]:
    """Return the runs at or below `paths`, with what was asked if `inputs`.

    Raises ConfigError when there is none, DataError for a malformed run folder.
    """
    folders = folders_below(paths)
    if not folders:
        raise ConfigError(f"no run at or below {', '.join(map(str, paths))}")
    states = [read_state(gathered(folder)) for folder in folders]
    library = Library()
    return [
        _source(state, f"r{number}", label, library if inputs else None)
        for number, (state, label) in enumerate(zip(states, labels_of(states), strict=True))
    ]


class Library:
    """What was asked in several runs; those that ask the same share it, and it is read once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Questions, str | None]] = {}

    def questions(self, state: RunState) -> tuple[Questions, str | None]:
        """Return the questions of a run, and why they are not known, if they are not."""
        try:
            config = state.folder.read_config()
        except EvalrunError as error:
            return Questions(), f"questions and targets are left out: {error}"
        identity = state.status.provenance.get("data")
        key = same_questions(config, identity)
        if key not in self._known:
            questions = Questions()
            self._known[key] = questions, read_questions(config, identity, questions)
        return self._known[key]


def _source(state: RunState, key: str, label: str, library: Library | None) -> Source:
    index = RowIndex(state.folder)
    index.update()
    index.settle()
    questions, absent = library.questions(state) if library else (None, None)
    notes = [absent] if absent else []
    view = run_view(state, index, key=key, label=label, notes=notes)
    return Source(state=state, index=index, view=view, questions=questions, absent=absent)
