"""One shard of a run, from its start to its rows being among those of the run."""

from __future__ import annotations

from contextlib import ExitStack

import msgspec

from ...core.errors import EXIT_FAILED, EXIT_OK, StoreError
from ...core.shard import Shard
from ..advance import Advance, AdvanceFile
from ..concluding import begun, conclude, ended, labels_of
from ..engine import ShardWork
from ..lock import held
from ..plan import Plan, selected
from ..playing import Played, Scope, Start, heading_of, play, start_of
from ..prepared import Finished, Prepared, whole
from ..results import Results, read_results
from ..status import now, read_status, write_status
from ..whole import perform_whole
from .folders import refuse_beside, remove_shards, shard_begun, shard_folders
from .gather import gather
from .leftovers import gather_left
from .split import share_of


class _Part(msgspec.Struct, frozen=True):
    """A shard of a run, and the plan of the whole."""

    run: Prepared
    plan: Plan
    shard: Shard


def perform_shard(run: Prepared, plan: Plan, shard: Shard, *, quiet: bool) -> Finished:
    """Ask what is a shard's of a run, and move its rows to the run's.

    The one after which all is asked brings the run to its table. Raises RunHeldError where the
    shard cannot work beside others that are being run, EvalrunError for what stops it before its
    first sample.
    """
    part = _Part(run, plan, shard)
    with ExitStack() as lock:
        with held(run.folder.path, briefly=True):
            if _refreshed(run).is_complete:
                return Finished(run.folder, read_results(run.folder), EXIT_OK)
            refuse_beside(run.folder, gather_left(run.folder).live, shard)
            lock.enter_context(shard_begun(run.folder, shard))
        start = _start(part, quiet=quiet)
        with held(run.folder.path, briefly=True):
            _begin(part, start)
        played = play(start)
        with held(run.folder.path, briefly=True):
            return _end(part, played, lock, quiet=quiet)


def _start(part: _Part, *, quiet: bool) -> Start:
    run, shard = part.run, part.shard
    share = share_of(selected(run.parts.benchmark, run.config.run), shard)
    scope = Scope(
        share.size * run.config.run.epochs,
        f"{heading_of(run)} {shard}",
        ShardWork(share, run.folder.of_shard(shard)),
    )
    return start_of(run, scope, quiet=quiet)


def _begin(part: _Part, start: Start) -> None:
    """Say in the run's folder what it is, and what there is of it so far."""
    run = _refreshed(part.run)
    run.folder.write_config(whole(run.config))
    write_status(run.folder, begun(run, part.plan, "partial"))
    labels = labels_of(run, start.scorer.label)
    if not run.folder.results.exists() or read_results(run.folder).scorer != labels.scorer:
        conclude(run.folder, labels, part.plan, run.config.table)


def _end(part: _Part, played: Played, lock: ExitStack, *, quiet: bool) -> Finished:
    """Move the shard's rows to the run, and say how it stands; finish it if all is asked."""
    run, shard = _refreshed(part.run), part.shard
    folder, shards = run.folder, shard_folders(run.folder, own=shard)
    over = (*shards.left, folder.of_shard(shard))
    try:
        gather(folder, over)
        results = conclude(folder, labels_of(run, played.label), part.plan, run.config.table)
    except StoreError as error:
        # What stopped the shard says more than that its rows cannot be moved either.
        raise StoreError(played.reason or str(error)) from None
    lock.close()
    remove_shards(folder, over)
    reason = f"shard {shard}: {played.reason}" if played.reason else None
    write_status(folder, ended(begun(run, part.plan, "partial"), played, "partial", reason))
    _tell_advance(run, played, results)
    own = EXIT_FAILED if played.failed else EXIT_OK
    if played.state == "complete" and results.is_asked and not shards.live:
        finished = _finished(part, own, quiet=quiet)
        _tell_advance(run, played, finished.results)
        return finished
    if played.state != "complete":
        return Finished(folder, results, played.exit_code, reason, played.state)
    return Finished(folder, results, own, None if own else _so_far(shard, results), "partial")


def _finished(part: _Part, own: int, *, quiet: bool) -> Finished:
    """Grade what is left to grade, now that all is asked; failures of others are their own."""
    run = msgspec.structs.replace(part.run, config=whole(part.run.config))
    finished = perform_whole(run, part.plan, quiet=quiet, generate=False)
    if finished.state == "failed_samples":
        return msgspec.structs.replace(finished, exit_code=own)
    return finished


def _so_far(shard: Shard, results: Results) -> str:
    return (
        f"shard {shard} is done: {results.predicted:,} of {results.planned:,} samples so far; "
        "the other shards run or are still to be run"
    )


def _tell_advance(run: Prepared, played: Played, results: Results) -> None:
    """Tell how far the whole run is."""
    advance = Advance(
        done=results.predicted,
        failed=sum(results.failed.values()),
        total=results.planned,
        asked=played.asked,
        usage=results.usage + results.judge_usage,
        updated_at=now(),
    )
    AdvanceFile(run.folder.progress).write(advance)


def _refreshed(run: Prepared) -> Prepared:
    """Return `run` as it stands now: other shards write its status, too."""
    return msgspec.structs.replace(run, status=read_status(run.folder))
