"""Prompt templates: `{field}` stands for a field of a row, and nothing more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..core.errors import DataError
from ..core.suggest import did_you_mean

# What provenance says of prompts whose sentences are our own.
WORDING = "evalrun wording"

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def fill(template: str, row: Mapping[str, Any], place: str) -> str:
    """Return `template` with each `{field}` replaced by that field of `row`.

    `{{` and `}}` stand for braces. Unlike with `str.format`, a placeholder reaches no attributes,
    and what is put in is not read again. Raises DataError naming `place` for an unknown field.
    """

    def value(match: re.Match[str]) -> str:
        field = match.group(1)
        if field is None:
            return match.group()[0]
        if field not in row:
            raise DataError(f"{place}: the template asks for {field!r}; {did_you_mean(field, row)}")
        return str(row[field])

    return _PLACEHOLDER.sub(value, template)


def split_after(template: str, field: str, place: str) -> tuple[str, str]:
    """Return `template` up to the end of `{field}`, and what follows it.

    Raises DataError naming `place` unless `{field}` stands in it exactly once.
    """
    ends = [m.end() for m in _PLACEHOLDER.finditer(template) if m.group(1) == field]
    if len(ends) != 1:
        raise DataError(f"{place}: should hold {{{field}}} once, found it {len(ends)} times")
    return template[: ends[0]], template[ends[0] :]
