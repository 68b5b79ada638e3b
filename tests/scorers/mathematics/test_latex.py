"""LaTeX to SymPy expressions by SymPy's own grammar, on the ANTLR runtime that Hydra pins."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sympy = pytest.importorskip("sympy")

from evalrun.scorers.mathematics.latex import LONGEST, LatexError, parse_latex  # noqa: E402

x, y, theta, pi = sympy.symbols("x y theta pi")


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        (r"\frac{1}{2}", sympy.Rational(1, 2)),
        (r"x^{2} + 2x", x**2 + 2 * x),
        (r"\sqrt[3]{x}", x ** sympy.Rational(1, 3)),
        (r"\sin(2\theta)", sympy.sin(2 * theta)),
        (r"\cos^{2} x", sympy.cos(x) ** 2),
        (r"3\times 10^{5}", sympy.Integer(300000)),
        (r"\ln x", sympy.log(x)),
        (r"|x-y|", sympy.Abs(x - y)),
        (r"2\pi", 2 * pi),
        ("0.25", sympy.Float("0.25")),
        (r"\infty", sympy.oo),
        (r"\frac{dx^2}{dx}", 2 * x),
    ],
)
def test_expressions_are_built(text, expression) -> None:
    assert parse_latex(text).doit() == expression


def test_what_follows_the_first_expression_is_not_looked_at() -> None:
    assert parse_latex("1,2") == 1


def test_nothing_is_evaluated() -> None:
    assert str(parse_latex("9^{9^{9^{9}}}")) == "9**(9**(9**9))"


@pytest.mark.parametrize("text", ["", "=", r"\frac{1}", "(x", "é", "[1,2)"])
def test_other_texts_are_refused(text) -> None:
    with pytest.raises(LatexError):
        parse_latex(text)


def test_long_texts_are_refused_before_they_are_read() -> None:
    with pytest.raises(LatexError, match=f"at most {LONGEST}"):
        parse_latex("1" * (LONGEST + 1))


def test_names_of_python_are_symbols_and_products(tmp_path) -> None:
    touched = tmp_path / "touched"
    for text in (f"__import__('os').mkdir('{touched}')", f"open('{touched}','w')"):
        try:
            parse_latex(text)
        except LatexError:
            continue
    assert not touched.exists()


def test_the_runtime_is_as_it_was_afterwards() -> None:
    import antlr4
    from antlr4.atn.ATNDeserializer import ATNDeserializer

    parse_latex("x")
    assert antlr4.ATNDeserializer is ATNDeserializer


def test_nothing_is_printed(capsys) -> None:
    parse_latex("x+1")
    assert capsys.readouterr() == ("", "")


@given(st.text(alphabet="x12+-*/^_(){}[]|\\ ,=fracsqtin", max_size=12))
@settings(deadline=None, max_examples=60)
def test_no_text_raises_anything_else(text) -> None:
    try:
        parse_latex(text)
    except LatexError:
        return


@settings(deadline=None)
@given(
    text=st.from_regex(r"[0-9]{1,20}", fullmatch=True)
    | st.from_regex(r"[0-9]{1,12}\.[0-9]{1,12}", fullmatch=True)
)
def test_numbers_are_those_that_sympy_makes_of_their_text(text) -> None:
    try:
        number = sympy.Number(text)
    except Exception:
        with pytest.raises(LatexError):
            parse_latex(text)
    else:
        assert sympy.srepr(parse_latex(text)) == sympy.srepr(number)


def test_plain_numbers_are_read_and_not_evaluated(monkeypatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError

    parse_latex("1")
    monkeypatch.setattr("sympy.parsing.sympy_parser.eval_expr", refuse)
    assert str(parse_latex("17x+3.25")) == "17*x + 3.25"
