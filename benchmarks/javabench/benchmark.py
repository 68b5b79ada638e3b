"""JavaBench: skeletons of classes in four projects, to be completed (arXiv 2406.12902)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from ...core.config import Options
from ...core.errors import ConfigError
from ...core.interfaces import Problem
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ..official import fetched_folders
from ..official_rows import OfficialRows
from ..selection import choose
from .prompts import PUBLISHED, Prompt, read_prompt
from .rows import (
    PROJECTS,
    ClassRow,
    Context,
    parse_class,
    project_of,
    read_suites,
    reference_folder,
    row_file,
    suite_file,
)
from .verdicts import Granularity, Planned, planned

LICENCE = "none named; Apache-2.0 of PA20"
_MAX_TOKENS = 4096


class JavaBenchOptions(Options, frozen=True):
    """Which projects, what is shown of other classes, and what is graded.

    - `context`: `selective` shows the signatures of what a class depends on, `maximum` the
      skeletons of related classes, `minimum` nothing.
    - `granularity`: verdicts on each class alone, on each test suite with all classes that it
      depends on, on the whole project.
    - `template`: the Python file of the published prompt; null is the fetched one where it is
      there, else evalrun's own words.
    """

    name: str = "javabench"
    task: str | tuple[str, ...] = "all"
    context: Context = "selective"
    granularity: tuple[Granularity, ...] = ("class", "test")
    template: str | None = None
    fetch: FileSource | None = None
    data_dir: str = "."
    path: str | None = None


class JavaBench:
    """A sample a class; a task a project."""

    Options = JavaBenchOptions

    def __init__(self, options: JavaBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        if not options.granularity:
            raise ConfigError("benchmark.granularity names nothing to grade: class, test, project")
        self._options = options
        self._data_dir = Path(options.data_dir).resolve()
        files = {project: row_file(project, options.context) for project in PROJECTS}
        self._rows = OfficialRows(
            recipe="javabench",
            files=choose(options.task, files),
            folder=self._data_dir,
            fetched=fetched_folders(Path(options.data_dir), options.fetch),
            path=None if options.path is None else Path(options.path),
            task_of=project_of,
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        path = self._template_path()
        if path is not None and not path.is_file():
            remedy = "name app/prompt/template.py of the repository, or say benchmark.template=null"
            return (Problem(f"{path}: no such file", remedy), *self._rows.problems())
        return (*self._rows.problems(), *self._lacking())

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a class, at most `limit` of each project. Raises DataError."""
        prompt = read_prompt(self._template_path())
        rows = map(parse_class, self._rows.rows(limit))
        for project, group in groupby(rows, key=lambda row: row.project):
            classes = list(group)
            verdicts = self._planned(project, classes)
            for row in classes:
                if row.id in verdicts:
                    yield self._sample(row, verdicts[row.id], prompt)

    def provenance(self) -> dict[str, Any]:
        """Return projects, wording, licence, and what identifies the rows. Raises DataError."""
        return {
            "tasks": [file.task for file in self._rows.files],
            **read_prompt(self._template_path()).wording,
            "licence": LICENCE,
            **self._rows.identity(),
        }

    def _sample(self, row: ClassRow, verdicts: Planned, prompt: Prompt) -> Sample:
        reference = reference_folder(self._data_dir, row.project)
        turn = Turn(
            query=prompt.asked(row),
            target=verdicts.target,
            answers=len(verdicts.subtasks),
            subtasks=verdicts.subtasks,
            max_tokens=_MAX_TOKENS,
            metadata={"skeleton": row.code, "language": "java"},
        )
        return Sample(
            id=row.id,
            task=row.project,
            turns=(turn,),
            messages=(prompt.opening(row),),
            row=row.index,
            row_id=row.id,
            metadata={"project": str(reference), "skeleton": row.skeleton},
        )

    def _planned(self, project: str, classes: Sequence[ClassRow]) -> dict[str, Planned]:
        wanted = self._options.granularity
        suites = read_suites(suite_file(self._data_dir, project)) if "test" in wanted else ()
        return planned(classes, suites, wanted)

    def _lacking(self) -> Iterator[Problem]:
        """Yield what grading lacks: reference projects, and lists of test suites."""
        remedy = "run `evalrun fetch javabench`, or set benchmark.data_dir"
        for file in self._rows.files:
            folder, suites = reference_folder(self._data_dir, file.task), self._suites(file.task)
            if not folder.is_dir():
                yield Problem(f"{folder}: no such folder", remedy)
            if suites is not None and not suites.is_file():
                yield Problem(f"{suites}: no such file", remedy)

    def _suites(self, project: str) -> Path | None:
        is_wanted = "test" in self._options.granularity
        return suite_file(self._data_dir, project) if is_wanted else None

    def _template_path(self) -> Path | None:
        if self._options.template is not None:
            return Path(self._options.template)
        published = self._data_dir / PUBLISHED
        return published if published.is_file() else None
