"""The descriptions of tools that ToolBench ships apart from its questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import msgspec

from ...core.errors import DataError
from ...core.hashing import sha256_of_file
from .names import parameter_name, standardize


class ToolFiles(msgspec.Struct, frozen=True):
    """A folder `toolenv/tools`: `<category>/<tool>.json` for each tool. None: there is none."""

    folder: Path | None

    def described(self, category: str, tool: str, api: str) -> dict[str, Any] | None:
        """Return what the file of `tool` says of it and of `api`; None without a file.

        Raises DataError naming the file.
        """
        path = self._path(category, tool)
        if path is None or not path.is_file():
            return None
        content = _read(path)
        wanted = parameter_name(api)
        for entry in content.get("api_list") or ():
            if parameter_name(entry.get("name") or "") == wanted:
                return {
                    **entry,
                    "api_description": entry.get("description") or "",
                    "tool_description": content.get("tool_description"),
                }
        raise DataError(f"{path}: holds no API {api!r}")

    def identity(self) -> dict[str, Any]:
        """Return a hash of each file."""
        if self.folder is None:
            return {}
        paths = sorted(self.folder.glob("*/*.json"))
        names = {path.relative_to(self.folder).as_posix(): sha256_of_file(path) for path in paths}
        return {"tools": names}

    def _path(self, category: str, tool: str) -> Path | None:
        if self.folder is None or Path(category).name != category:
            return None
        return self.folder / category / f"{standardize(tool)}.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise DataError(f"{path}: {error}") from None
    if not isinstance(content, dict):
        raise DataError(f"{path}: should hold an object")
    return cast("dict[str, Any]", content)
