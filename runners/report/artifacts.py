"""Images and sounds of rows: where a page finds them."""

from __future__ import annotations

import base64
import mimetypes
import shutil
from pathlib import Path, PurePosixPath
from typing import Protocol

from ...core.content import local_path
from ...core.hashing import sha256_of_file
from ...core.prediction import SavedFile
from ..folder import RunFolder


class Media(Protocol):
    """Brings the files of a run's rows to the page, and says where it finds them."""

    def of_reply(self, file: SavedFile) -> str | None:
        """Return the address of a file of a reply; None when it is not there."""
        ...

    def of_question(self, url: str) -> str:
        """Return the address of an image of a question; `url` itself when it cannot be brought."""
        ...


class CopiedMedia:
    """Copies files to `files/<key>/` beside the page, each content once."""

    def __init__(self, folder: RunFolder, key: str, page_folder: Path) -> None:
        self._folder = folder
        self._address = f"files/{key}"
        self._target = page_folder / "files" / key
        self._copied: dict[Path, str] = {}

    def of_reply(self, file: SavedFile) -> str | None:
        """Return the address of the copy. Raises OSError."""
        source = artifact(self._folder, file.path)
        return None if source is None else self._copy(source, source.name)

    def of_question(self, url: str) -> str:
        """Return the address of the copy; `url` itself where it is on the web. Raises OSError."""
        source = _medium(url)
        if source is None:
            return url
        if source not in self._copied:
            self._copy(source, f"{sha256_of_file(source)}{source.suffix}")
        return self._copied[source]

    def _copy(self, source: Path, name: str) -> str:
        if source not in self._copied:
            self._target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, self._target / name)
            self._copied[source] = f"{self._address}/{name}"
        return self._copied[source]


class EmbeddedMedia:
    """Writes files into the page itself, as data URLs."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def of_reply(self, file: SavedFile) -> str | None:
        """Return the content of the file. Raises OSError."""
        source = artifact(self._folder, file.path)
        return None if source is None else _data_url(source)

    def of_question(self, url: str) -> str:
        """Return the content of the file; `url` itself where it is on the web. Raises OSError."""
        source = _medium(url)
        return url if source is None else _data_url(source)


class ServedMedia:
    """Names the files that a server gives from the run folder: those of replies alone."""

    def __init__(self, folder: RunFolder, key: str) -> None:
        self._folder = folder
        self._key = key

    def of_reply(self, file: SavedFile) -> str | None:
        """Return the address on the server."""
        source = artifact(self._folder, file.path)
        return None if source is None else f"files/{self._key}/{source.name}"

    def of_question(self, url: str) -> str:
        """Return where the image lies, as an address that is not of the page."""
        path = local_path(url)
        return url if path is None else path.absolute().as_uri()


def artifact(folder: RunFolder, path: str) -> Path | None:
    """Return the file `artifacts/<name>` of a run; None for any other path.

    Names come from rows and requests: what is not an ordinary file in that very folder, such as a
    link, is refused.
    """
    parts = PurePosixPath(path).parts
    if len(parts) != 2 or parts[0] != folder.artifacts.name or parts[1] == ".." or "\0" in path:
        return None
    if folder.artifacts.is_symlink():
        return None
    file = folder.artifacts / parts[1]
    return file if file.is_file() and not file.is_symlink() else None


def _medium(url: str) -> Path | None:
    """Return the local image or sound that `url` names; None for anything else.

    Other kinds of file are not taken into a report, whatever a data set says.
    """
    path = local_path(url)
    kind = mimetypes.guess_type(path.name)[0] if path is not None else None
    if path is None or kind is None or not kind.startswith(("image/", "audio/")):
        return None
    return path if path.is_file() else None


def _data_url(path: Path) -> str:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
