"""Plain mappings to typed options, with errors a user can act on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin

import msgspec

from .errors import ConfigError
from .suggest import did_you_mean

S = TypeVar("S", bound=msgspec.Struct)


def to_options(section: Mapping[str, Any], schema: type[S], path: str = "") -> S:
    """Return `section` as `schema`.

    Raises ConfigError with one line that names the key by its full path, and the nearest valid
    key when it is unknown, or the nearest valid value where there are a few.
    """
    _refuse_unknown_keys(section, schema, path)
    try:
        return msgspec.convert(section, schema)
    except msgspec.ValidationError as error:
        line = _one_line(str(error), path)
        near = _nearest(section, schema, str(error))
        raise ConfigError(f"{line}; {near}" if near else line) from None


def _refuse_unknown_keys(section: Mapping[str, Any], schema: type[S], path: str) -> None:
    fields = _types(schema)
    for key, value in section.items():
        full = f"{path}.{key}" if path else key
        if key not in fields:
            raise ConfigError(f"unknown key {full!r}: {did_you_mean(key, fields)}")
        inner = _schema_in(fields[key])
        if isinstance(value, Mapping) and inner is not None:
            _refuse_unknown_keys(cast("Mapping[str, Any]", value), inner, full)


def _types(schema: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the types of the fields of `schema`, by the names that sections have for them."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(schema)}


def _schema_in(kind: Any) -> type[msgspec.Struct] | None:
    """Return the schema that a field of type `kind` holds, if it does; it may be optional."""
    for one in get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            return one
    return None


def _nearest(section: Mapping[str, Any], schema: type[S], message: str) -> str:
    """Return which of a few valid values is meant by a field of `section` that has another."""
    if not message.startswith("Invalid enum value"):
        return ""
    place = message.rpartition(" - at `$.")[2].removesuffix("`")
    name, _, index = place.removesuffix("]").partition("[")
    value, valid = section.get(name), choices(_types(schema).get(name))
    if index.isdigit() and isinstance(value, list | tuple):
        value = cast("list[Any]", value)[int(index)]
    if isinstance(value, str):
        return did_you_mean(value, [one for one in valid if isinstance(one, str)])
    return f"valid: {', '.join(map(str, valid))}" if valid else ""


def choices(kind: Any) -> list[Any]:
    """Return the values of all literals in a type."""
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [choice for one in get_args(kind) for choice in choices(one)]


def _one_line(message: str, path: str) -> str:
    """Turn msgspec's "Expected `int`, got `str` - at `$.run.limit`" into "run.limit: ..."."""
    what, _, place = message.partition(" - at ")
    inner = place.strip("`").removeprefix("$").lstrip(".")
    full = ".".join(part for part in (path, inner) if part)
    what = re.sub(r"`", "", what)
    return f"{full}: {what[0].lower()}{what[1:]}" if full else what
