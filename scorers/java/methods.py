"""The methods of Java source, by a grammar that reads what is no valid Java as well."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from ...core.errors import MissingExtraError
from ..syntax_tree import walk

if TYPE_CHECKING:
    from tree_sitter import Parser

_DECLARATIONS = ("constructor_declaration", "method_declaration")
_MARK = b"TODO"


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A method or constructor with a body.

    `number` counts those of the same name from 0, in the order of the source, without body too.
    The body, braces included, is the bytes `start` to `end` of the source in UTF-8. `has_todo`
    tells of a line comment with TODO, `is_broken` of a syntax error in the body.
    """

    name: str
    number: int
    start: int
    end: int
    has_todo: bool
    is_broken: bool

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from the other methods of its source."""
        return self.name, self.number


def methods(source: bytes) -> list[Method]:
    """Return the methods with a body, in the order of the source. Raises MissingExtraError."""
    nodes = list(walk(parser().parse(source).root_node))
    todos = [
        node.start_byte
        for node in nodes
        if node.type == "line_comment" and _MARK in source[node.start_byte : node.end_byte]
    ]
    seen: Counter[str] = Counter()
    found: list[Method] = []
    for node in nodes:
        name = node.child_by_field_name("name") if node.type in _DECLARATIONS else None
        if name is None:
            continue
        text = source[name.start_byte : name.end_byte].decode(errors="replace")
        seen[text] += 1
        body = node.child_by_field_name("body")
        if body is not None:
            method = Method(
                name=text,
                number=seen[text] - 1,
                start=body.start_byte,
                end=body.end_byte,
                has_todo=_any_within(todos, node.start_byte, node.end_byte),
                is_broken=body.has_error,
            )
            found.append(method)
    return found


def todo_methods(source: bytes) -> list[Method]:
    """Return the methods that are yet to be written. Raises MissingExtraError."""
    return [method for method in methods(source) if method.has_todo]


def first_type(source: bytes) -> int | None:
    """Return where the first type at the top of a file is declared; None without one.

    Its annotations and modifiers are part of it. Raises MissingExtraError.
    """
    root = parser().parse(source).root_node
    kinds = ("class", "interface", "enum", "record", "annotation_type")
    starts = (n.start_byte for n in root.children if n.type in {f"{k}_declaration" for k in kinds})
    return next(starts, None)


def imports(source: bytes) -> list[str]:
    """Return the import declarations at the top of a file. Raises MissingExtraError."""
    root = parser().parse(source).root_node
    return [
        source[node.start_byte : node.end_byte].decode(errors="replace")
        for node in root.children
        if node.type == "import_declaration" and not node.has_error
    ]


@cache
def parser() -> Parser:
    """Return the parser of Java, loaded once. Raises MissingExtraError."""
    try:
        import tree_sitter_java
        from tree_sitter import Language, Parser
    except ImportError:
        raise MissingExtraError("reading Java", "java") from None
    return Parser(Language(tree_sitter_java.language()))


def _any_within(places: Sequence[int], start: int, end: int) -> bool:
    """Tell whether one of `places`, which ascend, is from `start` to before `end`."""
    first = bisect_left(places, start)
    return first < len(places) and places[first] < end
