"""LaTeX to every reading by SymPy's Lark grammar, of which a part is looked at."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("lark")
sympy = pytest.importorskip("sympy")

from sympy.parsing.latex import parse_latex  # noqa: E402

from evalrun.scorers.mathematics.lark_latex import lark_readings  # noqa: E402

PIECES = (
    *("x", "y'", "d", "e", "2", "0.5", "+", "-", "*", "/", "^", "_", "=", "<", "!", "|", " "),
    *("(", ")", "{", "}", "[", "]", r"\frac", r"\sqrt", r"\sin", r"\ln", r"\pi", r"\cdot", r"\,"),
    *(r"\int", r"\sum", r"\lim", r"\to", r"\infty", r"\left", r"\right", r"\text{d}", "d x"),
    *("{x}", "{2}", "(x+1)", "x^{2}", r"\frac{1}{x}", r"\sin(x)"),
)


def whole_grammar(text: str) -> tuple[object, ...] | None:
    """Return what SymPy's own function reads; None if it reads nothing."""
    try:
        found = parse_latex(text, backend="lark")
    except Exception:
        return None
    return tuple(found.children) if hasattr(found, "children") else (found,)


def part_of_grammar(text: str) -> tuple[object, ...] | None:
    try:
        return lark_readings(text)
    except Exception:
        return None


@pytest.mark.parametrize(
    "text",
    [
        r"\frac{2 x^2+3}{\left(x^2+5\right)^2}",
        r"2 \sin (x) \cos (x)",
        r"\int_0^1 x dx",
        r"\int \frac{1}{x} \mathrm{d}x",
        r"\lim_{x \to 0^+} \frac{1}{x}",
        r"\sum_{k=1}^{n} k^2",
        r"\begin{pmatrix}1 & 2 \\ 3 & 4\end{pmatrix}",
        r"|x| + \lfloor y \rfloor",
        r"\log_2 8",
        r"x_{ab} + \alpha_1'",
        r"f(x, y)",
        "a \\leq b",
        "1 2",
        "1..2",
        "}{",
        "",
        "\N{SQUARE ROOT}2",
    ],
)
def test_readings_are_those_of_the_whole_grammar_in_the_same_order(text) -> None:
    assert part_of_grammar(text) == whole_grammar(text)


def test_an_ambiguous_text_has_several_readings() -> None:
    x = sympy.Symbol("x")
    assert set(lark_readings(r"\ln x + 1")) == {sympy.log(x) + 1, sympy.log(x + 1)}


@settings(deadline=None, max_examples=40)
@given(text=st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_any_text_is_read_as_by_the_whole_grammar(text) -> None:
    assert part_of_grammar(text) == whole_grammar(text)
