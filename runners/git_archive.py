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

_DEFAULT_ENDPOINT = "https://codeload.github.com"
_TIMEOUT_S = 60.0


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
        _download(f"{origin}/tar.gz/{source.revision}", file)
        file.seek(0)
        try:
            with tarfile.open(fileobj=file, mode="r:gz") as archive:
                yield GitArchive(origin, archive)
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise DataError(f"{origin}: not a whole archive: {error}; fetch again") from None


def _download(address: str, file: IO[bytes]) -> None:
    import httpx

    try:
        with httpx.stream("GET", address, timeout=_TIMEOUT_S, follow_redirects=True) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                file.write(chunk)
    except httpx.HTTPStatusError as error:
        reason = f"the server answers {error.response.status_code}; check repository and revision"
        raise DataError(f"{address}: {reason}") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        reason = str(error) or type(error).__name__
        raise DataError(
            f"{address}: {reason}; check the network, or copy the files: --from DIR"
        ) from None
