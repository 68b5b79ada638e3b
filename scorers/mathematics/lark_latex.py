"""LaTeX to SymPy expressions by SymPy's Lark grammar, which finds every reading of a text.

Lark's Earley parser looks at each character for whatever the whole grammar could go on with. A rule
with a terminal that matches nowhere in the text can be no part of a parse, so rules are left out
before: the parses are the same, and take a fifth of the time.

As with `latex`, no text is evaluated, and a text may take forever: see `limits`.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from functools import cache, lru_cache
from typing import Any

import msgspec

from ...core.errors import MissingExtraError


class _Grammar(msgspec.Struct, frozen=True):
    """What turns trees to expressions, the parser of all rules, the patterns of its terminals."""

    transformer: Any
    parser: Any
    patterns: dict[str, Any]


def lark_readings(text: str) -> tuple[Any, ...]:
    """Return what the LaTeX `text` may mean: an expression for each parse, in Lark's order.

    Raises whatever Lark and SymPy raise of what they cannot read; MissingExtraError without them.
    """
    grammar = _grammar()
    found = frozenset(name for name, regex in grammar.patterns.items() if regex.search(text))
    tree = _parser_of(found).parse(text, "latex_string")
    read = grammar.transformer.transform(tree)
    return tuple(read.children) if hasattr(read, "children") else (read,)


@cache
def _grammar() -> _Grammar:
    try:
        from sympy.parsing.latex.lark import LarkLaTeXParser
    except ImportError:
        raise MissingExtraError("symbolic mathematics", "math") from None
    latex: Any = LarkLaTeXParser()
    parser = latex.parser.parser.parser
    patterns = {
        terminal.name: _compiled(terminal, parser) for terminal in parser.lexer_conf.terminals
    }
    return _Grammar(latex.transformer, parser, patterns)


def _compiled(terminal: Any, parser: Any) -> Any:
    import re

    return re.compile(terminal.pattern.to_regexp(), parser.lexer_conf.g_regex_flags)


@lru_cache(maxsize=1024)
def _parser_of(found: frozenset[str]) -> Any:
    """Return a parser of texts in which the terminals `found` match, and no others."""
    parser = copy(_grammar().parser)
    rules = _possible(parser.parser_conf.rules, found)
    parser.predictions = {
        origin: [rule for rule in predicted if rule in rules]
        for origin, predicted in parser.predictions.items()
    }
    parser.ignore = [terminal for terminal in parser.ignore if terminal.name in found]
    return parser


def _possible(rules: Iterable[Any], found: frozenset[str]) -> set[Any]:
    """Return the rules that can be whole where only the terminals `found` can be."""
    left = list(rules)
    possible: set[Any] = set()
    symbols: set[Any] = set()
    grown = True
    while grown:
        size = len(possible)
        for rule in left:
            if all(s.name in found if s.is_term else s in symbols for s in rule.expansion):
                possible.add(rule)
                symbols.add(rule.origin)
        grown = len(possible) > size
    return possible
