"""A helper that rewrites what one side is about to say."""

from __future__ import annotations

from typing import Any, cast

from ...scorers.extraction.literals import NoLiteralError, parse_literal

# What asks a helper again whose reply could not be read. evalrun wording.
AGAIN = (
    "Your last reply could not be read. Give it again with the same content, as nothing but a "
    "Python dictionary with three keys:\n{reply}"
)
# The place of the rewritten text among the values of a helper's reply.
_TEXT = 2


def rewritten(reply: str) -> dict[str, Any] | None:
    """Return a helper's reply as a dictionary of three values or more; None if it is none.

    Line breaks are removed before it is read as a Python literal (LOGICOM,
    `PersuaderAgent.helper_feedback`).
    """
    try:
        value = parse_literal(reply.replace("\n", ""))
    except NoLiteralError:
        return None
    if not isinstance(value, dict):
        return None
    fields = cast("dict[Any, Any]", value)
    return {str(key): item for key, item in fields.items()} if len(fields) > _TEXT else None


def text_in(fields: dict[str, Any]) -> str:
    """Return the rewritten text: the third value, whatever its key."""
    return str(list(fields.values())[_TEXT])
