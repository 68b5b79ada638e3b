"""SimpleBench: trick questions with six options (github.com/simple-bench/SimpleBench)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from ...core.config import Options
from ...core.content import Message
from ...core.errors import ConfigError
from ...core.interfaces import Problem
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ..official import fetched_folders
from ..official_rows import OfficialRows, RowFile
from .prompts import PUBLISHED, SystemPrompt, own_prompt, read_prompt
from .rows import parse_question

LICENCE = "MIT"
TASK = "simplebench"

_FILE = RowFile(TASK, ("simple_bench_public.json", "simple_bench_public_set.csv"))


class SimpleBenchOptions(Options, frozen=True):
    """Which questions are asked, and how.

    - `split` says what the rows are: the `public` ten, or the `full` set, which is private and
      needs `path`.
    - `cot`: whether the system message asks for reasoning; the o-series was asked without.
    - `prompts`: a file with the system message; null is the published one where it was
      fetched and `cot` wants it, else evalrun's own.
    """

    name: str = "simplebench"
    split: Literal["public", "full"] = "public"
    cot: bool = True
    prompts: str | None = None
    fetch: FileSource | None = None
    data_dir: str = "."
    path: str | None = None


class SimpleBench:
    """Questions with six options, of which the most realistic is right."""

    Options = SimpleBenchOptions

    def __init__(self, options: SimpleBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        if options.prompts is not None and not options.cot:
            raise ConfigError(
                "benchmark.cot=false is of evalrun's own message: leave out benchmark.prompts"
            )
        self._options = options
        self._prompt_path = _prompt_path(options)
        self._rows = OfficialRows(
            recipe="simplebench",
            files=(_FILE,),
            folder=Path(options.data_dir),
            fetched=fetched_folders(Path(options.data_dir), options.fetch),
            path=None if options.path is None else Path(options.path),
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        if self._options.split == "full" and self._options.path is None:
            what = "the full set of SimpleBench is private"
            remedy = "say benchmark.path=FILE if you have it, or benchmark.split=public"
            return (Problem(what, remedy),)
        path = self._prompt_path
        if path is not None and not path.is_file():
            remedy = "name a text file, or say benchmark.prompts=null"
            return (Problem(f"{path}: no such file", remedy), *self._rows.problems())
        return self._rows.problems()

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a question, at most `limit`. Raises DataError naming file and row."""
        system = Message("system", self._prompt().text)
        for placed in self._rows.rows(limit):
            question = parse_question(placed.row, placed.place)
            turn = Turn(query=question.text, target=question.answer, choices=question.options)
            yield Sample(
                id=f"{TASK}/{question.id}",
                task=TASK,
                messages=(system,),
                turns=(turn,),
                row=placed.index,
                row_id=question.id,
            )

    def provenance(self) -> dict[str, Any]:
        """Return split, wording, licence, and what identifies the rows. Raises DataError."""
        return {
            "split": self._options.split,
            **self._prompt().wording,
            "licence": LICENCE,
            **self._rows.identity(),
        }

    def _prompt(self) -> SystemPrompt:
        if self._prompt_path is None:
            return own_prompt(cot=self._options.cot)
        return read_prompt(self._prompt_path)


def _prompt_path(options: SimpleBenchOptions) -> Path | None:
    """Return the file that holds the system message; None is our own."""
    if options.prompts is not None:
        return Path(options.prompts)
    published = Path(options.data_dir) / PUBLISHED
    return published if options.cot and published.is_file() else None
