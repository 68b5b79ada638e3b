"""ToolBench: six test sets of questions, each with the APIs that may answer it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from ...core.config import Options
from ...core.content import Message
from ...core.errors import DataError
from ...core.exchange import Tool
from ...core.interfaces import Problem
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ...core.tools import ORIGINS
from ..official import fetched_folders
from ..official_rows import OfficialRows, PlacedRow, RowFile
from ..selection import choose
from .functions import function_of, origin
from .names import standardize
from .rows import Query, parse_query
from .tool_files import ToolFiles
from .wording import Wording, read_wording

LICENCE = "apache-2.0"
# The order of the paper's columns I1-Inst. to I3-Inst. differs; that of its evaluator is this one.
TASKS: tuple[str, ...] = (
    "G1_instruction",
    "G1_category",
    "G1_tool",
    "G2_instruction",
    "G2_category",
    "G3_instruction",
)
OFFICIAL = FileSource(
    git="THUNLP-MT/StableToolBench",
    revision="aa4ed9f4737ad98bd706663f01d63623c3427812",
    files=tuple(f"solvable_queries/test_instruction/{task}.json" for task in TASKS),
)
# Where the files of each split lie below `data_dir`.
_STABLE = ("solvable_queries/test_instruction/", "")
_FULL = ("test_instruction/", "data/test_instruction/")
_QUERIES = ("instruction/", "data/instruction/")
_IDS = ("test_query_ids/", "data/test_query_ids/")
# As the official client asks for replies.
_MOST_TOKENS = 1024


class ToolLLMOptions(Options, frozen=True):
    """Which test sets, and of which questions.

    - `split`: `stable`, the 765 questions that StableToolBench found solvable; `full`, the 1,100 of
      the paper, from ToolBench's own archive unpacked into `data_dir`.
    - `tools`: the archive's folder `toolenv/tools`, whose files describe tools more fully than
      the questions' `api_list` does; needed where that gives names only.
    """

    name: str = "toolllm"
    task: str | tuple[str, ...] = "all"
    split: Literal["stable", "full"] = "stable"
    tools: str | None = None
    fetch: FileSource | None = OFFICIAL
    data_dir: str = "."
    path: str | None = None


class ToolLLM:
    """Questions with functions to call, for protocols of agents (react, dfsdt)."""

    Options = ToolLLMOptions

    def __init__(self, options: ToolLLMOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._folder = Path(options.data_dir)
        self._files = ToolFiles(None if options.tools is None else Path(options.tools))
        self._wording = read_wording()
        self._rows = OfficialRows(
            recipe="toolllm",
            files=choose(options.task, {task: _file(task, options.split) for task in TASKS}),
            folder=self._folder,
            fetched=fetched_folders(self._folder, _source(options)),
            path=None if options.path is None else Path(options.path),
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them."""
        tools = self._files.folder
        if tools is not None and not tools.is_dir():
            return (Problem(f"{tools}: no such folder", "check benchmark.tools"),)
        missing = self._rows.problems()
        if missing and self._options.split == "full" and self._options.path is None:
            remedy = "unpack the archive of ToolBench into benchmark.data_dir, or take split=stable"
            return tuple(Problem(problem.what, remedy) for problem in missing)
        return missing

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a question, at most `limit` of each test set. Raises DataError."""
        taken = dict.fromkeys(TASKS, 0)
        wanted = {file.task: self._ids(file.task) for file in self._rows.files}
        for placed in self._rows.rows(None):
            ids = wanted[placed.task]
            if limit is not None and taken[placed.task] >= limit:
                continue
            if ids is None or str(placed.row.get("query_id")) in ids:
                taken[placed.task] += 1
                query = parse_query(placed.row, placed.place, self._files)
                yield _sample(placed, query, self._wording)

    def provenance(self) -> dict[str, Any]:
        """Return test sets, split, wording, licence, and what identifies rows and tools."""
        tasks = [file.task for file in self._rows.files]
        return {
            "tasks": tasks,
            "split": self._options.split,
            **self._wording.provenance(),
            "licence": LICENCE,
            **self._files.identity(),
            **self._rows.identity(),
        }

    def _ids(self, task: str) -> frozenset[str] | None:
        """Return the ids of a test set, where a file says them; None: all rows are of it."""
        if self._options.split == "stable" or self._options.path is not None:
            return None
        paths = (self._folder / f"{folder}{task}.json" for folder in _IDS)
        path = next((path for path in paths if path.is_file()), None)
        return None if path is None else _read_ids(path)


def _source(options: ToolLLMOptions) -> FileSource | None:
    """Return where the rows are fetched from; the archive with all of them is not fetched."""
    return options.fetch if options.split == "stable" else None


def _file(task: str, split: str) -> RowFile:
    if split == "stable":
        return RowFile(task, tuple(f"{folder}{task}.json" for folder in _STABLE))
    whole = (f"{folder}{task[:2]}_query.json" for folder in _QUERIES)
    return RowFile(task, (*(f"{folder}{task}.json" for folder in _FULL), *whole))


def _read_ids(path: Path) -> frozenset[str]:
    try:
        ids = msgspec.json.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise DataError(f"{path}: {error}") from None
    if not isinstance(ids, dict):
        raise DataError(f"{path}: should hold an object whose keys are ids of queries")
    return frozenset(cast("dict[str, Any]", ids))


def _sample(placed: PlacedRow, query: Query, wording: Wording) -> Sample:
    tools: dict[str, Tool] = {}
    origins: dict[str, Any] = {}
    for api in query.apis:
        tool = function_of(api, wording)
        # Of functions that are called the same, calls go to the first, and no other is offered.
        origins.setdefault(tool.name, origin(api))
        tools.setdefault(tool.name, tool)
    turn = Turn(
        query=query.query,
        max_tokens=_MOST_TOKENS,
        tools=tuple(tools.values()),
        metadata={ORIGINS: origins},
    )
    told = {standardize(api.tool_name): api.tool_description for api in query.apis}
    row_id = placed.index if query.query_id is None else query.query_id
    return Sample(
        id=f"{placed.task}/{row_id}",
        task=placed.task,
        messages=(Message("system", wording.task_of(told)),),
        turns=(turn,),
        row=placed.index,
        row_id=row_id,
        metadata={"relevant_apis": query.relevant},
    )
