"""Files of a GitHub repository at one commit, from the archive of that commit."""

from __future__ import annotations

import os
import tarfile
import tempfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO

from ..core.errors import DataError
from ..core.source import FileSource
from .download import download

_DEFAULT_ENDPOINT = "https://codeload.github.com"


class GitArchive:
    """The archive of a commit: regular files alone, called by their path in the repository."""

    def __init__(self, origin: str, archive: tarfile.TarFile) -> None:
        self.origin = origin
        self._archive = archive
        # The first folder of such an archive is called after repository and commit.
        self._members = {
            member.name.partition("/")[2]: member for member in archive if member.isfile()
        }

    def names(self) -> list[str]:
        """Return the paths of all files; none leads out of the repository."""
        return [name for name in self._members if ".." not in name.split("/") and name[:1] != "/"]

    def open(self, name: str) -> IO[bytes]:
        """Return the content of the file called `name`."""
        content = self._archive.extractfile(self._members[name])
        assert content is not None  # noqa: S101 - a regular file has content
        return content


@contextmanager
def archive_of(source: FileSource) -> Generator[GitArchive]:
    """Download the archive of `source` and open it; EVALRUN_GIT_ENDPOINT names a mirror.

    Raises DataError with the way out.
    """
    endpoint = os.environ.get("EVALRUN_GIT_ENDPOINT") or _DEFAULT_ENDPOINT
    origin = f"{endpoint}/{source.git}"
    with tempfile.TemporaryFile() as file:
        address = f"{origin}/tar.gz/{source.revision}"
        download(address, file, unknown="check repository and revision")
        file.seek(0)
        try:
            with tarfile.open(fileobj=file, mode="r:gz") as archive:
                yield GitArchive(origin, archive)
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise DataError(f"{origin}: not a whole archive: {error}; fetch again") from None
