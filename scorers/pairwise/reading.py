"""What a judge says in JSON: the value of one field of its reply."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, cast

from ..extraction.literals import NoLiteralError, parse_json

Reading = Literal["strict", "lenient"]

# No reply of a judge is so long, and beginning anew at every brace takes time by its square.
_LONGEST = 200_000
_MOST_OBJECTS = 200
_FENCE = re.compile(r"\A```[a-zA-Z]*\s*\n(.*?)\n?```\s*\Z", re.DOTALL)


def read_field(text: str, field: str, reading: Reading) -> Any:
    """Return the value of `field` in a judge's reply; None without one.

    `strict`: the whole reply is one JSON object, which may stand in a code fence. `lenient`: else
    it is that of the last JSON object that has the field, or the last `"field": "value"` at all.
    """
    whole = _object(_unfenced(text.strip()))
    if whole is not None or reading == "strict":
        return (whole or {}).get(field)
    return _last(text[-_LONGEST:], field)


def read_text(text: str, field: str, reading: Reading) -> str | None:
    """Return the value of `field` if it is a text; `lenient` leaves out white space around it."""
    value = read_field(text, field, reading)
    if not isinstance(value, str):
        return None
    return value if reading == "strict" else value.strip()


def _last(text: str, field: str) -> Any:
    """Return the value that stands last: of an object, or of a pair in what is no whole object."""
    value, end = None, 0
    for one, behind in _objects(text):
        if field in one:
            value, end = one[field], behind
    pattern = rf'"{re.escape(field)}"\s*:\s*"([^"\n]{{0,100}})"'
    quoted = [match[1] for match in re.finditer(pattern, text) if match.start() >= end]
    return quoted[-1] if quoted else value


def _unfenced(text: str) -> str:
    match = _FENCE.match(text) if text.startswith("```") and text.endswith("```") else None
    return match[1] if match else text


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = parse_json(text)
    except NoLiteralError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _objects(text: str) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the JSON objects in a text, and where each ends; of very many, those at the end.

    None is inside another.
    """
    decoder = json.JSONDecoder(strict=False)
    starts = [match.start() for match in re.finditer(r"\{", text)][-_MOST_OBJECTS:]
    end = 0
    for start in starts:
        if start < end:
            continue
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield cast("dict[str, Any]", value), end
