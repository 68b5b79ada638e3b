"""Where the official files lie, and their rows as questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, read_headless, read_rows, where
from .rows import MMLU_COLUMNS, Question, parse_question
from .tasks import DATASETS, MMLU, Dataset

# Tried in this order below `data_dir`: what `evalrun fetch` brings, then files of other origin.
_LAYOUTS = {
    "gsm8k": ("gsm8k/main/test-*.parquet", "gsm8k/test.jsonl", "gsm8k_test*.jsonl", "gsm8k.jsonl"),
    "mmlu": ("mmlu/*/test-*.parquet", "mmlu/test/*_test*.csv", "mmlu/*_test*.csv"),
    "csqa": ("csqa/data/validation-*.parquet", "csqa/validation.jsonl", "csqa*.jsonl"),
}
# Folders of the hub's MMLU that are no subjects.
_NO_SUBJECTS = ("all", "auxiliary_train")


class Source(msgspec.Struct, frozen=True):
    """The files whose rows are put together in queries: those of a subject, or of a data set.

    `dev` holds the rows that exemplars are made of, in MMLU alone.
    """

    files: tuple[Path, ...]
    subject: str | None = None
    dev: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """How messages call it."""
        return ", ".join(map(str, self.files))


def find_sources(folder: Path, dataset: Dataset) -> tuple[Source, ...]:
    """Return the sources of `dataset` below `folder`; none when nothing is there."""
    return _first_layout(folder, dataset, _LAYOUTS[dataset.name])


def sources_at(path: Path, dataset: Dataset) -> tuple[Source, ...]:
    """Return the sources at `path`: a file, or a folder with the subjects of MMLU."""
    if path.is_file():
        return _sources(dataset, [path])
    layouts = [layout.removeprefix("mmlu/") for layout in _LAYOUTS[MMLU.name]]
    return _first_layout(path, dataset, layouts) if dataset == MMLU else ()


def dataset_of_file(path: Path) -> Dataset | None:
    """Return the data set that an official file or folder is named after, if any."""
    if path.is_dir() or (path.suffix == ".csv" and "_test" in path.stem):
        return MMLU
    return next((d for d in DATASETS if path.name.startswith(d.name)), None)


def read_questions(dataset: Dataset, files: Iterable[Path]) -> Iterator[Question]:
    """Yield the questions of `files`, one after another. Raises DataError naming file and row."""
    position = 0
    for path in files:
        for index, row in _rows(path, dataset):
            yield parse_question(dataset, row, position, where(path, index))
            position += 1
    if not position:
        raise DataError(f"{', '.join(map(str, files))}: no rows")


def _rows(path: Path, dataset: Dataset) -> Iterator[tuple[int, Row]]:
    if dataset == MMLU and path.suffix.lower() == ".csv":
        return read_headless(path, MMLU_COLUMNS)
    return read_rows(path)


def _first_layout(folder: Path, dataset: Dataset, layouts: Iterable[str]) -> tuple[Source, ...]:
    for layout in layouts:
        sources = _sources(dataset, sorted(folder.glob(layout)))
        if sources:
            return sources
    return ()


def _sources(dataset: Dataset, files: list[Path]) -> tuple[Source, ...]:
    if dataset != MMLU:
        return (Source(tuple(files)),) if files else ()
    by_subject: dict[str, list[Path]] = {}
    for path in files:
        by_subject.setdefault(_subject(path), []).append(path)
    return tuple(
        Source(tuple(parts), subject, _dev_files(parts[0], subject))
        for subject, parts in sorted(by_subject.items())
        if subject not in _NO_SUBJECTS
    )


def _subject(path: Path) -> str:
    """Return the subject that a file is named after, or its folder in the hub's layout."""
    return path.stem.partition("_test")[0] if path.suffix == ".csv" else path.parent.name


def _dev_files(test: Path, subject: str) -> tuple[Path, ...]:
    if test.suffix != ".csv":
        return tuple(sorted(test.parent.glob("dev-*.parquet")))
    folder = test.parent.parent / "dev" if test.parent.name == "test" else test.parent
    return tuple(sorted(folder.glob(f"{subject}_dev*.csv")))
