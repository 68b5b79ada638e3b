"""`run.json`: how a run stands, and what it was made with."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Literal

import msgspec

from ..core.config import TableOptions
from ..core.errors import DataError
from .folder import RunFolder, write_atomically
from .plan import Plan

State = Literal["running", "partial", "complete", "failed_samples", "interrupted", "failed"]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `run.json`.

    A run is `partial` where samples were not asked yet: one in shards, whichever of them are being
    run, or one whose stored predictions were graded. `graded_by` holds the scorer's and judge's
    sections: a finished run is not graded again by the same ones. `table` is how its results were
    made of the verdicts. `environment` is None until a model was loaded. `notices` are what was
    told while the run went on, of its last start.
    """

    state: State
    started_at: str
    kv: str
    graded_by: dict[str, Any]
    provenance: dict[str, Any]
    versions: dict[str, Any]
    table: TableOptions = TableOptions()
    plan: Plan | None = None
    environment: dict[str, Any] | None = None
    finished_at: str | None = None
    wall_s: float = 0.0
    reason: str | None = None
    notices: tuple[str, ...] = ()

    def is_complete_for(self, graded_by: dict[str, Any], table: TableOptions) -> bool:
        """Whether nothing is left to ask, to grade or to aggregate."""
        return self.state == "complete" and (self.graded_by, self.table) == (graded_by, table)


def read_status(folder: RunFolder) -> Status | None:
    """Return the status of a run, or None before its first start. Raises DataError."""
    try:
        return msgspec.json.decode(folder.status.read_bytes(), type=Status)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except msgspec.DecodeError as error:
        raise DataError(f"{folder.status}: {error}; remove the file and run again") from None


def write_status(folder: RunFolder, status: Status) -> None:
    """Replace `run.json`. Raises StoreError."""
    text = msgspec.json.format(msgspec.json.encode(status), indent=2).decode()
    write_atomically(folder.status, text + "\n")


def now() -> str:
    """Return the present time in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
