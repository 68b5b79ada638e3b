"""The file of OpenAI's tokenizer cl100k_base, which tiktoken downloads when it is first needed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ...core.cache import cache_dir
from ...core.errors import MissingExtraError, UnreachableError
from ...core.interfaces import Found

# How tiktoken names it in its cache: the SHA-1 of the address it comes from.
FILE = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
_CHOSEN = ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR")


class Cl100kBase:
    """The file, in the folder that tiktoken is told to use, or else in the user's cache."""

    name = "tiktoken's cl100k_base"

    def found(self) -> Found | None:
        """Look for it where tiktoken would, and where `fetch` puts it."""
        file = next((f / FILE for f in _folders() if (f / FILE).is_file()), None)
        return None if file is None else Found(file, file.stat().st_size)

    def fetch(self) -> Found:
        """Have tiktoken download it, checked. Raises MissingExtraError, UnreachableError."""
        try:
            from tiktoken_ext.openai_public import cl100k_base
        except ImportError:
            raise MissingExtraError(self.name, "llmlingua") from None
        folder = _folders()[0]
        before, os.environ[_CHOSEN[0]] = os.environ.get(_CHOSEN[0]), str(folder)
        try:
            cl100k_base()
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UnreachableError(
                f"{self.name}: {reason}; try again, or put the file into {folder} as {FILE}"
            ) from None
        finally:
            _restore(before)
        return Found(folder / FILE, (folder / FILE).stat().st_size)

    def choose(self) -> None:
        """Have tiktoken use the file that was found, unless the user says where to look."""
        found = self.found()
        if found is not None and not any(name in os.environ for name in _CHOSEN):
            os.environ[_CHOSEN[0]] = str(found.place.parent)


def _folders() -> list[Path]:
    """Return where the file may lie, first where it is put.

    tiktoken's own choice is a folder for temporary files, which other machines do not see.
    """
    chosen = next((os.environ[name] for name in _CHOSEN if name in os.environ), None)
    if chosen is not None:
        return [Path(chosen)]
    return [cache_dir() / "tiktoken", Path(tempfile.gettempdir()) / "data-gym-cache"]


def _restore(chosen: str | None) -> None:
    if chosen is None:
        del os.environ[_CHOSEN[0]]
    else:
        os.environ[_CHOSEN[0]] = chosen
