"""Files of a dataset repository on the Hugging Face hub, at one commit."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec

from ..core.errors import DataError
from ..core.hashing import sha256_of_file
from ..core.hub import HubRemedies, bars_on_terminals_only, explained
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
        self._remedies = _remedies(source)
        self._api = HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, library_name="evalrun")

    @property
    def origin(self) -> str:
        """The address of the repository."""
        return f"{self._api.endpoint}/datasets/{self._source.repository}"

    def files(self) -> list[HubFile]:
        """Return every file of the repository. Raises DataError with the way out."""
        with explained(self.origin, self._remedies):
            info = self._api.dataset_info(
                self._source.repository, revision=self._source.revision, files_metadata=True
            )
        return [_hub_file(sibling) for sibling in info.siblings or ()]

    def download(self, file: HubFile, target: Path) -> Path:
        """Bring `file` below `target`; a connection that breaks is taken up where it broke.

        Returns its path. Raises DataError with the way out.
        """
        with explained(f"{self.origin}, {file.path}", self._remedies), bars_on_terminals_only():
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


def _remedies(source: FileSource) -> HubRemedies:
    return HubRemedies(
        kind="dataset",
        gated="accept the terms on its page, then export HF_TOKEN=TOKEN",
        revision=f"revision {source.revision} does not exist; check benchmark.fetch.revision",
        files="check benchmark.fetch.files",
        offline="copy with `evalrun fetch RECIPE --from DIR`",
        room="benchmark.data_dir=DIR",
    )
