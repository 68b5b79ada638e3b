"""Copies of shared folders on a disk of the machine itself, for jobs of a cluster."""

from __future__ import annotations

import os
from pathlib import Path

from .tree import key_of

# The folder of copies on this machine; jobs without one read the shared places.
VARIABLE = "EVALRUN_SCRATCH"


def copy_in(scratch: Path, folder: Path) -> Path:
    """Return where in `scratch` the copy of `folder`, as it is now, lies or would lie.

    The copy keeps the names of the folder and of the one above it, by which snapshots of the hub
    tell their revision. Raises OSError.
    """
    whole = folder.absolute()
    return scratch / key_of(folder) / whole.parent.name / whole.name


def nearest(folder: Path) -> Path:
    """Return the copy of `folder` on this machine if this job has one, else `folder`."""
    scratch = os.environ.get(VARIABLE)
    if not scratch or not folder.is_dir():
        return folder
    copy = copy_in(Path(scratch), folder)
    return copy if copy.is_dir() else folder
