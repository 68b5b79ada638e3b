"""Files of a dataset repository on the Hugging Face hub, at one commit."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ..core.errors import DataError
from ..core.hashing import sha256_of_file
from ..core.source import FileSource


class HubFile(msgspec.Struct, frozen=True):
    """A file as the hub describes it: `sha256` for large files, git's `blob_id` for all."""

    path: str
    size: int
    blob_id: str
    sha256: str | None

    def verify(self, local: Path) -> str:
        """Return the SHA-256 of `local`. Raises DataError, and deletes it, when it differs."""
        found = sha256_of_file(local)
        agrees = found == self.sha256 if self.sha256 else _git_blob_id(local) == self.blob_id
        if agrees:
            return found
        local.unlink()
        raise DataError(
            f"{local}: its checksum is not the hub's; the bad copy is deleted: fetch again"
        )


class Hub:
    """Reads one repository; the address is HF_ENDPOINT's, and HF_TOKEN opens gated ones."""

    def __init__(self, source: FileSource) -> None:
        from huggingface_hub import HfApi

        self._source = source
        self._api = HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, library_name="evalrun")

    @property
    def origin(self) -> str:
        """The address of the repository."""
        return f"{self._api.endpoint}/datasets/{self._source.repository}"

    def files(self) -> list[HubFile]:
        """Return every file of the repository. Raises DataError with the way out."""
        with _explained(self._source, self.origin):
            info = self._api.dataset_info(
                self._source.repository, revision=self._source.revision, files_metadata=True
            )
        return [_hub_file(sibling) for sibling in info.siblings or ()]

    def download(self, file: HubFile, target: Path) -> Path:
        """Bring `file` below `target`; a connection that breaks is taken up where it broke.

        Returns its path. Raises DataError with the way out.
        """
        with _explained(self._source, f"{self.origin}, {file.path}"), _bars_on_terminals_only():
            path = self._api.hf_hub_download(
                self._source.repository,
                file.path,
                repo_type="dataset",
                revision=self._source.revision,
                local_dir=target,
            )
        return Path(path)


def _hub_file(sibling: Any) -> HubFile:
    return HubFile(
        path=sibling.rfilename,
        size=sibling.size or 0,
        blob_id=sibling.blob_id or "",
        sha256=sibling.lfs.sha256 if sibling.lfs else None,
    )


def _git_blob_id(path: Path) -> str:
    """Return git's name for the content of `path`."""
    content = path.read_bytes()
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


@contextmanager
def _bars_on_terminals_only() -> Generator[None]:
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    if sys.stderr.isatty() or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


@contextmanager
def _explained(source: FileSource, place: str) -> Generator[None]:
    """Turn what the hub's client raises into one line that says the way out."""
    import httpx

    try:
        yield
    except (OSError, ValueError, httpx.HTTPError) as error:
        raise DataError(f"{place}: {_reason(error, source)}") from None


def _reason(error: Exception, source: FileSource) -> str:
    from huggingface_hub import errors as hub

    named: tuple[tuple[type[Exception], str], ...] = (
        (
            hub.GatedRepoError,
            "access must be granted: accept the terms on its page, then export HF_TOKEN=TOKEN",
        ),
        (
            hub.RepositoryNotFoundError,
            "no such dataset, or it is private: then export HF_TOKEN=TOKEN",
        ),
        (
            hub.RevisionNotFoundError,
            f"revision {source.revision} does not exist; check benchmark.fetch.revision",
        ),
        (hub.EntryNotFoundError, "no such file at this revision; check benchmark.fetch.files"),
        (hub.OfflineModeIsEnabled, "HF_HUB_OFFLINE is set; unset it, or copy with --from DIR"),
    )
    for kind, reason in named:
        # A file that the hub could not be asked for looks like a missing one.
        if isinstance(error, kind) and not isinstance(error, hub.LocalEntryNotFoundError):
            return reason
    if isinstance(error, OSError) and error.errno is not None:
        return f"{error.strerror}; make room, or choose another place: benchmark.data_dir=DIR"
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"the hub answered with status {status}; try again later"
    if isinstance(error, hub.HFValidationError):
        return " ".join(str(error).split())
    return f"no connection to the hub ({_last_cause(error)}); try again, or copy with --from DIR"


def _last_cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())[:200] or type(error).__name__
