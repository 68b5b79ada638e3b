"""How many tokens a text is, roughly: for estimates of what a run will cost."""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NAME = "cl100k_base"
# LiteLLM keeps the vocabulary under the name that tiktoken gives it in its cache.
_FOLDER = "litellm_core_utils/tokenizers"
_FILE = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
_CACHE = "TIKTOKEN_CACHE_DIR"
_CHARACTERS = 4


def count_tokens(text: str) -> int:
    """Return about how many tokens `text` is, whatever the model.

    Counted with OpenAI's cl100k_base where tiktoken and LiteLLM are installed, else a token for
    each four characters, rounded up. The network is never asked.
    """
    encoding = _encoding()
    if encoding is None:
        return -(-len(text) // _CHARACTERS)
    return len(encoding.encode_ordinary(text))


def how_counted() -> str:
    """Say in a few words what `count_tokens` counts with."""
    return f"characters / {_CHARACTERS}" if _encoding() is None else _NAME


@functools.cache
def _encoding() -> Any:
    """Return tiktoken's encoding, from the copy that LiteLLM brings along; None without it."""
    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None or importlib.util.find_spec("tiktoken") is None:
        return None
    folder = Path(spec.origin).parent / _FOLDER
    # Without the file, tiktoken would go out for it.
    if not (folder / _FILE).is_file():
        return None
    import tiktoken

    try:
        with _cache_in(folder):
            return tiktoken.get_encoding(_NAME)
    except (OSError, ValueError):  # the file is not the one that this release of tiktoken wants
        return None


@contextmanager
def _cache_in(folder: Path) -> Generator[None]:
    """Have tiktoken look for its files in `folder` meanwhile."""
    before = os.environ.get(_CACHE)
    os.environ[_CACHE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CACHE]
        else:
            os.environ[_CACHE] = before
