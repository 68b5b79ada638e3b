"""What SLURM cannot tell of a job that ended: verdicts of supervisors, and last words in logs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from ...folder import write_atomically
from ..launcher import Standing

# So much of a log is looked at for its last line, and what SLURM's own lines begin with.
_TAIL = 4096
_OF_SLURM = ("srun: ", "slurmstepd")


def files_of(sweep: Path) -> Path:
    """Return the folder of submitit's files of a sweep.

    They lie beside each other: SLURM writes below no folder that is not there when a job starts.
    """
    return sweep / "slurm"


def write_verdict(sweep: Path, handle: str, standing: Standing) -> None:
    """Keep how a job ended. Raises StoreError."""
    write_atomically(_path(sweep, handle), msgspec.json.encode(standing))


def read_verdict(sweep: Path, handle: str) -> Standing | None:
    """Return how a job ended by its supervisor's word, None where that has none."""
    try:
        return msgspec.json.decode(_path(sweep, handle).read_bytes(), type=Standing)
    except (OSError, msgspec.DecodeError):
        return None


def forget_verdict(sweep: Path, handle: str) -> None:
    """Forget an earlier verdict of a job that starts again."""
    with suppress(OSError):
        _path(sweep, handle).unlink()


def last_words(sweep: Path, handle: str) -> str | None:
    """Return the last line that submitit's process of a job said, None where it said nothing."""
    return last_line(files_of(sweep) / f"{handle}_0_log.out")


def last_line(log: Path) -> str | None:
    """Return the last line of a log that is not SLURM's own, None where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return None
    told = (line.strip() for line in reversed(lines))
    return next((line for line in told if line and not line.startswith(_OF_SLURM)), None)


def _path(sweep: Path, handle: str) -> Path:
    return files_of(sweep) / f"{handle}_verdict.json"
