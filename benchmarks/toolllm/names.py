"""How ToolBench spells names of tools, functions and parameters (`toolbench/utils.py`)."""

from __future__ import annotations

import re

# Names end where an API of functions ends them: the last characters count.
_MOST_CHARACTERS = 64
# The carets are part of the official pattern: a caret stays.
_OTHER = re.compile(r"[^\u4e00-\u9fa5^a-zA-Z0-9_]")
_RESERVED = frozenset({"from", "class", "return", "false", "true", "id", "and"})


def standardize(name: str) -> str:
    """Return `name` in small letters, whatever else as single underscores, and none at the ends.

    A name that begins with a digit gets `get_` before it.
    """
    plain = re.sub("_{2,}", "_", _OTHER.sub("_", name)).lower().strip("_")
    return f"get_{plain}" if plain[:1].isdigit() else plain


def parameter_name(name: str) -> str:
    """Return the name of an API or a parameter; words of Python get `is_` before them."""
    plain = standardize(name)
    return f"is_{plain}" if plain in _RESERVED else plain


def function_name(api: str, tool: str) -> str:
    """Return what the function of an API is called, by their standardised names."""
    return f"{api}_for_{tool}"[-_MOST_CHARACTERS:]
