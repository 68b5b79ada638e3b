"""Folders that are made once, whole or not at all, whoever else wants them at the same time."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from .lease import USUAL, Pace, lease, to_stderr


def made_once(
    folder: Path,
    make: Callable[[Path], None],
    *,
    what: str,
    pace: Pace = USUAL,
    tell: Callable[[str], None] = to_stderr,
) -> Path:
    """Return `folder`, which `make` fills where it is not there yet.

    `make` is given an empty folder beside it, which becomes `folder` once it is filled. Of several
    processes, on several machines, one makes it and the others wait for it; `what` tells them what
    is done there. What a killed process left half made is removed. Raises OSError, and what `make`
    raises.
    """
    if folder.is_dir():
        return folder
    with lease(folder.with_name(f".{folder.name}.lease"), what=what, pace=pace, tell=tell):
        if not folder.is_dir():
            _make(folder, make)
    return folder


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    beginning = f".{folder.name}.part-"
    for left in folder.parent.glob(f"{beginning}*"):
        shutil.rmtree(left, ignore_errors=True)
    part = folder.with_name(f"{beginning}{uuid.uuid4().hex}")
    part.mkdir()
    try:
        make(part)
        part.rename(folder)
    except OSError:
        # Another process may have made it while this one stood still.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
