"""TurtleBench: guesses of real players about stories, to be judged (arXiv 2410.05262)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...core.config import Options
from ...core.content import Message
from ...core.errors import DataError
from ...core.hashing import sha256_of_file
from ...core.interfaces import Problem
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ..official import fetched_folders
from ..official_rows import OfficialRows, PlacedRow
from ..selection import choose
from .cases import Case, parse_case, read_cases, skipped_lines, task_of
from .files import Files
from .languages import LANGUAGES
from .prompts import PUBLISHED, Referee, Shots, own_referee, published_names, read_referee
from .stories import Story, read_stories

LICENCE = "Apache-2.0"


class TurtleBenchOptions(Options, frozen=True):
    """Which languages, and how the referee is told.

    - `shots`: worked stories in the prompt; the o1 models were asked without.
    - `single_message`: prompt and guess in one user message, as the o1 models were asked.
    - `prompts`: a folder with the published texts; null is the fetched ones where they are there,
      else evalrun's own.
    """

    name: str = "turtlebench"
    task: str | tuple[str, ...] = "all"
    shots: Shots = 0
    single_message: bool = False
    prompts: str | None = None
    fetch: FileSource | None = None
    data_dir: str = "."
    path: str | None = None


class TurtleBench:
    """Guesses about stories, in English (`en`) and Chinese (`zh`)."""

    Options = TurtleBenchOptions

    def __init__(self, options: TurtleBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._languages = tuple(one.name for one in choose(options.task, LANGUAGES))
        path = None if options.path is None else Path(options.path)
        self._files = Files(Path(options.data_dir), path)
        self._rows = OfficialRows(
            recipe="turtlebench",
            files=tuple(map(self._files.row_file, self._languages)),
            folder=self._files.folder,
            fetched=fetched_folders(Path(options.data_dir), options.fetch),
            path=path,
            task_of=task_of,
            read=read_cases,
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        found = [*self._missing_prompts(), *self._rows.problems()]
        if found:
            return found
        without = [name for name in self._present() if self._files.stories(name) is None]
        if not without:
            return ()
        what = f"no stories.json of {', '.join(without)}"
        return (Problem(what, "run `evalrun fetch turtlebench`, or put it beside the cases"),)

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a guess, at most `limit` of each language.

        Raises DataError naming file and row, also for a guess about no known story.
        """
        referee = self._referee()
        stories = {name: self._stories(name) for name in self._present()}
        for placed in self._rows.rows(limit):
            case = parse_case(placed.row, placed.place)
            if case.label not in LANGUAGES[placed.task].labels:
                raise DataError(f"{placed.place}: {case.label!r} is no label of {placed.task}")
            if case.title not in stories[placed.task]:
                raise DataError(f"{placed.place}: there is no story {case.title!r}")
            told = referee.told(placed.task, stories[placed.task][case.title])
            yield self._sample(placed, case, told)

    def provenance(self) -> dict[str, Any]:
        """Return languages, wording, licence, and what identifies the files. Raises DataError.

        `skipped_lines` numbers the lines of each list that are no case.
        """
        skipped = {name: self._skipped(name) for name in self._present()}
        return {
            "tasks": list(self._languages),
            "shots": self._options.shots,
            **self._referee().wording,
            "licence": LICENCE,
            **self._rows.identity(),
            "stories": {
                name: sha256_of_file(path)
                for name in self._present()
                if (path := self._files.stories(name)) is not None
            },
            "skipped_lines": {name: lines for name, lines in skipped.items() if lines},
        }

    def _sample(self, placed: PlacedRow, case: Case, told: str) -> Sample:
        """Return a sample: the referee's text as system message, and the guess (`call_api`)."""
        single = self._options.single_message
        query = f"{told}\n\nUser: {case.guess}" if single else case.guess
        return Sample(
            id=f"{placed.task}/{placed.index}",
            task=placed.task,
            messages=() if single else (Message("system", told),),
            turns=(Turn(query=query, target=case.label),),
            row=placed.index,
            row_id=case.sample,
            group=f"{placed.task}/{case.title}",
            labels={"story": case.title},
        )

    def _present(self) -> tuple[str, ...]:
        """Return the chosen languages of which there are cases. Raises DataError."""
        if self._files.path is None:
            return self._languages
        return tuple(dict.fromkeys(placed.task for placed in self._rows.rows(limit=1)))

    def _stories(self, language: str) -> dict[str, Story]:
        path = self._files.stories(language)
        if path is None:
            raise DataError(f"{self._files.folder}: no stories.json of {language}")
        return read_stories(path)

    def _skipped(self, language: str) -> list[int]:
        path = self._files.cases(language)
        return [] if path is None else skipped_lines(path)

    def _prompt_folder(self) -> Path | None:
        """Return the folder of the published texts; None where our own are used."""
        if self._options.prompts is not None:
            return Path(self._options.prompts)
        fetched = self._files.folder / PUBLISHED
        return None if self._lacking(fetched) else fetched

    def _lacking(self, folder: Path) -> list[str]:
        names = published_names(self._languages, self._options.shots).values()
        return [name for name in names if not (folder / name).is_file()]

    def _missing_prompts(self) -> Sequence[Problem]:
        folder = self._prompt_folder()
        lacking = [] if folder is None else self._lacking(folder)
        if not lacking:
            return ()
        remedy = "name the folder `prompts` of the official repository, or say null"
        return (Problem(f"benchmark.prompts={folder}: no {', '.join(lacking)}", remedy),)

    def _referee(self) -> Referee:
        folder = self._prompt_folder()
        if folder is None:
            return own_referee(self._options.shots)
        return read_referee(folder, self._languages, self._options.shots)
