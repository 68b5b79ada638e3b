"""A whole run in one process."""

from __future__ import annotations

import msgspec

from ..core.errors import EXIT_FAILED, StoreError
from .concluding import begun, conclude, ended, labels_of
from .plan import Plan
from .playing import Scope, heading_of, play, start_of
from .prepared import Finished, Prepared
from .status import read_status, write_status


def perform_whole(run: Prepared, plan: Plan, *, quiet: bool, generate: bool) -> Finished:
    """Bring a run to its table; its folder must be held, and no shard of it be run.

    Without `generate`, stored predictions are graded. Raises EvalrunError for what stops it before
    its first sample.
    """
    folder = run.folder
    run = msgspec.structs.replace(run, status=read_status(folder))
    start = start_of(run, Scope(plan.total, heading_of(run), generates=generate), quiet=quiet)
    status = begun(run, plan, "running")
    folder.write_config(run.config)
    write_status(folder, status)
    played = play(start)
    try:
        results = conclude(folder, labels_of(run, played.label), plan, run.config.table)
    except StoreError as error:
        # What stopped the run says more than that its results cannot be written either.
        raise StoreError(played.reason or str(error)) from None
    state, exit_code = played.state, played.exit_code
    if state == "complete" and not results.is_complete:
        state = "failed_samples" if results.is_asked else "partial"
        exit_code = EXIT_FAILED
    write_status(folder, ended(status, played, state, played.reason))
    return Finished(folder, results, exit_code, played.reason, state)
