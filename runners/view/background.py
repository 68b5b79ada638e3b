"""What was asked in runs, read while their pages are shown already."""

from __future__ import annotations

import threading
from typing import Any

from ...core.config import Config
from ...core.errors import EvalrunError
from ..report.collect import RunState
from ..report.inputs import Questions, read_questions, same_questions


class Reading:
    """What is known by now of a run's questions, and why that is not all of them: `note`."""

    def __init__(self, note: str) -> None:
        self.questions = Questions()
        self.note: str | None = note

    def start(self, config: Config, identity: Any) -> None:
        """Read the benchmark in a thread, which ends with the process, whatever it is at."""
        threading.Thread(target=self._read, args=(config, identity), daemon=True).start()

    def _read(self, config: Config, identity: Any) -> None:
        self.note = read_questions(config, identity, self.questions)


class BackgroundLibrary:
    """Reads the questions of runs, once for all that ask the same."""

    def __init__(self) -> None:
        self._readings: dict[str, Reading] = {}

    def reading(self, state: RunState) -> Reading:
        """Return the reading of a run's questions, begun if it was not."""
        try:
            config = state.folder.read_config()
        except EvalrunError as error:
            return Reading(f"questions and targets are left out: {error}")
        identity = state.status.provenance.get("data")
        key = same_questions(config, identity)
        if key not in self._readings:
            self._readings[key] = Reading("questions and targets are still being read")
            self._readings[key].start(config, identity)
        return self._readings[key]
