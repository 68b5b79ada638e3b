"""Official files in a folder: what identifies them, and whether they are those that are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..core.hashing import sha256_of_file
from ..core.interfaces import Problem
from ..core.source import FileSource, read_manifest


class FetchedFolder(msgspec.Struct, frozen=True):
    """A folder that `evalrun fetch` fills, the revision it should hold, and where that is set."""

    path: Path
    revision: str
    key: str


def fetched_folders(
    data_dir: Path, fetch: FileSource | Sequence[FileSource] | None
) -> tuple[FetchedFolder, ...]:
    """Return the folders below `data_dir` of the sources `fetch`: none, one, or several."""
    if fetch is None:
        return ()
    if isinstance(fetch, FileSource):
        return (_folder(data_dir, fetch, "benchmark.fetch"),)
    return tuple(
        _folder(data_dir, source, f"benchmark.fetch.{index}") for index, source in enumerate(fetch)
    )


def identity(folder: Path, files: Iterable[Path]) -> dict[str, Any]:
    """Return what identifies `files`: revision, and a hash of each.

    Hashes come from the manifest for files that still have the size noted there, and are computed
    for others. Raises DataError.
    """
    manifest = read_manifest(folder)
    noted = manifest.files if manifest else {}
    hashes: dict[str, str] = {}
    for path in files:
        name = path.relative_to(folder).as_posix()
        entry = noted.get(name)
        if entry is not None and entry.size == path.stat().st_size:
            hashes[name] = entry.sha256
        else:
            hashes[name] = sha256_of_file(path)
    return {"revision": manifest.revision if manifest else None, "files": hashes}


def revision_problems(
    folder: Path, wanted: str, fetch: str, key: str = "benchmark.fetch.revision"
) -> Sequence[Problem]:
    """Say that `folder` holds another revision than the one `wanted`, if its manifest tells.

    `fetch` is the command that brings the right one, and `key` where `wanted` can be set. Raises
    DataError.
    """
    manifest = read_manifest(folder)
    if manifest is None or manifest.revision in (None, wanted):
        return ()
    what = f"{folder} holds revision {manifest.revision}, not {wanted}"
    return (Problem(what, f"run {fetch}, or set {key}={manifest.revision}"),)


def _folder(data_dir: Path, source: FileSource, key: str) -> FetchedFolder:
    return FetchedFolder(data_dir / source.into, source.revision, f"{key}.revision")
