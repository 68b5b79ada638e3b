"""The official rows: classes to complete, and test suites with the classes they depend on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, read_rows, require, where
from ..official_rows import PlacedRow, RowFile

PROJECTS = ("PA19", "PA20", "PA21", "PA22")
Context = Literal["selective", "maximum", "minimum"]

_FENCE, _END = "```java\n", "```"


class ClassRow(msgspec.Struct, frozen=True, kw_only=True):
    """A class to complete: `code` is its skeleton in a fence, `file` its path below the sources."""

    id: str
    project: str
    index: int
    file: str
    code: str
    code_context: str

    @property
    def skeleton(self) -> str:
        """The skeleton without its fence."""
        return self.code.removeprefix(_FENCE).rpartition(_END)[0]

    @property
    def qualified_name(self) -> str:
        """The name of the class with its package."""
        return self.file.removesuffix(".java").replace("/", ".")


class SuiteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A class of tests, and the qualified names of all classes to complete that it runs through."""

    id: str
    name: str
    needs: tuple[str, ...]


def row_file(project: str, context: Context) -> RowFile:
    """Return where the classes of `project` lie: as in the repository, or in a folder of rows."""
    name = f"data-{project}.jsonl"
    return RowFile(project, (f"datasets/{context}-context/{name}", name))


def suite_file(data_dir: Path, project: str) -> Path:
    """Return where the test suites of `project` lie."""
    return data_dir / "datasets" / "testcase" / f"test-{project}.jsonl"


def reference_folder(data_dir: Path, project: str) -> Path:
    """Return where the reference solution of `project`, with its tests, lies."""
    return data_dir / "projects" / f"{project}-Solution"


def project_of(row: Row) -> str | None:
    """Return the project that a row's `task_id` names."""
    name = row.get("task_id")
    return name.partition("/")[0] if isinstance(name, str) else None


def parse_class(placed: PlacedRow) -> ClassRow:
    """Return the class of a row. Raises DataError naming the row."""
    row, place = placed.row, placed.place
    names = ("task_id", "target", "code", "code_context")
    id_, file, code, context = (require(row, name, str, place) for name in names)
    if not code.startswith(_FENCE) or code.count(_END) < 2:
        raise DataError(f"{place}: field 'code' should hold a skeleton between ```java and ```")
    if not file.endswith(".java") or file.startswith("/") or ".." in file.split("/"):
        raise DataError(f"{place}: field 'target' should be a .java file below src/main/java")
    return ClassRow(
        id=id_,
        project=placed.task,
        index=placed.index,
        file=file,
        code=code,
        code_context=context,
    )


def read_suites(path: Path) -> Iterator[SuiteRow]:
    """Yield the test suites of a file. Raises DataError naming the row."""
    for index, row in read_rows(path):
        place = where(path, index)
        id_, name = (require(row, field, str, place) for field in ("test_id", "target"))
        yield SuiteRow(
            id=id_, name=name, needs=_names(require(row, "full_deps", list, place), place)
        )


def _names(value: Sequence[Any], place: str) -> tuple[str, ...]:
    if not value or not all(isinstance(name, str) for name in value):
        raise DataError(f"{place}: field 'full_deps' should list names of classes")
    return tuple(cast("Sequence[str]", value))
