"""How IFBench reads text: words, edges of words, sentences, and lists of words."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from ..english import tokens

# What is stripped off words.
EDGES = string.punctuation + " "

_LOWER_CASE = frozenset(string.ascii_lowercase)


def is_spelled(word: str) -> bool:
    """Tell whether a letter from a to z, in lower case, is in `word`."""
    return not _LOWER_CASE.isdisjoint(word)


def spelled_tokens(text: str) -> list[str]:
    """Return NLTK's tokens of `text` without punctuation, and without words in capitals.

    Raises DataError, MissingExtraError.
    """
    return [token for token in tokens(text) if is_spelled(token)]


def in_ascii(text: str) -> str:
    """Return `text` without accents, and without characters that have no ASCII form."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


@cache
def listed(name: str) -> tuple[str, ...]:
    """Return the list `name` of `lists.yaml`."""
    text = Path(__file__).with_name("lists.yaml").read_bytes()
    lists: Mapping[str, tuple[str, ...]] = msgspec.yaml.decode(
        text, type=dict[str, tuple[str, ...]]
    )
    return lists[name]
