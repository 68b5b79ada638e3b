"""A run that can start, and one that has ended."""

from __future__ import annotations

from typing import Any

import msgspec

from ..core.config import Config
from ..core.redact import redact_config
from .build import Parts
from .folder import RunFolder
from .plan import Plan
from .results import Results
from .status import State, Status


class Prepared(msgspec.Struct, frozen=True):
    """A run that can start: its parts, its folder, how it stands and what it will ask.

    There is no plan for a complete run.
    """

    config: Config
    parts: Parts
    folder: RunFolder
    provenance: dict[str, Any]
    status: Status | None
    plan: Plan | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the same command finished before, or all shards of the run did."""
        return (
            self.status is not None
            and self.status.is_complete_for(graders(self.config), self.config.table)
            and self.folder.results.exists()
        )


class Finished(msgspec.Struct, frozen=True):
    """A run as it ended: `results` is what could be aggregated.

    Where the command was for a shard, the exit code is that of its own samples. Then `state` is
    `partial` while others are to be asked.
    """

    folder: RunFolder
    results: Results
    exit_code: int
    reason: str | None = None
    state: State = "complete"


def graders(config: Config) -> dict[str, Any]:
    """Return what verdicts depend on beside the predictions, without secrets."""
    return redact_config({"scorer": config.scorer, "judge": config.judge})


def whole(config: Config) -> Config:
    """Return the configuration of the run that `config` asks in shards, if it does."""
    return msgspec.structs.replace(config, run=msgspec.structs.replace(config.run, shard=None))
