"""`evalrun report`: a folder that opens from a disk, or one file that holds everything."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ..status import now
from .artifacts import CopiedMedia, EmbeddedMedia
from .collect import overview, stored_runs
from .figures import figures
from .model import Overview
from .page import page
from .replacing import new_file, new_folder, refuse_to_replace, writing
from .sources import Source, sources
from .streaming import pieces_of
from .tables import tables_of

LARGE_BYTES = 100_000_000


class ReportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a report is written: under which title, and whether with what was asked.

    `recipes` are folders with more numbers of papers than those of evalrun.
    """

    title: str | None = None
    inputs: bool = True
    recipes: tuple[Path, ...] = ()


class Written(msgspec.Struct, frozen=True):
    """A report on disk: the page to open, and what whoever wrote it should know, in lines."""

    page: Path
    notes: tuple[str, ...]


class _Report(msgspec.Struct, frozen=True):
    """What is to be written; `advance` is called for each row that is."""

    overview: Overview
    sources: tuple[Source, ...]
    inputs: bool
    advance: Callable[[], object]


def write_report(runs: Sequence[Path], out: Path, options: ReportOptions) -> Written:
    """Write the report of the runs at or below `runs`: one file if `out` ends in .html.

    An earlier report at `out` is replaced when the new one is whole. Raises ConfigError when there
    is no run or `out` holds something else, DataError, StoreError, MissingExtraError.
    """
    single = out.suffix.lower() in (".html", ".htm")
    refuse_to_replace(out, single=single)
    found = tuple(sources(runs, inputs=options.inputs))
    whole = _overview(found, options)
    with _progress(whole) as advance, writing(out):
        report = _Report(whole, found, options.inputs, advance)
        place = _write_file(report, out) if single else _write_folder(report, out)
    absent = [f"{s.view.label}: {s.absent}" for s in found if s.absent]
    return Written(place, (*absent, *_size_notes(place)))


def _overview(found: Sequence[Source], options: ReportOptions) -> Overview:
    stored = stored_runs([source.state for source in found])
    views = [source.view for source in found]
    tables = tables_of(stored, options.recipes)
    return overview(views, tables, figures(stored), title=options.title, made_at=now())


def _write_folder(report: _Report, out: Path) -> Path:
    """Write page, pieces and files. Raises OSError."""
    with new_folder(out) as folder:
        _write_page(folder / "index.html", page(report.overview))
        (folder / "pieces").mkdir()
        for source in report.sources:
            media = CopiedMedia(source.state.folder, source.view.key, folder)
            (folder / "pieces" / source.view.key).mkdir()
            for name, text in pieces_of(source, media, report.advance, inputs=report.inputs):
                (folder / "pieces" / f"{name}.js").write_bytes(text)
    return out / "index.html"


def _write_file(report: _Report, out: Path) -> Path:
    """Write the page with everything in it. Raises OSError."""
    with new_file(out) as path:
        _write_page(path, page(report.overview, _all_pieces(report)))
    return out


def _all_pieces(report: _Report) -> Iterator[tuple[str, bytes]]:
    for source in report.sources:
        media = EmbeddedMedia(source.state.folder)
        yield from pieces_of(source, media, report.advance, inputs=report.inputs)


def _write_page(path: Path, parts: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(parts)


def _size_notes(page_path: Path) -> list[str]:
    """Say that a page is large; browsers take long to open it."""
    size = page_path.stat().st_size
    if size <= LARGE_BYTES:
        return []
    return [f"{page_path} has {size / 1e6:,.0f} MB: a folder (--out DIR) opens faster"]


@contextmanager
def _progress(whole: Overview) -> Generator[Callable[[], object]]:
    """Show a bar on a terminal; what is given counts a row."""
    from tqdm import tqdm

    rows = sum(run.rows for run in whole.runs)
    with tqdm(total=rows, unit="row", dynamic_ncols=True, disable=not sys.stderr.isatty()) as bar:
        yield bar.update
