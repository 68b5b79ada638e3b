"""ProcessBench: the first wrong step of a solution, found by critics or by reward models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...core.config import Options
from ...core.interfaces import Problem
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ..official import fetched_folders
from ..official_rows import OfficialRows, RowFile
from ..selection import choose
from .prompts import PUBLISHED, Template, read_template
from .rows import TASKS, Solution, parse_solution, task_of
from .samples import Form, conversation_turns, critic_turns, prefix_turns, sample_of

LICENCE = "apache-2.0"
# A public copy of the hub's rows, and the official prompt.
OFFICIAL = (
    FileSource(
        git="ljxzs-jjlzs/ProcessBench",
        revision="e607025b8d00e46838d5b84170c96529ba19c53d",
        files=tuple(f"code/dataset/{task}.json" for task in TASKS),
        into="data",
    ),
    FileSource(
        git="QwenLM/ProcessBench",
        revision="e8024636bcabdf8bd514440551b531d3f90dd18b",
        files=("code/templates/critique_template.txt",),
        into="prompts",
    ),
)
# The folder below `data_dir` to which `evalrun fetch` brings rows, and where they lie in a folder:
# as in the public copy, or as on the hub.
_FETCHED = "data"
_FOLDERS = ("code/dataset/", "")


class ProcessBenchOptions(Options, frozen=True):
    """Which subsets, and who judges the solutions.

    - `form`: `critic` asks for the index of the first wrong step; `generative_prm` shows a step a
      turn (protocol=until); `discriminative_prm` shows the problem with one more step each turn,
      joined by `separator`, to a classifier (protocol=likelihood protocol.of=texts).
    - `template`: a prompt for critics with {problem} and {tagged_response}; null is the published
      one where it was fetched, else evalrun's own.
    """

    name: str = "processbench"
    task: str | tuple[str, ...] = "all"
    form: Form = "critic"
    separator: str = "\n"
    template: str | None = None
    fetch: tuple[FileSource, ...] = OFFICIAL
    data_dir: str = "."
    path: str | None = None


class ProcessBench:
    """Solutions of four subsets, gsm8k, math, olympiadbench and omnimath."""

    Options = ProcessBenchOptions

    def __init__(self, options: ProcessBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._template_path = _template_path(options)
        self._rows = OfficialRows(
            recipe="processbench",
            files=choose(options.task, {task: _file(task) for task in TASKS}),
            folder=_folder(Path(options.data_dir)),
            fetched=fetched_folders(Path(options.data_dir), options.fetch),
            path=None if options.path is None else Path(options.path),
            task_of=task_of,
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them."""
        path = self._template_path
        if path is None or path.is_file():
            return self._rows.problems()
        missing = Problem(f"{path}: no such file", "name a text, or say benchmark.template=null")
        return (missing, *self._rows.problems())

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a solution, at most `limit` of each subset. Raises DataError."""
        turns = self._turns()
        for placed in self._rows.rows(limit):
            solution = parse_solution(placed.row, placed.place)
            yield sample_of(placed, solution, turns(solution))

    def provenance(self) -> dict[str, Any]:
        """Return subsets, wording, licence, and what identifies the rows. Raises DataError."""
        wording = self._template().wording if self._options.form == "critic" else {}
        tasks = [file.task for file in self._rows.files]
        return {"tasks": tasks, **wording, "licence": LICENCE, **self._rows.identity()}

    def _turns(self) -> Callable[[Solution], tuple[Turn, ...]]:
        match self._options.form:
            case "critic":
                return critic_turns(self._template())
            case "generative_prm":
                return conversation_turns
            case "discriminative_prm":
                return prefix_turns(self._options.separator)

    def _template(self) -> Template:
        return read_template(self._template_path)


def _file(task: str) -> RowFile:
    return RowFile(task, tuple(f"{folder}{task}.json" for folder in _FOLDERS))


def _folder(data_dir: Path) -> Path:
    fetched = data_dir / _FETCHED
    return fetched if fetched.is_dir() else data_dir


def _template_path(options: ProcessBenchOptions) -> Path | None:
    if options.template is not None:
        return Path(options.template)
    published = Path(options.data_dir) / PUBLISHED
    return published if published.is_file() else None
