"""The rules of UGMathBench, worked by hand from the published judge."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("sympy")

from evalrun.core.exchange import Reply, ReplyTiming, Usage
from evalrun.scorers.ugmathbench import (
    JudgedUGMathBenchOptions,
    JudgedUGMathBenchScorer,
    UGMathBenchOptions,
    UGMathBenchScorer,
)
from evalrun.scorers.ugmathbench.answer_text import fixed_answer, official_answer
from evalrun.scorers.ugmathbench.brackets import (
    split_at_commas,
    without_outer_pairs,
)
from evalrun.scorers.ugmathbench.model_judge import is_for_a_model, says_true
from evalrun.scorers.ugmathbench.normal_form import normal_form
from evalrun.scorers.ugmathbench.rule_judge import Expected, RuleJudge


@pytest.fixture(scope="module")
def scorers():
    """Return the scorers of both variants."""
    return {
        variant: UGMathBenchScorer(UGMathBenchOptions(variant=variant))
        for variant in ("official", "fixed")
    }


@pytest.fixture
def verdict(scorers, grade):
    """Return a function that gives the verdict on a whole reply."""

    def verdict(reply, golden, kinds, options=None, variant="official", **more):
        metadata = {"answer_types": kinds, "options": options or [[] for _ in kinds]}
        return grade(scorers[variant], reply, golden, metadata=metadata, **more)

    return verdict


@pytest.fixture
def right(verdict):
    """Return a function that tells whether one answer in a box is right."""

    def right(answer, golden, kind, options=(), variant="official"):
        reply = f"The final answer is \\boxed{{{answer}}}"
        found = verdict(reply, [golden], [kind], [list(options)], variant)
        return found.scores["accuracy"] == 1.0

    return right


# Where answers stand


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (r"So \boxed{1}, no: $\boxed{\frac{1}{2}}$.", r"\frac{1}{2}"),
        (r"\boxed{\left(1,2\right)}", "(1,2)"),
        (r"\boxed{\text{True}}", "True"),
        (r"\boxed{\frac12}", r"\frac{1}{2}"),
        (r"\boxed{\sqrt2}", r"\sqrt{2}"),
        (r"\boxed{50\%}", "50\\"),
        (r"\boxed{30^\circ}", "30"),
        (r"\boxed{}", ""),
        # A last box that is no \boxed{...} makes the first one count; without one, everything does.
        (r"\boxed{3} and \boxed {4}", "3"),
        (r"\fbox{3}", None),
        (r"\boxed{3} and \fbox{4}", "3"),
        # An unclosed box is none.
        (r"\boxed{3", r"\boxed{3"),
        # "Therefore" cuts what stands before it.
        (r"\boxed{3}. Therefore we are done", None),
        (r"Therefore \boxed{3}", "3"),
        ("#### 42", None),
        # The end of the reply loses its punctuation, dollars included.
        ("The answer is $42$.", "$42"),
        ("so the answer is 42", "42"),
        ("answer: x=2", "x=2"),
        ("We see, 42 is the answer", "42"),
        ("It is 42", None),
        ("", None),
    ],
)
def test_the_official_answer_is_found(reply, answer) -> None:
    assert official_answer(reply) == answer


def test_the_fixed_answer_is_the_last_box_wherever_it_stands() -> None:
    assert fixed_answer(r"\boxed{3}. Therefore we are done") == "3"
    assert fixed_answer(r"\fbox{3}") == "3"
    assert fixed_answer("The answer is 42.") == "42"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1, 2", ["1", "2"]),
        ("(1,2),[3,4],<5,6>", ["(1,2)", "[3,4]", "<5,6>"]),
        (r"\{1,2\}, $x$", ["(1,2)", "x"]),
        (r"\langle 1,2\rangle", ["( 1,2)"]),
        ("1,,2,", ["1", "", "2"]),
        ("", []),
    ],
)
def test_answers_are_cut_apart_at_commas_outside_of_brackets(text, parts) -> None:
    assert split_at_commas(text) == parts


@pytest.mark.parametrize(
    ("text", "bare"),
    [("((x))", "x"), ("(a)(b)", "(a)(b)"), (r"\(x\)", "x"), ("[{x}]", "x"), ("(", "("), ("", "")],
)
def test_outer_brackets_are_taken_off(text, bare) -> None:
    assert without_outer_pairs(text) == bare


# Normal forms


@pytest.mark.parametrize(
    ("answer", "kind", "form"),
    [
        ("B", "MCS", "B"),
        (" and U ", "OE", " and U "),
        ("T", "TF", "True"),
        ("Yes it is", "TF", "True"),
        ("false", "TF", "False"),
        ("T", "OL", "T"),
        ("mon", "NV", "Monday"),
        ("money", "NV", "Monday"),
        ("2.00", "NV", "2"),
        (".5", "NV", "5"),
        ("-.5", "NV", "-.5"),
        ("007", "NV", "7"),
        ("seven", "NV", "7"),
        ("zero", "NV", "zero"),
        ("5 meters", "NV", "5"),
        ("7 m", "NV", "7"),
        ("\\$12", "NV", "12"),
        ("3:2", "NV", "3/2"),
        ("x=5", "NV", "5"),
        ("y'(0) = 5", "NV", "5"),
        ("a=b=c", "EX", "c"),
        ("x+y=5", "EQ", "x+y=5"),
        ("y=2x", "EQ", "2x"),
        ("asin(x)", "EX", r"\arcsin^{1}(x)"),
        ("sin(x)", "EX", r"\sin^{1}(x)"),
        ("2 \\times 3", "EX", "2*3"),
        ("((x+1))", "EX", "x+1"),
        ("(-inf,0) U (1,inf)", "INT", r"(-\infty,0)\cup(1,\infty)"),
        ("( 1 , 2 )", "OL", "(1, 2)"),
        ("{1, 2}", "NV", "(1, 2)"),
        ("2j", "EX", "2i"),
        ("3\\pm1", "EX", "3-1,3+1"),
        ("1 or 2", "NV", "1,2"),
        ("1<x<2", "EX", "1,x,2"),
        (r"\frac12", "EX", r"\frac{1}{2}"),
        ("sqrt(2)", "NV", r"\sqrt{2}"),
        (r"\mathbf{x}", "EX", "x"),
        ("45\\circ", "NV", "45"),
        ("", "NV", ""),
    ],
)
def test_answers_are_normalised_by_their_type(answer, kind, form) -> None:
    assert normal_form(answer, kind, "official") == form


def test_the_hybrid_reads_words_in_lists_and_fixed_keeps_equations() -> None:
    assert normal_form("(T, 1)", "OL", "hybrid") == "(True, 1)"
    assert normal_form("y=2x", "EQ", "fixed") == "y=2x"
    assert normal_form("y=2x", "EX", "fixed") == "2x"


# Types


@pytest.mark.parametrize(
    ("answer", "golden", "kind", "expected"),
    [
        ("1500", "1.5e+3", "NV", True),
        (r"-\sqrt{3}", "-sqrt(3)", "NV", True),
        (r"\frac{\sqrt{3}}{3}", "1/sqrt(3)", "NV", True),
        ("3.1416", r"\pi", "NV", True),
        ("100.1", "100", "NV", True),
        ("100.2", "100", "NV", False),
        (r"1.55\times 10^{3}", "1500", "NV", True),
        (r"1.55\times 10^{4}", "1500", "NV", False),
        ("0.0", "0", "NV", True),
        ("-0", "0", "NV", False),
        ("0.0001", "0", "NV", False),
        ("x", "5", "NV", False),
        (r"\infty", "infinity", "NV", True),
        ("5", "inf", "NV", False),
        # Of SymPy 1.12, which the official judge runs with.
        ("DNE", "infinity", "NV", True),
        ("(x+1)^2", "x^2+2*x+1", "EX", True),
        (r"2\sin x\cos x", "sin(2*x)", "EX", True),
        ("y=12x", "2*6x", "EX", True),
        ("x+1.0000001", "x+1", "EX", True),
        ("x+1.01", "x+1", "EX", False),
        # Of several symbols only exact equality is found.
        (r"x+y+0.0001\sin(xy)", "x+y", "EX", False),
        (r"x+0.0001\sin(x)", "x", "EX", True),
        ("7.0001", "7", "EX", True),
        ("?", "?", "EX", False),
        ("x^2+y^2-4=0", "x^2+y^2=4", "EQ", True),
        ("2x^2+2y^2=8", "x^2+y^2=4", "EQ", True),
        ("x^2+y^2=5", "x^2+y^2=4", "EQ", False),
        ("y=2x+1", "y=2x+1", "EQ", False),
        (r"(1,\infty)\cup(-\infty,0)", "(-inf,0) U (1,inf)", "INT", True),
        (r"(-\infty,0]\cup(1,\infty)", "(-inf,0) U (1,inf)", "INT", False),
        (r"[-1,1.41421356]", "[-1,sqrt(2)]", "INT", True),
        (r"(-\infty,0)", "(-inf,0) U (1,inf)", "INT", False),
        ("True", "T", "TF", True),
        ("no", "F", "TF", True),
        ("False", "T", "TF", False),
        ("maybe", "T", "TF", False),
        ("b", "B", "MCS", True),
        ("B: because", "B", "MCS", True),
        ("[B: because]", "B", "MCS", True),
        ("(B)", "B", "MCS", False),
        ("B.", "B", "MCS", False),
        ("[B]", "B", "MCS", False),
        ("DB", "BD", "MCM", True),
        ("BCD", "BD", "MCM", False),
        ("BBD", "BD", "MCM", False),
        ("(1, 2)", "(1, 2)", "OL", True),
        ("(2, 1)", "(1, 2)", "OL", False),
        (r"(1, \text{True}, x^2)", "(1, True, x*x)", "OL", True),
        ("(1, 2, 3)", "(1, 2)", "OL", False),
        ("(2, 1)", "(1, 2)", "UOL", True),
        (r"\{2, 1\}", "{1, 2}", "UOL", True),
        ("(1, 1)", "(1, 2)", "UOL", False),
        ("Convergent", "convergent", "OE", True),
        ("divergent", "convergent", "OE", False),
    ],
)
def test_answers_of_every_type(right, answer, golden, kind, expected) -> None:
    assert right(answer, golden, kind) is expected


def test_options_decide_which_letters_count(right) -> None:
    assert right("parameter", "PARAMETER", "MCS", ["PARAMETER", "STATISTIC"])
    assert right("b: yes", "B", "MCS", ["A", "B"])
    assert not right("c: yes", "C", "MCS", ["A", "B"])
    assert right("bda", "BD", "MCM", ["B", "D"])
    assert not right("bd", "BD", "MCM")


@pytest.mark.parametrize(
    ("answer", "golden", "kind"),
    [
        ("0.0001", "0", "NV"),
        (r"\sin(0)", "0", "NV"),
        ("y=2x+1", "y=2x+1", "EQ"),
        ("3y=6x+3", "y=2x+1", "EQ"),
        ("1.5y=3x+1.5", "y=2x+1", "EQ"),
        (r"x+y+0.0001\sin(xy)", "x+y", "EX"),
        ("(B)", "B", "MCS"),
        ("B.", "B", "MCS"),
        ("[b]", "B", "MCS"),
        ("B) because", "B", "MCS"),
    ],
)
def test_the_fixed_variant_finds_what_the_official_one_misses(right, answer, golden, kind) -> None:
    assert not right(answer, golden, kind)
    assert right(answer, golden, kind, variant="fixed")


def test_the_fixed_variant_stays_strict(right) -> None:
    assert not right("0.01", "0", "NV", variant="fixed")
    assert not right("y=2x+2", "y=2x+1", "EQ", variant="fixed")
    assert not right("BC", "B", "MCS", variant="fixed")
    assert not right("Because", "B", "MCS", variant="fixed")


# Several answers


def test_all_answers_must_be_right(verdict) -> None:
    golden, kinds = ["1/2", "T", "B"], ["NV", "TF", "MCS"]
    assert verdict(r"\boxed{0.5, True, B}", golden, kinds).scores == {"accuracy": 1.0}
    assert verdict(r"\boxed{0.5, False, B}", golden, kinds).scores == {"accuracy": 0.0}
    assert verdict(r"\boxed{0.5, True}", golden, kinds).scores == {"accuracy": 0.0}


def test_surplus_answers_are_ignored_unless_fixed(verdict) -> None:
    reply = r"\boxed{1, 2, 3}"
    assert verdict(reply, ["1", "2"], ["NV", "NV"]).scores["accuracy"] == 1
    assert verdict(reply, ["1", "2"], ["NV", "NV"], variant="fixed").scores["accuracy"] == 0


def test_replies_without_an_answer_count_zero(verdict) -> None:
    empty = verdict("  ", ["1"], ["NV"])
    assert (empty.scores, empty.status) == ({"accuracy": 0.0}, "empty")
    silent = verdict("I do not know.", ["1"], ["NV"])
    assert (silent.scores, silent.status) == ({"accuracy": 0.0}, "unparsed")
    cut = verdict(r"\boxed{1}", ["1"], ["NV"], stop="length")
    assert (cut.scores, cut.status) == ({"accuracy": 1.0}, "truncated")


def test_a_damaged_version_is_never_right_unless_nothing_is_asked(verdict) -> None:
    assert verdict(r"\boxed{1}", [""], ["NV"]).scores["accuracy"] == 0
    assert verdict(r"\boxed{1}", [], []).scores["accuracy"] == 1
    assert verdict(r"\boxed{1}", [], [], variant="fixed").scores["accuracy"] == 0


def test_a_row_of_another_benchmark_is_no_wrong_answer(scorers, grade) -> None:
    odd = grade(scorers["official"], r"\boxed{1}", "1")
    assert (odd.status, odd.scores) == ("scorer_error", {"accuracy": None})
    assert "not a turn of ugmathbench" in odd.explanation


def test_without_sympy_only_what_needs_it_has_no_verdict(verdict, monkeypatch) -> None:
    monkeypatch.setattr("evalrun.scorers.mathematics.limits.find_spec", lambda _name: None)
    assert verdict(r"\boxed{2}", ["2.0"], ["NV"]).scores == {"accuracy": 1.0}
    missing = verdict(r"\boxed{2x}", ["x+x"], ["EX"])
    assert (missing.status, missing.scores) == ("scorer_error", {"accuracy": None})
    assert "evalrun[math]" in missing.explanation


# Hostile replies


@pytest.mark.parametrize(
    "answer",
    [
        "9^{9^{9}}",
        "9**9**9",
        "(10^9)!!",
        "9999999999!",
        "\\int_{0}^{9^{9^9}} x^{x^{x}} dx",
        "(" * 1500 + "x" + ")" * 1500,
        "\\frac{" * 300 + "1" + "}{2}" * 300,
        "1" * 200_000,
        "x" * 3999,
        "+".join(f"x_{{{i}}}" for i in range(600)),
        "1e999999999",
    ],
    ids=lambda answer: answer[:20],
)
def test_hostile_mathematics_is_wrong_and_ends(right, answer) -> None:
    assert not right(answer, "x+2", "EX")


@pytest.mark.parametrize("kind", ["NV", "EX", "EQ", "INT", "OL", "UOL"])
def test_no_answer_is_executed(right, tmp_path, kind) -> None:
    touched = tmp_path / "touched"
    for code in (f"__import__('os').mkdir('{touched}')", f"\\abs(open('{touched}','w'))"):
        assert not right(code, "x+y=2", kind)
    assert not touched.exists()


WORDS = (
    r"\frac",
    r"\boxed{",
    r"\pm",
    r"\{",
    r"\}",
    r"\cup",
    "sin",
    "or",
    "inf",
    "herefore",
    "sqrt",
)
ALPHABET = st.sampled_from([*"x10.+-*/^(){}[],=<\\ $TA:U%é\n", *WORDS])
KINDS = ["NV", "EX", "EQ", "INT", "TF", "MCS", "MCM", "OL", "UOL", "OE"]


@given(st.lists(ALPHABET, max_size=30).map("".join), st.sampled_from(KINDS))
@settings(deadline=None, max_examples=400)
def test_any_text_has_a_normal_form(text, kind) -> None:
    for variant in ("official", "fixed", "hybrid"):
        assert isinstance(normal_form(text, kind, variant), str)
    official_answer(text)
    fixed_answer(text)


@given(st.lists(ALPHABET, max_size=14).map("".join), st.sampled_from(KINDS))
@settings(deadline=None, max_examples=40)
def test_any_reply_gets_a_verdict(scorers, text, kind) -> None:
    expected = Expected(("x+1",), (kind,), ((),))
    judge: RuleJudge = scorers["official"]._judge
    verdict = asyncio.run(judge.judge(f"\\boxed{{{text}}}", expected))
    assert verdict.scores["accuracy"] in (0.0, 1.0)


# The judge behind the rules


class Judge:
    """Answers every question with `report`, and counts them."""

    max_concurrency = None

    def __init__(self, report: str) -> None:
        self.report = report
        self.prompts: list[str] = []

    @asynccontextmanager
    async def open(self, prompt, key):
        (message,) = prompt.messages
        self.prompts.append(message.content)
        yield self

    async def generate(self, request) -> Reply:
        assert request.sampling.max_tokens == 1024
        return Reply(
            text=self.report,
            stop_reason="stop",
            usage=Usage(input_tokens=7, output_tokens=3),
            timing=ReplyTiming(latency_s=0.1),
        )


REPORT = """\
## Student Final Answer
x
## Symplified Reference Answer
y
## Equivalence Judgement
{}
## Justification
because
=== report over ==="""


def judged(grade, report, reply, golden, kinds):
    judge = Judge(report)
    scorer = JudgedUGMathBenchScorer(JudgedUGMathBenchOptions(), judge)
    metadata = {"answer_types": kinds, "options": [[] for _ in kinds], "problem": "What? [ANS]"}
    return grade(scorer, reply, golden, metadata=metadata), judge.prompts


def test_the_judge_is_asked_only_of_what_the_rules_find_wrong(grade) -> None:
    verdict, prompts = judged(grade, REPORT.format("TRUE"), r"\boxed{B.}", ["B"], ["MCS"])
    assert verdict.scores == {"accuracy": 1.0}
    assert verdict.usage == Usage(input_tokens=7, output_tokens=3)
    assert "## Justification" in verdict.explanation
    assert "What? [ANS]" in prompts[0]
    assert r"\boxed{B.}" in prompts[0]
    verdict, prompts = judged(grade, REPORT.format("FALSE"), r"\boxed{B}", ["B"], ["MCS"])
    assert (verdict.scores, prompts) == ({"accuracy": 1.0}, [])


def test_the_judge_is_not_asked_of_plain_numbers(grade) -> None:
    verdict, prompts = judged(grade, REPORT.format("TRUE"), r"\boxed{2}", ["3"], ["NV"])
    assert (verdict.scores, prompts) == ({"accuracy": 0.0}, [])
    verdict, prompts = judged(grade, REPORT.format("TRUE"), r"\boxed{2}", ["sqrt(3)"], ["NV"])
    assert (verdict.scores, len(prompts)) == ({"accuracy": 1.0}, 1)
    assert not is_for_a_model(Expected(("3", "1e5"), ("NV", "NV"), ((), ())))
    assert is_for_a_model(Expected(("3",), ("EX",), ((),)))


def test_the_rules_before_the_judge_read_words_in_lists(grade) -> None:
    verdict, prompts = judged(
        grade, REPORT.format("FALSE"), r"\boxed{(yes, 2)}", ["(T, 2)"], ["OL"]
    )
    assert (verdict.scores, prompts) == ({"accuracy": 1.0}, [])


@pytest.mark.parametrize(
    ("report", "true"),
    [
        (REPORT.format("TRUE"), True),
        (REPORT.format(" TRUE \n"), True),
        (REPORT.format("FALSE"), False),
        (REPORT.format("True"), False),
        (REPORT.format("TRUE."), False),
        ("TRUE", True),
        ("", False),
        ("## Equivalence Judgement\nTRUE", True),
        ("## Equivalence Judgement\nFALSE\n## Equivalence Judgement\nTRUE\n## Justification", True),
    ],
)
def test_the_verdict_stands_alone_under_its_heading(report, true) -> None:
    assert says_true(report) is true
