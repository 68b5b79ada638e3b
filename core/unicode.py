"""Text that can be written."""

from __future__ import annotations

from typing import Any


def well_formed(value: Any) -> Any:
    """Return text, or any JSON value of texts, with U+FFFD for each lone surrogate.

    Python reads them from JSON, and from names of files that are not UTF-8, but cannot write them.
    """
    if isinstance(value, str):
        return value if value.isascii() else _without_surrogates(value)
    if isinstance(value, dict):
        return {well_formed(key): well_formed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [well_formed(item) for item in value]
    return value


def _without_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
