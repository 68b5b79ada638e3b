"""A row of ToolBench: a question, and the APIs that may answer it."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from ...core.errors import DataError
from ...core.rows import Row, require
from .tool_files import ToolFiles


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of an API, as its publisher describes it."""

    name: str
    type: str = "STRING"
    description: str = ""
    default: Any = ""


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """An API of a tool; `row` is all that is said of it."""

    category_name: str
    tool_name: str
    api_name: str
    api_description: str
    tool_description: str | None
    required_parameters: tuple[Parameter, ...]
    optional_parameters: tuple[Parameter, ...]
    row: dict[str, Any]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A question; `query_id` is None where the file gives none."""

    query: str
    query_id: int | str | None
    apis: tuple[Api, ...]
    relevant: list[Any]


def parse_query(row: Row, place: str, files: ToolFiles) -> Query:
    """Return `row`. Raises DataError naming `place`; of a row without APIs, the way out."""
    if "api_list" not in row:
        raise DataError(
            f"{place}: an open-domain query, without 'api_list': write there what a retriever "
            "finds, since evalrun has none for ToolBench's APIs"
        )
    listed = require(row, "api_list", list, place)
    if not listed:
        raise DataError(f"{place}: field 'api_list' names no API")
    return Query(
        query=require(row, "query", str, place),
        query_id=require(row, "query_id", (int, str), place) if "query_id" in row else None,
        apis=tuple(
            _api(entry, f"{place}, api_list[{number}]", files)
            for number, entry in enumerate(listed)
        ),
        relevant=row.get("relevant APIs") or [],
    )


def _api(entry: Any, place: str, files: ToolFiles) -> Api:
    if not isinstance(entry, dict):
        raise DataError(f"{place}: should be an object, found {type(entry).__name__}")
    named = cast(Row, entry)
    category, tool, api = (
        require(named, field, str, place) for field in ("category_name", "tool_name", "api_name")
    )
    said = files.described(category, tool, api)
    if said is None:
        said = named
    if "required_parameters" not in said:
        raise DataError(
            f"{place}: nothing is said of {api!r} of {tool!r}: name the folder of the tools' "
            "files, toolenv/tools, with benchmark.tools=FOLDER"
        )
    return Api(
        category_name=category,
        tool_name=tool,
        api_name=api,
        api_description=said.get("api_description") or "",
        tool_description=said.get("tool_description"),
        required_parameters=_parameters(said, "required_parameters", place),
        optional_parameters=_parameters(said, "optional_parameters", place),
        row=said,
    )


def _parameters(said: Row, field: str, place: str) -> tuple[Parameter, ...]:
    try:
        return msgspec.convert(said.get(field) or (), tuple[Parameter, ...])
    except msgspec.ValidationError as error:
        raise DataError(f"{place}: field {field!r}: {error}") from None
