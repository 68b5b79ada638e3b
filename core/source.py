"""Where a benchmark's official files come from, and the record of how they came."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import field

from .config import Options
from .errors import DataError
from .options import to_options

MANIFEST = "manifest.json"


class FileSource(Options, frozen=True, kw_only=True):
    """Official files in a repository at a pinned revision, or on a web server.

    A repository is a dataset of the Hugging Face hub (`hub`) or one of GitHub (`git`), each as
    `owner/name`, at a `revision`; `files` are paths inside it, or patterns of them: `data/*.jsonl`.
    A web server (`url`, the https address of a folder) knows no revision: there `md5` tells what
    each of `files` must be. The files go to the folder `into` of the benchmark's `data_dir`, where
    each of several sources has its own.
    """

    hub: str | None = None
    git: str | None = None
    url: str | None = None
    revision: str = ""
    files: tuple[str, ...]
    md5: dict[str, str] = field(default_factory=dict[str, str])
    into: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError unless one place is named, with what pins its files."""
        if [self.hub, self.git, self.url].count(None) != 2:
            raise ValueError("names one place: hub, git or url")
        if self.url is None:
            if not self.revision:
                raise ValueError("a repository needs a revision")
        elif not self.url.startswith("https://"):
            raise ValueError(f"url should begin with https://, found {self.url!r}")
        elif set(self.files) != set(self.md5):
            raise ValueError("each of the files of a url needs its md5, and nothing else has one")

    @property
    def repository(self) -> str:
        """The name of the repository, or the address of the folder."""
        return self.hub or self.git or self.url or ""

    def md5_of(self, name: str) -> str | None:
        """Return the checksum of the file `name`, which a copy may have without its folders."""
        own = name.rpartition("/")[2]
        known = (md5 for file, md5 in self.md5.items() if file.rpartition("/")[2] == own)
        return self.md5.get(name) or next(known, None)


def sources_of(section: Any) -> tuple[FileSource, ...]:
    """Return the sources that `benchmark.fetch` names: none, one, or a list of them.

    Raises ConfigError naming the key.
    """
    if isinstance(section, list):
        several = enumerate(cast("list[Any]", section))
        return tuple(to_options(s, FileSource, f"benchmark.fetch.{index}") for index, s in several)
    return (to_options(section, FileSource, "benchmark.fetch"),) if section is not None else ()


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
