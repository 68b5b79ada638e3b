"""The folders in which shards of a run write, and who is at work in them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress

import msgspec

from ...core.errors import RunHeldError, StoreError
from ...core.shard import Shard
from ..folder import RunFolder
from ..lock import claimed, held_by, holder_of

_NAME = re.compile(r"([0-9]+)-of-([0-9]+)", re.ASCII)


class LiveShard(msgspec.Struct, frozen=True):
    """A shard that is being run, and by whom."""

    shard: Shard
    holder: str


class ShardFolders(msgspec.Struct, frozen=True):
    """The shards of a run that are being run, and the folders that others left behind."""

    live: tuple[LiveShard, ...]
    left: tuple[RunFolder, ...]


def shard_folders(folder: RunFolder, *, own: Shard | None = None) -> ShardFolders:
    """Return how the shards of a run stand, `own` left out. The run's folder must be held.

    Raises StoreError.
    """
    live: list[LiveShard] = []
    left: list[RunFolder] = []
    for path in sorted(folder.shards.iterdir()) if folder.shards.is_dir() else ():
        name = _NAME.fullmatch(path.name)
        shard = Shard(*map(int, name.groups())) if name else None
        if shard is None or shard == own or not path.is_dir():
            continue
        holder = holder_of(path)
        if holder is None:
            left.append(RunFolder(path))
        else:
            live.append(LiveShard(shard, holder))
    return ShardFolders(tuple(live), tuple(left))


def refuse_beside(folder: RunFolder, live: Sequence[LiveShard], shard: Shard | None) -> None:
    """Raise RunHeldError if `shard`, or a whole run, cannot work beside shards that are being run.

    Shards of one count can: they ask different samples.
    """
    for other in live:
        if shard is None or other.shard == shard:
            raise held_by(folder.path, other.holder)
        if other.shard.count != shard.count:
            raise RunHeldError(
                f"{folder.path} is held by {other.holder}, and shards of one count run at a time; "
                f"run.shard={shard} can run when it has ended"
            )


def shard_begun(folder: RunFolder, shard: Shard) -> ExitStack:
    """Make the folder of a shard, and return the lock on it. Raises RunHeldError, StoreError."""
    own = folder.of_shard(shard)
    own.create()
    return claimed(own.path, f", shard {shard}")


def remove_shards(folder: RunFolder, shards: Iterable[RunFolder]) -> None:
    """Remove folders of shards whose rows are elsewhere. Raises StoreError."""
    for shard in shards:
        try:
            shutil.rmtree(shard.path)
        except OSError as error:
            raise StoreError(
                f"cannot remove {shard.path}: {error.strerror}; its rows are among those of the run"
            ) from None
    with suppress(OSError):  # others are at work in it
        folder.shards.rmdir()
