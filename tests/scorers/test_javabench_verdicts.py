"""Verdicts of JavaBench, by the real compiler and the real tests in the real sandbox."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from java_world import CART, PRICE, RECEIPT, RIGHT, fence, graded, java_sandbox, solution

from evalrun.core.interfaces import Problem
from evalrun.core.sandbox import EMPTY, STANDARD, Command, Limits, Outcome, Setup
from evalrun.core.score import TurnScore
from evalrun.scorers.java.toolchain import Toolchain
from evalrun.scorers.javabench import JavaBenchOptions, JavaBenchScorer

# Every test here compiles and runs a project; all of them do so once or twice.
CLASS = {"granularity": ("class",)}
# The reference has 6 tests: 2 of prices, 4 of receipts.
ALL, OF_RECEIPTS = 6, 4


def price(reply: str) -> TurnScore:
    """Return the verdict on a class Price in the reference project."""
    return graded({PRICE: reply}, **CLASS)[PRICE]


def values(verdict: TurnScore) -> tuple[float | None, float | None, float | None]:
    """Return completion, compilation and pass."""
    return tuple(verdict.scores[m] for m in ("completion", "compilation", "pass"))  # type: ignore[return-value]  # there are three


def with_body(method: str, body: str) -> str:
    """Return the reference's Price with another body for one method."""
    old = {
        "plus": "return new Price(cents + other.cents);",
        "toString": 'return String.format("%d.%02d", cents / 100, cents % 100);',
    }[method]
    code = solution(PRICE)
    assert old in code
    return fence(code.replace(old, body))


def test_right_classes_pass_alone_together_and_as_a_project() -> None:
    verdicts = graded(RIGHT, granularity=("class", "test", "project"))
    assert {id_: values(one) for id_, one in verdicts.items()} == dict.fromkeys(
        (PRICE, CART, RECEIPT, "PA22/PriceTest", "PA22/ReceiptTest", "PA22"), (1, 1, 1)
    )
    assert {one.subtask for one in verdicts.values()} == {"class", "test", "project"}
    assert verdicts["PA22/ReceiptTest"].answer["total"] == OF_RECEIPTS
    assert verdicts[CART].answer["reference_passed"] == ALL


def test_a_wrong_class_fails_the_tests_that_touch_it() -> None:
    wrong = with_body("plus", "return this;")
    verdicts = graded({**RIGHT, PRICE: wrong})
    # 3 + 0.5 is 3; carts of something are 0: of the six tests these five fail, but for
    # centsHaveTwoDigits and anEmptyCartCostsNothing.
    assert values(verdicts[PRICE]) == (1, 1, pytest.approx(2 / 6))
    assert values(verdicts["PA22/PriceTest"]) == (1, 1, 0.5)
    assert values(verdicts["PA22/ReceiptTest"]) == (1, 1, 0.25)
    # The other classes are graded beside the reference's Price.
    assert values(verdicts[CART]) == (1, 1, 1)


def test_one_class_that_does_not_compile_spoils_each_suite_that_needs_it() -> None:
    broken = fence(solution(CART).replace("return sum;", "return summ;"))
    verdicts = graded({**RIGHT, CART: broken})
    assert values(verdicts[CART]) == (1, 0, 0)
    assert verdicts[CART].explanation == ("src/main/java/shop/Cart.java:24: cannot find symbol")
    assert values(verdicts["PA22/ReceiptTest"]) == (1, 0, 0)
    assert values(verdicts["PA22/PriceTest"]) == (1, 1, 1)


def test_a_class_that_tests_do_not_compile_against_does_not_compile() -> None:
    renamed = fence(solution(PRICE).replace("int cents()", "int amount()"))
    verdict = price(renamed)
    assert values(verdict) == (1, 0, 0)
    assert "PriceTest.java" in (verdict.explanation or "")


def test_an_unwritten_method_is_not_even_compiled() -> None:
    lazy = with_body("plus", "// TODO\n        return null;")
    verdict = price(lazy)
    assert values(verdict) == (0, 0, 0)
    assert (verdict.answer, verdict.status) == (
        {"id": PRICE, "can_replace": True, "has_todo": True},
        "ok",
    )


def test_a_reply_without_class_counts_nothing_and_is_unparsed() -> None:
    verdicts = graded({**RIGHT, PRICE: solution(PRICE)})
    assert values(verdicts[PRICE]) == (0, 0, 0)
    assert verdicts[PRICE].status == "unparsed"
    assert values(verdicts["PA22/ReceiptTest"]) == (0, 0, 0)
    assert values(verdicts[CART]) == (1, 1, 1)


def test_an_empty_reply_counts_nothing() -> None:
    verdict = price(" \n")
    assert (values(verdict), verdict.status) == ((0, 0, 0), "empty")


def test_a_suite_without_all_of_its_classes_has_no_verdict_yet() -> None:
    verdicts = graded({PRICE: RIGHT[PRICE], CART: RIGHT[CART]})
    suite = verdicts["PA22/ReceiptTest"]
    assert (values(suite), suite.status) == ((None, None, None), "scorer_error")
    assert suite.explanation == f"lacks replies to {RECEIPT}"
    assert values(verdicts[CART]) == (1, 1, 1)


def test_assertions_of_the_code_itself_are_checked() -> None:
    asserted = with_body("plus", "assert other.cents == 0;\n        return this;")
    # The same two tests pass as without it, and an assertion that fails stops no other test.
    assert values(price(asserted)) == (1, 1, pytest.approx(2 / 6))
    harmless = with_body("plus", "assert false;\n        return new Price(cents + other.cents);")
    assert values(price(harmless)) == (1, 1, pytest.approx(2 / 6))


# What hostile or unlucky code does


def test_a_method_that_never_ends_fails_its_tests_alone() -> None:
    verdict = price(with_body("toString", "while (true) { }"))
    # plus is fine; all that print hang for two seconds each.
    assert values(verdict) == (1, 1, pytest.approx(3 / 6))


def test_a_process_that_is_ended_loses_the_tests_of_that_class_alone() -> None:
    verdict = price(with_body("toString", "System.exit(0);\n        return null;"))
    # Both test classes print; neither of their processes reports anything.
    assert values(verdict) == (1, 1, 0)
    assert verdict.answer["total"] == ALL
    assert "shop.PriceTest: exit 0" in (verdict.explanation or "")
    verdict = graded(
        {
            RECEIPT: fence(
                solution(RECEIPT).replace(
                    "return Files", "Runtime.getRuntime().halt(3);\n        return Files"
                )
            )
        },
        **CLASS,
    )[RECEIPT]
    assert values(verdict) == (1, 1, pytest.approx(2 / 6))
    assert verdict.explanation == "shop.ReceiptTest: exit 3"


def test_endless_output_is_cut_and_its_tests_fail() -> None:
    shout = 'while (true) { System.out.println("x".repeat(1 << 16)); }'
    verdict = price(with_body("toString", shout))
    assert values(verdict) == (1, 1, 0)
    assert "output" in (verdict.explanation or "")


def test_more_memory_than_there_is_fails_the_tests_that_want_it() -> None:
    hoard = "java.util.List<long[]> all = new java.util.ArrayList<>();\n"
    hoard += "        while (true) { all.add(new long[1 << 20]); }"
    assert values(price(with_body("toString", hoard)))[:2] == (1, 1)


def test_the_network_cannot_be_reached() -> None:
    call = (
        'try (var socket = new java.net.Socket("192.0.2.1", 80)) { return "3.05"; } '
        'catch (java.net.NoRouteToHostException | java.net.ConnectException e) { return "no"; } '
        "catch (java.io.IOException e) { return e.getClass().getName(); }"
    )
    assert values(price(with_body("toString", call))) == (1, 1, pytest.approx(3 / 6))


def test_processes_are_counted() -> None:
    bomb = (
        'try { for (int i = 0; i < 2000; i++) { new ProcessBuilder("sleep", "60").start(); } } '
        'catch (java.io.IOException e) { return "no more"; }\n        return "3.05";'
    )
    completion, compilation, passed = values(price(with_body("toString", bomb)))
    assert (completion, compilation) == (1, 1)
    assert (passed or 0.0) <= 0.5


def test_files_of_this_machine_are_out_of_reach(tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret.txt"
    secret.write_text("3.05")
    write = secret.with_name("planted.txt")
    body = (
        f'try {{ java.nio.file.Files.writeString(java.nio.file.Path.of("{write}"), "here"); }} '
        "catch (java.io.IOException e) { } "
        f'try {{ return java.nio.file.Files.readString(java.nio.file.Path.of("{secret}")); }} '
        'catch (java.io.IOException e) { return "none"; }'
    )
    assert values(price(with_body("toString", body))) == (1, 1, pytest.approx(3 / 6))
    assert not write.exists()


# Machines without a toolchain


class Nowhere:
    """A sandbox in which nothing is installed."""

    label = "nowhere"

    def problems(self) -> list[Problem]:
        return []

    async def run(
        self, command: Command, setup: Setup = EMPTY, limits: Limits = STANDARD
    ) -> Outcome:
        return Outcome(status="ok", exit_code=0, stdout="javac\n")


def test_without_java_nothing_is_guessed() -> None:
    verdicts = graded(RIGHT, sandbox=Nowhere())  # type: ignore[arg-type]  # it is never opened
    for verdict in verdicts.values():
        assert (values(verdict), verdict.status) == ((None, None, None), "not_applicable")
        assert "openjdk-17-jdk-headless junit5" in (verdict.explanation or "")


def test_a_folder_of_jars_takes_the_place_of_debians_packages() -> None:
    sandbox = java_sandbox()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Commands are nobody's, who may not look into a folder of root's alone.
        folder.chmod(0o755)
        debian = Toolchain()
        for jar in (*debian.annotations, *debian.testing):
            shutil.copy(jar, folder)
        options = JavaBenchOptions(jars=name)
        assert f"jars={name}" in JavaBenchScorer(options, sandbox=sandbox).label
        assert values(graded({PRICE: RIGHT[PRICE]}, jars=name, **CLASS)[PRICE]) == (1, 1, 1)
