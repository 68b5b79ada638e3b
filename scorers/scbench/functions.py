"""Finding the function in a reply that holds code: the first half of RepoQA's rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from ...core.errors import DataError, MissingExtraError
from ...core.suggest import did_you_mean
from ..syntax_tree import walk

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_OPENING_FENCE = re.compile(r"^```\w*\s*\n", re.MULTILINE)
_CLOSING_FENCE = re.compile(r"^```", re.MULTILINE)


def function_in(reply: str, language: str) -> str:
    """Return the source of the function that `reply` gives.

    That is the first function of the first fenced block (fences at line start) that has one; the
    first block when no block has any; the stripped reply when no block is closed. Raises DataError
    for a language that RepoQA does not have, MissingExtraError.
    """
    parser = parser_of(language)
    is_function = _LANGUAGES[language].is_function
    blocks = list(fenced_blocks(reply.strip()))
    for block in blocks:
        try:
            source = block.encode()
        except UnicodeEncodeError:
            continue  # A lone surrogate: the official parser gives up on such a block too.
        for node in walk(parser.parse(source).root_node):
            if is_function(node):
                return source[node.start_byte : node.end_byte].decode(errors="replace")
    return blocks[0] if blocks else reply.strip()


def fenced_blocks(text: str) -> Iterator[str]:
    """Yield what stands between an opening and the next fence, as the official pattern finds it.

    Two searches do the work of that one pattern, which takes quadratic time on long blank replies.
    """
    position = 0
    while opening := _OPENING_FENCE.search(text, position):
        closing = _CLOSING_FENCE.search(text, opening.end())
        if closing is None:
            return
        yield text[opening.end() : closing.start()]
        position = closing.end()


@cache
def parser_of(language: str) -> Parser:
    """Return the parser of `language`, loaded once. Raises DataError, MissingExtraError."""
    if language not in _LANGUAGES:
        raise DataError(
            f"RepoQA knows no language {language!r}; {did_you_mean(language, _LANGUAGES)}"
        )
    grammar = _LANGUAGES[language]
    try:
        from tree_sitter import Language, Parser

        module: Any = import_module(grammar.module)
    except ImportError:
        raise MissingExtraError("grading RepoQA", "scbench") from None
    capsule: object = getattr(module, grammar.entry)()
    return Parser(Language(capsule))


def _named(kind: str) -> Callable[[Node], bool]:
    def is_function(node: Node) -> bool:
        return node.type == kind and node.child_by_field_name("name") is not None

    return is_function


def _is_cpp_function(node: Node) -> bool:
    """Take free functions only: methods, operators and pointer results have other shapes."""
    declarator = node.child_by_field_name("declarator")
    if node.type != "function_definition" or declarator is None:
        return False
    name = declarator.child_by_field_name("declarator")
    return (
        declarator.type == "function_declarator" and name is not None and name.type == "identifier"
    )


class _Grammar(NamedTuple):
    """Where the grammar of a language is found, and which of its nodes are functions."""

    module: str
    is_function: Callable[[Node], bool]
    entry: str = "language"


_LANGUAGES = {
    "cpp": _Grammar("tree_sitter_cpp", _is_cpp_function),
    "go": _Grammar("tree_sitter_go", _named("function_declaration")),
    "java": _Grammar("tree_sitter_java", _named("method_declaration")),
    "python": _Grammar("tree_sitter_python", _named("function_definition")),
    "rust": _Grammar("tree_sitter_rust", _named("function_item")),
    "typescript": _Grammar(
        "tree_sitter_typescript", _named("function_declaration"), entry="language_typescript"
    ),
}
