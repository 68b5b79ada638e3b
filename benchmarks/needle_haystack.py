"""The text that a needle is hidden in, and the hiding."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path

from ..core.errors import DataError
from .needle_filler import sentences


def haystack_files(path: Path) -> Sequence[Path]:
    """Return the texts at `path`, by name: the file itself, or the `*.txt` files of a folder."""
    return (path,) if path.is_file() else sorted(path.glob("*.txt"))


def read_haystack(files: Sequence[Path], characters: int) -> str:
    """Return the first `characters` of `files` put together, from the start again when used up.

    Raises DataError when there is no text in them.
    """
    text = ""
    for file in files:
        if len(text) < characters:
            text += _text(file)
    if not text:
        raise DataError(f"{', '.join(map(str, files))}: no text to hide the needle in")
    return (text * math.ceil(characters / len(text)))[:characters]


def made_haystack(seed: int, characters: int) -> str:
    """Return `characters` of made-up prose; shorter ones of a seed begin longer ones."""
    rng = random.Random(f"{seed}/needle")  # noqa: S311 - no secrets
    texts: list[str] = []
    missing = characters
    for sentence in sentences(rng):
        texts.append(sentence)
        missing -= len(sentence)
        if missing <= 0:
            break
    return "".join(texts)[:characters]


def hide(needle: str, haystack: str, depth: int) -> str:
    """Return `haystack` with `needle` behind the last full stop in the first `depth` percent.

    Where there is no full stop it comes first; at 100 percent it comes last, wherever the text
    breaks off. Source: `insert_needle` of `run_needle_in_haystack.py` in Zefan-Cai/KVCache-Factory,
    commit c97f9d7, which counts tokens where this counts characters.
    """
    if depth == 100:
        return haystack + needle
    place = haystack.rfind(".", 0, len(haystack) * depth // 100) + 1
    return haystack[:place] + needle + haystack[place:]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as UTF-8 text: {error}") from None
