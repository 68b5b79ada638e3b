"""UGMathBench: each problem in three randomised versions, all of which should be solved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from ...core.config import Options
from ...core.content import Message
from ...core.errors import ConfigError
from ...core.interfaces import Problem
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ..official import fetched_folders
from ..official_rows import OfficialRows, PlacedRow, RowFile
from ..selection import choose
from ..template import WORDING
from .prompts import query_of, read_wording
from .rows import SUBJECTS, Record, Version, parse_record, parse_versions, task_of

# Of the code; a third party names it for the data as well, whose card was not reachable.
LICENCE = "GPL-3.0"
# The official limit of a reply.
MAX_TOKENS = 2048

_Number = Annotated[int, msgspec.Meta(ge=1, le=3)]


class UGMathBenchOptions(Options, frozen=True):
    """Which subjects and versions; `system_prompt` is the text of a system message, if any."""

    name: str = "ugmathbench"
    task: str | tuple[str, ...] = "all"
    versions: tuple[_Number, ...] = (1, 2, 3)
    system_prompt: str | None = None
    fetch: tuple[FileSource, ...] = ()
    data_dir: str = "."
    path: str | None = None


class UGMathBench:
    """Sixteen subjects, a task each; the versions of a problem follow each other, as a group."""

    Options = UGMathBenchOptions

    def __init__(self, options: UGMathBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        if len(set(options.versions)) != len(options.versions) or not options.versions:
            raise ConfigError("benchmark.versions should name some of 1, 2 and 3, each once")
        self._options = options
        self._rows = OfficialRows(
            recipe="ugmathbench",
            files=choose(options.task, {s: _file(s) for s in SUBJECTS}, _canonical),
            folder=Path(options.data_dir),
            fetched=fetched_folders(Path(options.data_dir), options.fetch),
            path=None if options.path is None else Path(options.path),
            task_of=task_of,
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them."""
        return self._rows.problems()

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a version, problem by problem, at most `limit` of each subject.

        Only whole problems are taken, unless `limit` is less than one. Raises DataError.
        """
        size = len(self._options.versions)
        room = None if limit is None else max(limit - limit % size, min(limit, size))
        taken = Counter[str]()
        for placed in self._rows.rows(None if room is None else -(-room // size)):
            for sample in self._samples_of(placed):
                if room is None or taken[placed.task] < room:
                    taken[placed.task] += 1
                    yield sample

    def provenance(self) -> dict[str, Any]:
        """Return subjects, wording, licence, and what identifies the rows. Raises DataError."""
        return {
            "tasks": [file.task for file in self._rows.files],
            "prompts": WORDING,
            "prompts_version": read_wording().version,
            "licence": LICENCE,
            **self._rows.identity(),
        }

    def _samples_of(self, placed: PlacedRow) -> Iterator[Sample]:
        record = parse_record(placed.row, placed.place)
        for version in parse_versions(placed.row, self._options.versions, placed.place):
            yield self._sample(placed, record, version)

    def _sample(self, placed: PlacedRow, record: Record, version: Version) -> Sample:
        system = self._options.system_prompt
        return Sample(
            id=f"{record.id}/v{version.number}",
            task=placed.task,
            messages=(Message("system", system),) if system else (),
            turns=(_turn(record, version, placed.place),),
            row=placed.index,
            row_id=record.id,
            group=record.id,
            labels={"version": str(version.number), "level": record.level},
            metadata={"topic": record.topic, "subtopic": record.subtopic},
        )


def _turn(record: Record, version: Version, place: str) -> Turn:
    return Turn(
        query=query_of(record, version, place),
        target=list(version.answers),
        max_tokens=MAX_TOKENS,
        metadata={
            "problem": version.problem,
            "answer_types": list(version.answer_types),
            "options": [list(options) for options in version.options],
        },
    )


def _file(subject: str) -> RowFile:
    return RowFile(subject, (f"data/{subject}.json", f"{subject}.json"))


def _canonical(name: str) -> str:
    """Return a subject as its file is called: case, spaces and the hyphen need not be given."""
    known = {_letters(subject): subject for subject in SUBJECTS}
    return known.get(_letters(name), name)


def _letters(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalpha())
