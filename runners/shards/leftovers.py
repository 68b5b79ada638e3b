"""Shards that ended without moving their rows to the run: a kill, a node that died."""

from __future__ import annotations

from contextlib import suppress

from ...core.errors import RunHeldError, StoreError
from ..concluding import conclude
from ..folder import RunFolder
from ..lock import held
from ..results import Labels, read_results
from ..status import read_status
from .folders import ShardFolders, remove_shards, shard_folders
from .gather import gather

# Whoever wants to read has no need of the last row.
_PATIENCE_S = 5.0


def gather_left(folder: RunFolder) -> ShardFolders:
    """Move rows of shards that nobody runs any more to their run, whose folder must be held.

    Its results are made anew before the folders go. Returns the shards as they stood. Raises
    DataError for a malformed row, StoreError.
    """
    shards = shard_folders(folder)
    if shards.left:
        gather(folder, shards.left)
        _conclude_again(folder)
        remove_shards(folder, shards.left)
    return shards


def gathered(folder: RunFolder) -> RunFolder:
    """Return `folder` with the rows of all shards that nobody runs any more, and their results.

    While others write to it, and where nothing can be written, it is left as it is.
    """
    if folder.shards.is_dir():
        with (
            suppress(RunHeldError, StoreError),
            held(folder.path, briefly=True, patience_s=_PATIENCE_S),
        ):
            gather_left(folder)
    return folder


def _conclude_again(folder: RunFolder) -> None:
    """Make the results anew by the labels of those before; without any there is nothing to mend."""
    status = read_status(folder)
    if status is None or status.plan is None or not folder.results.exists():
        return
    results = read_results(folder)
    names = Labels.__struct_fields__
    labels = Labels(**{name: getattr(results, name) for name in names})
    conclude(folder, labels, status.plan, status.table)
