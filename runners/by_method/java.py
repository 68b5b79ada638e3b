"""Holes in Java: methods with a line comment that says TODO.

Source: app/static_analyzer/class_compose_tool.py of java-bench/JavaBench, commit 0551d7b.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import AnyStr

from ...core.unicode import well_formed
from ...scorers.extraction.fences import fenced
from ...scorers.java.methods import Method, methods, todo_methods
from .hole import Hole, Variant


class JavaHoles:
    """Methods and constructors, by their name and their number among those of that name.

    The official script counts bytes and cuts characters, and so misses the place behind the first
    character that is not ASCII; the variant `fixed` cuts bytes.
    """

    def __init__(self, variant: Variant) -> None:
        self._by_character = variant == "official"

    def find(self, code: str) -> Sequence[Hole]:
        """Return the methods with a TODO. Raises MissingExtraError."""
        return [method.key for method in todo_methods(code.encode())]

    def with_only(self, code: str, hole: Hole) -> str:
        """Return `code` with other bodies emptied, but for those in which `hole` lies."""
        todos = todo_methods(code.encode())
        kept = next((method for method in todos if method.key == hole), None)
        emptied = [m for m in _outermost(todos) if kept is None or not _holds(m, kept)]
        if self._by_character:
            return _without(code, emptied)
        return _without(code.encode(), emptied).decode()

    def filled(self, code: str, hole: Hole, reply: str) -> str:
        """Return `code` with the body of the same method in the first java block of `reply`.

        It may not hold a syntax error, and counts among all methods of the block.
        """
        block = next(iter(fenced(str(well_formed(reply)), "java")), "")
        old = next((m for m in todo_methods(code.encode()) if m.key == hole), None)
        new = next((m for m in methods(block.encode()) if m.key == hole), None)
        if old is None or new is None or new.is_broken:
            return code
        if self._by_character:
            return _put(code, old, block[new.start + 1 : new.end - 1])
        body = block.encode()[new.start + 1 : new.end - 1]
        return _put(code.encode(), old, body).decode()


def _without(source: AnyStr, emptied: Sequence[Method]) -> AnyStr:
    for method in reversed(emptied):
        source = _put(source, method, source[:0])
    return source


def _put(source: AnyStr, method: Method, body: AnyStr) -> AnyStr:
    """Return `source` with `body` between the braces of `method`."""
    return source[: method.start + 1] + body + source[method.end - 1 :]


def _outermost(todos: Sequence[Method]) -> list[Method]:
    """Return the methods that lie in no other one, such as that of an anonymous class."""
    found: list[Method] = []
    for method in todos:
        if not found or method.start >= found[-1].end:
            found.append(method)
    return found


def _holds(outer: Method, inner: Method) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
