"""Where a benchmark's official files come from, and the record of how they came."""

from __future__ import annotations

from pathlib import Path

import msgspec

from .config import Options
from .errors import DataError

MANIFEST = "manifest.json"


class FileSource(Options, frozen=True, kw_only=True):
    """Official files in a repository, at a pinned revision.

    It is a dataset repository of the Hugging Face hub (`hub`) or one of GitHub (`git`), each as
    `owner/name`. `files` are paths inside the repository, or patterns of them: `data/*.jsonl`. They
    go to the folder `into` of the benchmark's `data_dir`, where each of several sources has its
    own.
    """

    hub: str | None = None
    git: str | None = None
    revision: str
    files: tuple[str, ...]
    into: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError unless one repository is named."""
        if (self.hub is None) == (self.git is None):
            raise ValueError("names one repository: hub or git")

    @property
    def repository(self) -> str:
        """The name of the repository."""
        return self.hub or self.git or ""


class FetchedFile(msgspec.Struct, frozen=True):
    """A file as it was when its content had been checked; `size` in bytes."""

    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What `manifest.json` in a folder of official files holds.

    `files` are named by their path in the repository, which is their path in the folder.
    `revision` is None when the files came from a folder that could not tell.
    """

    origin: str
    repo: str
    revision: str | None
    files: dict[str, FetchedFile]
    fetched_at: str


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of `folder`, or None without one. Raises DataError when unreadable."""
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise DataError(f"{path}: {error}; remove it and fetch again") from None
