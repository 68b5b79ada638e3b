"""GSM8K, MATH and MMLU as Archon asks them (ScalingIntelligence/Archon, benchmarks.py)."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...core.config import Options
from ...core.content import Message
from ...core.interfaces import Problem
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ..official import fetched_folders
from ..official_rows import OfficialRows, PlacedRow, RowFile
from ..selection import choose
from ..template import WORDING, fill
from .rows import PARSERS, task_of

# GSM8K, MATH-lighteval, MMLU.
LICENCE = "MIT"

_PROMPTS = Path(__file__).with_name("prompts.yaml")
# Where rows lie as they are fetched, and in a folder of files of the user's own.
_FILES = {
    "gsm8k": ("gsm8k/main/test-00000-of-00001.parquet", "gsm8k.jsonl"),
    "math": ("math/data/test-00000-of-00001.parquet", "math.jsonl"),
    "mmlu": ("mmlu/{subject}/test-00000-of-00001.parquet", "mmlu.jsonl"),
}
TASKS = tuple(_FILES)


class ExactMatchOptions(Options, frozen=True):
    """Which of the benchmarks; `subject` is that of MMLU, of which Archon asks one."""

    name: str = "archon"
    task: str | tuple[str, ...] = "all"
    subject: str = "elementary_mathematics"
    fetch: tuple[FileSource, ...] = ()
    data_dir: str = "."
    path: str | None = None


class ExactMatch:
    """Questions whose final answer stands behind "The answer is:"."""

    Options = ExactMatchOptions

    def __init__(self, options: ExactMatchOptions) -> None:
        """Check the options. Raises ConfigError."""
        files = {task: _file(task, options.subject) for task in TASKS}
        self._rows = OfficialRows(
            recipe="archon",
            files=choose(options.task, files),
            folder=Path(options.data_dir),
            fetched=fetched_folders(Path(options.data_dir), options.fetch),
            path=None if options.path is None else Path(options.path),
            task_of=task_of,
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        return self._rows.problems()

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a question, at most `limit` of each task. Raises DataError."""
        return map(_sample, self._rows.rows(limit))

    def provenance(self) -> dict[str, Any]:
        """Return tasks, wording, licence, and what identifies the rows. Raises DataError."""
        return {
            "tasks": [file.task for file in self._rows.files],
            "prompts": WORDING,
            "prompts_version": _prompts().version,
            "licence": LICENCE,
            **self._rows.identity(),
        }


class _Prompts(msgspec.Struct, frozen=True):
    version: int
    texts: Mapping[str, str]


@functools.cache
def _prompts() -> _Prompts:
    return msgspec.yaml.decode(_PROMPTS.read_bytes(), type=_Prompts)


def _file(task: str, subject: str) -> RowFile:
    return RowFile(task, tuple(name.replace("{subject}", subject) for name in _FILES[task]))


def _sample(placed: PlacedRow) -> Sample:
    question = PARSERS[placed.task](placed.row, placed.place)
    texts = _prompts().texts
    turn = Turn(
        query=fill(texts[question.template], question.fields, f"{_PROMPTS}, {question.template}"),
        target=question.target,
        choices=question.choices,
    )
    return Sample(
        id=f"{placed.task}/{placed.index}",
        task=placed.task,
        messages=(Message("system", texts["system"]),),
        turns=(turn,),
        row=placed.index,
        labels={} if question.subtask is None else {"subject": question.subtask},
    )
