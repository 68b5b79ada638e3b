"""Sections of the reference: a schema as prose and a table of its keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..cards.markdown import paragraph
from .explained import explained
from .keys import Key, key_table, keys_of
from .values import Struct

NOTICE = "<!-- Made of the schemas and their docstrings by `make pages`: edit those. -->"

# Where a docstring says of which section its schema is: on a page, the heading does.
_ITS_SECTION = re.compile(r"^The section `\w+` of `[^`]+`(?: and `[^`]+`)*[.;:,]?\s*")


def prose(schema: Struct) -> Iterator[str]:
    """Yield the paragraphs that the docstring of a schema has beside what it says of keys."""
    for told in explained(schema).paragraphs:
        rest = _ITS_SECTION.sub("", told)
        if rest:
            yield paragraph(rest[0].upper() + rest[1:])


def keys_section(keys: Iterable[Key], without: str | None = None) -> str:
    """Return a table of the keys but the one called `without`, or that there are none."""
    shown = [key for key in keys if key.path != without]
    return key_table(shown) if shown else "There is nothing to set."


def links_to(schemas: Sequence[Struct]) -> Mapping[Struct, str]:
    """Return how a table refers to schemas that have a section of their own on the page."""
    return {schema: f"[{_name(schema)}](#{_anchor(schema)})" for schema in schemas}


def structures(schemas: Sequence[Struct], links: Mapping[Struct, str]) -> Iterator[str]:
    """Yield sections of schemas that others hold several of."""
    for schema in schemas:
        yield f"## {_name(schema)}"
        yield from prose(schema)
        yield keys_section(keys_of(schema, "", links))


def joined(parts: Iterable[str]) -> str:
    """Return the parts of a page as its text."""
    return "\n\n".join(parts) + "\n"


def _name(schema: Struct) -> str:
    """Return the name of a class in words: "file source"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", schema.__name__).lower()


def _anchor(schema: Struct) -> str:
    return _name(schema).replace(" ", "-")
