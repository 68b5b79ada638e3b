"""From replies to files, and what is left unwritten: golden cases by hand, no Java needed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("tree_sitter_java")

from evalrun.scorers.javabench.completion import Variant, completion

SKELETON = """package p;

import java.util.List;

public class A {
    void f() {
        // TODO
    }
}
"""
HEAD = "package p;\n\nimport java.util.List;\n\n"


def replied(
    code: str, variant: Variant = "official", fence: str = "```java\n"
) -> tuple[str | None, bool]:
    one = completion(f"Sure:\n{fence}{code}\n```", SKELETON, variant)
    return one.file, one.has_todo


def test_what_stands_before_public_is_the_skeletons() -> None:
    code = "package other;\nimport java.util.Map;\n\npublic class A { void f() { int x = 1; } }"
    assert replied(code) == (HEAD + "public class A { void f() { int x = 1; } }\n", False)


def test_only_the_first_block_counts() -> None:
    reply = "```java\npublic class A { }\n```\n```java\npublic class B { }\n```"
    assert completion(reply, SKELETON, "official").file == HEAD + "public class A { }\n"


@pytest.mark.parametrize(
    "reply",
    [
        "public class A { }",
        "```Java\npublic class A { }\n```",
        "```\npublic class A { }\n```",
        "```java\npublic class A { }",
        "```java\nclass A { }\n```",
        "",
        "\ud800",
    ],
)
def test_without_a_java_block_and_public_nothing_can_be_placed(reply: str) -> None:
    found = completion(reply, SKELETON, "official")
    assert (found.file, found.has_todo, found.is_complete) == (None, False, False)


def test_the_first_public_is_taken_even_in_a_comment() -> None:
    code = "// a public class\npublic class A { }"
    assert replied(code) == (HEAD + "public class\npublic class A { }\n", False)
    assert replied(code, "fixed") == (HEAD + "public class A { }\n", False)


@pytest.mark.parametrize(
    ("body", "has_todo"),
    [
        # The skeleton's body without its comment: "{\n    }", 7 characters.
        ("{\n        // TODO\n    }", True),
        # 9 characters more, then 10.
        ("{ // TODO\n    }", True),
        ("{\n        // TODO\n12345678\n    }", True),
        ("{\n        // TODO\n123456789\n    }", False),
        # Comments of their own lines do not count, others do.
        ("{\n        // TODO\n        // long words about nothing\n    }", True),
        ("{\n        // TODO\n        f(); // and so on\n    }", False),
        # A method without the mark is never lazy.
        ("{ }", False),
        ("{\n        // implemented here\n    }", False),
    ],
)
def test_a_method_with_its_todo_must_have_grown_by_ten_characters(
    body: str, *, has_todo: bool
) -> None:
    code = f"public class A {{\n    void f() {body}\n}}"
    assert replied(code) == (HEAD + code + "\n", has_todo)
    assert replied(code, "fixed") == (HEAD + code + "\n", has_todo)


def test_a_renamed_method_is_not_missed() -> None:
    assert replied("public class A {\n    void g() {\n        // TODO\n    }\n}")[1] is False


def test_official_counts_bytes_as_characters() -> None:
    """Letters of two bytes before a method shift what is measured of it: here, to one more line."""
    code = (
        'public class A {\n    String s = "ääääääääääääääääääää";\n'
        "    void f() {\n        // TODO\n    }\n    int aLongFieldBehind = 12345;\n}"
    )
    assert replied(code)[1] is False
    assert replied(code, "fixed")[1] is True


@pytest.mark.parametrize("fence", ["```Java\n", "```\n", "  ```java title=A\n", "```kotlin\n"])
def test_fixed_takes_the_class_however_it_is_fenced(fence: str) -> None:
    assert replied("class A { }", "fixed", fence) == (HEAD + "class A { }\n", False)


def test_fixed_takes_code_that_is_cut_or_bare() -> None:
    for reply in ("```java\npublic class A { void f() {", "public class A { void f() {"):
        found = completion(reply + " int x", SKELETON, "fixed")
        assert found.file is None or found.file.startswith(HEAD + "public class A")
    assert completion("public class A { }", SKELETON, "fixed").file == HEAD + "public class A { }"


def test_fixed_keeps_imports_that_a_reply_adds() -> None:
    code = "package p;\nimport java.util.List;\nimport java.util.Map;\npublic class A { }"
    assert replied(code, "fixed")[0] == HEAD + "import java.util.Map;\npublic class A { }\n"


@given(st.text(alphabet="```java\npublic class A{}ä /TODO", max_size=120))
def test_no_reply_crashes(reply: str) -> None:
    completion(reply, SKELETON, "official")
    completion(reply, SKELETON, "fixed")
