"""Reading Java, what its compiler says and what JUnit reports: by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.scorers.java.compiler import CompileError, compile_errors
from evalrun.scorers.java.junit import Tally, read_report

pytest.importorskip("tree_sitter_java")

from evalrun.scorers.java.methods import first_type, imports, methods, todo_methods

SOURCE = b"""package a;
class A {
    A() { // TODO
    }
    int f();
    int f(int x) { /* TODO */ return x; }
    void g() { Runnable r = new Runnable() { public void run() { // see TODO 7
    } }; }
    void f(char c) { String s = "// TODO"; }
}
"""


def test_methods_are_numbered_among_those_of_their_name() -> None:
    assert [one.key for one in methods(SOURCE)] == [
        ("A", 0),
        # The first f has no body, and counts.
        ("f", 1),
        ("g", 0),
        ("run", 0),
        ("f", 2),
    ]


def test_a_line_comment_with_todo_marks_each_method_around_it() -> None:
    assert [one.name for one in todo_methods(SOURCE)] == ["A", "g", "run"]


def test_a_body_is_told_by_bytes_with_its_braces() -> None:
    source = "class Ä { void f() { int ü; } }".encode()
    (method,) = methods(source)
    assert source[method.start : method.end].decode() == "{ int ü; }"
    assert not method.is_broken


def test_a_syntax_error_is_of_the_method_it_stands_in() -> None:
    found = methods(b"class A { void f() { int = ; } void g() { int x; } }")
    assert [(one.name, one.is_broken) for one in found] == [("f", True), ("g", False)]


def test_the_first_type_begins_with_its_annotations() -> None:
    source = b"package a;\nimport b.C;\n// public\n@Deprecated final class A { }\ninterface B { }"
    place = first_type(source)
    assert place is not None
    assert source[place:].startswith(b"@Deprecated final class A")
    assert imports(source) == ["import b.C;"]
    assert first_type(b"int x;") is None


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    source = text.encode()
    for method in methods(source):
        assert 0 <= method.start <= method.end <= len(source)
    first_type(source)
    imports(source)


def test_methods_nested_deeply_take_no_time() -> None:
    assert todo_methods(b"class A { void f() {" * 20_000) is not None


def test_errors_are_told_from_warnings_and_notes() -> None:
    said = """src/main/java/a/A.java:3: error: cannot find symbol
        int x = y;
                ^
  symbol:   variable y
src/main/java/a/A.java:5: warning: [removal] f() in B has been deprecated
Note: src/main/java/a/A.java uses preview features of Java SE 17.
src/main/java/a/B.java:10: error: incompatible types: String cannot be converted to int
2 errors
1 warning
"""
    assert compile_errors(said) == [
        CompileError("src/main/java/a/A.java", 3, "cannot find symbol"),
        CompileError(
            "src/main/java/a/B.java", 10, "incompatible types: String cannot be converted to int"
        ),
    ]
    assert compile_errors("") == []


REPORT = b"""<?xml version="1.0"?>
<testsuite name="JUnit Jupiter" tests="5">
<testcase name="a()" classname="p.ATest"/>
<testcase name="b()" classname="p.ATest"><failure message="no">...</failure></testcase>
<testcase name="c()" classname="p.ATest$Inner"><system-out>x</system-out></testcase>
<testcase name="d()" classname="p.BTest"><skipped/></testcase>
<testcase name="e()" classname="p.BTest"><error/></testcase>
</testsuite>"""


def test_a_report_counts_tests_by_the_class_at_the_top() -> None:
    assert read_report({"r.xml": REPORT}) == {"p.ATest": Tally(2, 3), "p.BTest": Tally(0, 2)}


@pytest.mark.parametrize("files", [{}, {"r.xml": b""}, {"r.xml": REPORT[:200]}])
def test_a_report_that_is_not_whole_is_none(files: dict[str, bytes]) -> None:
    assert read_report(files) is None


def test_a_share_of_no_tests_is_nothing() -> None:
    assert (Tally().share, (Tally(1, 2) + Tally(2, 2)).share) == (0.0, 0.75)
