"""A report takes the place of an earlier one when it is whole, and of nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import ConfigError, StoreError

_OURS = {"index.html", "pieces", "files"}
_PAGE_BYTES = 1 << 20
_PAGE_SAYS = b'id="overview"'


def refuse_to_replace(out: Path, *, single: bool) -> None:
    """Raise ConfigError when `out` is there and is neither a report of this kind nor empty."""
    if single and out.is_dir():
        raise ConfigError(f"{out} is a folder; name a file, or a folder not called .html")
    if out.exists() and not (_is_page(out) if single else _is_report(out)):
        raise ConfigError(f"{out} holds something else than a report; choose another place: --out")


@contextmanager
def new_folder(out: Path) -> Generator[Path]:
    """Give an empty folder beside `out`, which takes its place at the end if all went well.

    Raises OSError, StoreError.
    """
    part = _beside(out, "part")
    part.mkdir(parents=True)
    try:
        yield part
        _replace(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def new_file(out: Path) -> Generator[Path]:
    """Give the path of a file beside `out`, which takes its place at the end if all went well."""
    part = _beside(out, "part")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield part
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def writing(out: Path) -> Generator[None]:
    """Raise StoreError for an OSError of what is done inside."""
    try:
        yield
    except OSError as error:
        what = error.filename or out
        raise StoreError(f"cannot write the report {out}: {what}: {error.strerror}") from None


def _replace(part: Path, out: Path) -> None:
    """Put `part` in the place of `out`; no other moment than one between two renames is lost."""
    old = _beside(out, "old")
    if out.exists():
        refuse_to_replace(out, single=False)
        out.rename(old)
    try:
        part.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _is_report(folder: Path) -> bool:
    """Tell whether a folder holds nothing but the page, pieces and files of a report."""
    if not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()}
    return not names or (names <= _OURS and "pieces" in names and _is_page(folder / "index.html"))


def _is_page(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return _PAGE_SAYS in file.read(_PAGE_BYTES)


def _beside(out: Path, ending: str) -> Path:
    whole = out.absolute()
    return whole.with_name(f".{whole.name}.{os.getpid()}.{ending}")
