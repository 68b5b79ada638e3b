"""LaTeX to SymPy expressions, by SymPy's own parser.

The parser is generated code for the ANTLR runtime 4.11, and Hydra pins 4.9. Both runtimes run the
same automaton; what differs is how generated code writes it down. Version 4 of that form is version
3 without an offset on each number, without UUID, and with all sets in one list. So a reader of
version 4 lets SymPy's grammar run on 4.9, and expressions are those of the runtime it asks for.

The parser builds expressions from the tokens of its grammar. It would have the text of numbers
evaluated, which takes half of its time; here plain ones are read. It can still take forever, as can
everything that is done with its expressions: see `limits`.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

import msgspec

from ...core.errors import EvalrunError, MissingExtraError

# Longer texts are no answers, and the time that the parser takes grows faster than they do.
LONGEST = 4000
_PLAIN_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(\.[0-9]+)?")


class LatexError(EvalrunError):
    """A text does not begin with an expression in LaTeX."""


class _Generated(msgspec.Struct, frozen=True):
    """SymPy's lexer, its parser in the quick mode of prediction, and the module that uses them."""

    lexer: Any
    quick_parser: Any
    module: Any


def parse_latex(text: str) -> Any:
    r"""Return the SymPy expression that the LaTeX `text` begins with, unevaluated.

    What follows the first expression is not looked at: "1,2" is 1. `\pi`, `e` and `i` are symbols.
    Raises LatexError when `text` begins with none, MissingExtraError without SymPy.
    """
    found = _expression(text) if len(text) <= LONGEST else None
    if found is None:
        raise LatexError(f"no expression of at most {LONGEST} characters: {text!r:.80}")
    return found


@lru_cache(maxsize=4096)
def _expression(text: str) -> Any:
    """Return the expression, or None. Raises MissingExtraError.

    The parser first predicts by its tables alone. Where that leads to an expression it is the right
    one (Parr et al. 2014, doi 10.1145/2660193.2660202); else it looks at all of the text before,
    which takes many times longer.
    """
    generated = _generated()
    for parse in (_quickly, _carefully):
        try:
            return parse(text, generated)
        except Exception:  # noqa: S112 (whatever SymPy raises, it has no expression)
            continue
    return None


def _quickly(text: str, generated: _Generated) -> Any:
    from antlr4 import CommonTokenStream, InputStream

    listener = generated.module.MathErrorListener(text)
    lexer = generated.lexer(InputStream(text.strip()))
    parser = generated.quick_parser(CommonTokenStream(lexer))
    for part in (lexer, parser):
        part.removeErrorListeners()
        part.addErrorListener(listener)
    return generated.module.convert_relation(parser.math().relation())


def _carefully(text: str, generated: _Generated) -> Any:
    return generated.module.parse_latex(text)


@cache
def _generated() -> _Generated:
    """Import SymPy's parser and take its check of the runtime away. Raises MissingExtraError."""
    try:
        with _reading_version_4():
            from sympy.parsing.latex import _parse_latex_antlr as module
            from sympy.parsing.latex._antlr.latexlexer import LaTeXLexer
            from sympy.parsing.latex._antlr.latexparser import LaTeXParser
    except ImportError:
        raise MissingExtraError("symbolic mathematics", "math") from None
    latex: Any = module
    latex.LaTeXLexer = _without_check(LaTeXLexer)
    latex.LaTeXParser = _without_check(LaTeXParser)
    latex.version = _version_asked_for
    latex.sympy = _PlainNumbers(latex.sympy)
    return _Generated(latex.LaTeXLexer, _quick(latex.LaTeXParser), latex)


@contextmanager
def _reading_version_4() -> Generator[None]:
    """Let generated code that is imported here find a reader of the form it is written in."""
    import antlr4
    from antlr4.atn.ATNDeserializer import ATNDeserializer

    class Version4(ATNDeserializer):
        def reset(self, data: list[int]) -> None:
            self.data = data
            self.pos = 0

        def checkVersion(self) -> None:  # noqa: N802 (the runtime's name)
            if self.readInt() != 4:
                raise ImportError("SymPy's LaTeX grammar is written in an unknown form")

        def checkUUID(self) -> None:  # noqa: N802 (the runtime's name)
            self.uuid = None

        def isFeatureSupported(self, *_asked: object) -> bool:  # noqa: N802 (the runtime's name)
            # The only one asked for is the second list of sets.
            return False

    antlr4.ATNDeserializer = Version4
    try:
        yield
    finally:
        antlr4.ATNDeserializer = ATNDeserializer


def _without_check(generated: Any) -> Any:
    """Return a generated class that does not print that its runtime has another version."""

    class Quiet(generated):
        def checkVersion(self, _version: str) -> None:  # noqa: N802 (the runtime's name)
            pass

    return Quiet


def _quick(parser: Any) -> Any:
    """Return a generated parser that predicts by its tables alone."""
    from antlr4.atn.PredictionMode import PredictionMode

    class Quick(parser):
        def __init__(self, tokens: Any) -> None:
            super().__init__(tokens)
            self._interp.predictionMode = PredictionMode.SLL

    return Quick


class _PlainNumbers:
    """SymPy as its parser sees it."""

    def __init__(self, sympy: Any) -> None:
        self._sympy = sympy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sympy, name)

    def Number(self, text: str) -> Any:  # noqa: N802 (SymPy's name)
        plain = _PLAIN_NUMBER.fullmatch(text)
        if plain is None:
            return self._sympy.Number(text)
        return self._sympy.Float(text) if plain[1] else self._sympy.Integer(text)


def _version_asked_for(_package: str) -> str:
    return "4.11"
