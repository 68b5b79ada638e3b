"""Where cases and stories lie: below a folder as in the official repository, or beside a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from ..official_rows import RowFile
from .stories import FILE

CASES = "cases.list"

# The folders of a language: as in the repository, or those of its folder `data` alone.
_FOLDERS = ("data/{}", "{}")


class Files(msgspec.Struct, frozen=True):
    """The official files in `folder`; `path` is a file of cases in place of its lists."""

    folder: Path
    path: Path | None = None

    def row_file(self, language: str) -> RowFile:
        """Return where the cases of a language lie; a `path` tells its language by its labels."""
        names = () if self.path else tuple(f"{f.format(language)}/{CASES}" for f in _FOLDERS)
        return RowFile(language, names)

    def cases(self, language: str) -> Path | None:
        """Return the file with cases of a language, or None."""
        if self.path is not None:
            return self.path
        return _first([self.folder / name for name in self.row_file(language).names])

    def stories(self, language: str) -> Path | None:
        """Return the file with the stories of a language, or None."""
        beside = [] if self.path is None else [self.path.parent, self.path.parent / language]
        below = [self.folder / folder.format(language) for folder in _FOLDERS]
        return _first([folder / FILE for folder in (*beside, *below)])


def _first(paths: Sequence[Path]) -> Path | None:
    return next((path for path in paths if path.is_file()), None)
