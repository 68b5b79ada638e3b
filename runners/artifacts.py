"""Images and sounds that models make, kept in the run folder."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Sequence
from pathlib import Path

from ..core.exchange import ReplyFile
from ..core.prediction import SavedFile
from .folder import RunFolder, write_atomically


def save_files(folder: RunFolder, files: Sequence[ReplyFile]) -> tuple[SavedFile, ...]:
    """Write `files` below `artifacts/`, each called after its content, which is kept once.

    Raises StoreError.
    """
    return tuple(_saved(folder, file) for file in files)


def _saved(folder: RunFolder, file: ReplyFile) -> SavedFile:
    digest = hashlib.sha256(file.data).hexdigest()
    ending = mimetypes.guess_extension(file.media_type, strict=False) or ".bin"
    path = Path("artifacts") / f"{digest}{ending}"
    if not (folder.path / path).exists():
        folder.artifacts.mkdir(exist_ok=True)
        write_atomically(folder.path / path, file.data)
    return SavedFile(path=str(path), media_type=file.media_type, sha256=digest)
