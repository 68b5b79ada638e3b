"""Cells that say what form a reply takes: a JSON schema, or tools in OpenAI's form."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal, cast

import msgspec

from ..core.errors import DataError
from ..core.exchange import Tool


class _Function(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    # Whether the server holds the arguments to the schema; that is for the endpoint to say.
    strict: bool | None = None


class _Wrapped(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["function"]
    function: _Function


def read_schema(cell: Any, field: str, place: str) -> dict[str, Any]:
    """Return the JSON schema in a cell: an object, or its JSON. Raises DataError."""
    value = _parsed(cell, field, place)
    if not isinstance(value, dict):
        raise DataError(f"{place}: field {field!r} should hold a JSON schema, found {value!r:.60}")
    return cast("dict[str, Any]", value)


def read_tools(cell: Any, field: str, place: str) -> tuple[Tool, ...]:
    """Return the tools in a cell: a list, or its JSON. Raises DataError.

    An entry is `{"type": "function", "function": {"name", "description"?, "parameters"?}}`, as in
    OpenAI's chat API, or the inner object alone.
    """
    value = _parsed(cell, field, place)
    if not isinstance(value, list):
        raise DataError(f"{place}: field {field!r} should hold a list of tools")
    tools = tuple(
        _tool(item, f"{place}: field {field!r}, tool {number}")
        for number, item in enumerate(cast("list[Any]", value), start=1)
    )
    for name, count in Counter(tool.name for tool in tools).items():
        if count > 1:
            raise DataError(f"{place}: field {field!r} holds {count} tools called {name!r}")
    return tools


def _tool(item: Any, place: str) -> Tool:
    wrapped = isinstance(item, dict) and "function" in item
    try:
        function = (
            msgspec.convert(item, _Wrapped).function
            if wrapped
            else msgspec.convert(item, _Function)
        )
    except msgspec.ValidationError as error:
        raise DataError(f"{place}: {error}") from None
    return Tool(
        name=function.name,
        description=function.description or "",
        parameters=function.parameters or {},
    )


def _parsed(cell: Any, field: str, place: str) -> Any:
    if not isinstance(cell, str):
        return cell
    try:
        return msgspec.json.decode(cell)
    except msgspec.DecodeError as error:
        raise DataError(f"{place}: field {field!r} should hold JSON: {error}") from None
