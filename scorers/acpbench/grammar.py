"""Atoms, steps and numbers in replies, found by a grammar that skips what does not fit."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from ...core.errors import MissingExtraError

Start = Literal["atoms", "atom", "atom_or_none", "two_lists", "index"]

_GRAMMAR = r"""
NAME: /[a-zA-Z][a-zA-Z0-9_-]*/
DIGITS: /[0-9]+/
SPACE: /[ \n]/
NONE: "None"

atom: "(" NAME (SPACE NAME)* ")"
none: NONE
atom_or_none: atom | none
atoms: (atom SPACE?)*
members: atom* ("," atom)*
two_lists: "[" members "]" "[" members "]"
index: DIGITS
"""


def read_atoms(text: str) -> list[str] | None:
    """Return all atoms of `text`, in order: "(name name ...)".

    None where the last one cannot be made whole. Raises MissingExtraError.
    """
    tree = _tree(text, "atoms")
    return None if tree is None else _atoms(tree)


def read_atom(text: str, *, or_none: bool) -> str | None:
    """Return the first atom of `text`, or with `or_none` the word None before it.

    None where there is neither. Raises MissingExtraError.
    """
    tree = _tree(text, "atom_or_none" if or_none else "atom")
    if tree is None:
        return None
    atoms = _atoms(tree)
    return atoms[0] if atoms else "None"


def read_two_lists(text: str) -> tuple[list[str], list[str]] | None:
    """Return the atoms of two lists in brackets; None without them. Raises MissingExtraError."""
    tree = _tree(text, "two_lists")
    if tree is None:
        return None
    first, second = map(_atoms, tree.children)
    return first, second


def read_index(text: str) -> str | None:
    """Return the first digits of `text`; None without them. Raises MissingExtraError."""
    tree = _tree(text, "index")
    digits = "".join(tree.children) if tree is not None else ""
    return digits or None


def _tree(text: str, start: Start) -> Any:
    """Return what `text` is by the grammar; None where it cannot be made whole.

    Newlines are left out. Characters and words that fit nowhere are skipped, and what is missing at
    the end is supplied, as `ACPGrammarParser` of EleutherAI/lm-evaluation-harness (commit
    4e7e0d47) does.
    """
    from lark.exceptions import LarkError

    try:
        return _parser(start).parse(text.replace("\n", "").strip(), on_error=_go_on)
    except LarkError:
        return None


@cache
def _parser(start: Start) -> Any:
    try:
        from lark import Lark
    except ImportError:
        raise MissingExtraError("reading answers of ACPBench Hard", "planning") from None
    return Lark(_GRAMMAR, start=start, parser="lalr")


def _go_on(error: Any) -> bool:
    """Skip what was not expected; at the end, supply what is. Raises what lark makes of it."""
    from lark import Token

    if getattr(getattr(error, "token", None), "type", None) == "$END":
        for name in sorted(error.expected - {"SPACE"}):
            error.interactive_parser.feed_token(Token(name, ""))
    return True


def _atoms(tree: Any) -> list[str]:
    """Return the atoms of a tree, with one space between names."""
    found = (one for one in tree.iter_subtrees_topdown() if one.data == "atom")
    return [f"({' '.join(str(name) for name in one.children if name.strip())})" for one in found]
