"""Classes synthesised method by method: what each call sees, and what is made of its reply."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import ScriptedEndpoint

from evalrun.core.content import Message, text_of
from evalrun.core.errors import DataError
from evalrun.core.exchange import Reply, ReplyTiming, SampleKey, Sampling, Usage
from evalrun.core.interfaces import Play
from evalrun.core.sample import Sample, Turn

pytest.importorskip("tree_sitter_java")

from evalrun.runners.by_method import ByMethod, ByMethodOptions
from evalrun.runners.by_method.java import JavaHoles

SKELETON = """```java
class A {
    int kept() { return 0; }
    int f() {
        // TODO one
    }
    int f(int x) {
        // TODO two
    }
    int g() {
        // TODO three
    }
}
```
"""
HOLES = JavaHoles("fixed")
ONE, TWO, THREE = ("f", 0), ("f", 1), ("g", 0)
BODIES = {ONE: "return 1;", TWO: "return 2;", THREE: "return 3;"}


def asked(**metadata: Any) -> Sample:
    turn = Turn(
        query=f"Complete it.\n{SKELETON}End.",
        max_tokens=9,
        metadata={"skeleton": SKELETON, "language": "java", **metadata},
    )
    return Sample(id="s", task="t", messages=(Message("system", "Java."),), turns=(turn,))


def answer(shown: str) -> str:
    """Fill every hole that is shown, as a model that sees others emptied would."""
    code = shown
    for hole, body in BODIES.items():
        reply = (
            f"```java\nclass A {{ {'int f() { } ' * hole[1]} int {hole[0]}() {{ {body} }} }}\n```"
        )
        if hole in HOLES.find(shown):
            code = HOLES.filled(code, hole, reply)
    return code


def play(sample: Sample, seed: int = 0, **options: Any) -> tuple[Play, list[str]]:
    """Return the play, and the code that each call was shown."""
    shown: list[str] = []

    def script(_key: object, prompt: Any, _request: object) -> Reply:
        question = text_of(prompt.messages[-1].content)
        assert question.startswith("Complete it.\n")
        assert question.endswith("End.")
        shown.append(question.removeprefix("Complete it.\n").removesuffix("End."))
        timing = ReplyTiming(latency_s=1.0)
        return Reply(
            text=answer(shown[-1]), stop_reason="stop", timing=timing, usage=Usage(output_tokens=5)
        )

    protocol = ByMethod(ByMethodOptions(name="by_method", **options))
    endpoint = ScriptedEndpoint(script)
    found = asyncio.run(protocol.play(sample, SampleKey("s"), endpoint, Sampling(seed=seed)))
    return found, shown


def holes_shown(shown: list[str]) -> list[tuple[str, int]]:
    """Return the one hole that each call was shown."""
    return [hole for code in shown for hole in HOLES.find(code)]


@pytest.mark.parametrize("mode", ["independent", "incremental"])
def test_every_hole_is_filled_and_the_rest_stays(mode: str) -> None:
    found, shown = play(asked(), mode=mode)
    assert holes_shown(shown) == [ONE, TWO, THREE]
    code = found.replies[0].text
    assert HOLES.find(code) == []
    assert all(body in code for body in BODIES.values())
    assert "int kept() { return 0; }" in code
    assert (code[:8], code[-5:]) == ("```java\n", "\n```\n")


def test_independent_calls_see_none_of_what_was_filled() -> None:
    _, shown = play(asked(), mode="independent")
    assert not any("return 1;" in code or "return 2;" in code for code in shown)


def test_incremental_calls_see_what_was_filled() -> None:
    _, shown = play(asked())
    assert ["return 1;" in code for code in shown] == [False, True, True]
    assert ["return 2;" in code for code in shown] == [False, False, True]


def test_orders() -> None:
    assert holes_shown(play(asked(), order="reverse")[1]) == [THREE, TWO, ONE]
    drawn = [tuple(holes_shown(play(asked(), seed, order="random")[1])) for seed in range(20)]
    assert drawn[:5] == [
        tuple(holes_shown(play(asked(), seed, order="random")[1])) for seed in range(5)
    ]
    assert len(set(drawn)) > 3
    assert {frozenset(order) for order in drawn} == {frozenset(BODIES)}


def test_calls_are_kept_and_the_class_itself_costs_nothing() -> None:
    found, _ = play(asked())
    assert [step.reply.usage.output_tokens for step in found.intermediate] == [5, 5, 5]
    assert found.replies[0].usage == Usage()
    assert ByMethod.many_calls


def test_a_skeleton_without_holes_asks_nothing() -> None:
    whole = "```java\nclass A { }\n```\n"
    sample = Sample(
        id="s",
        task="t",
        turns=(Turn(query=whole, metadata={"skeleton": whole, "language": "java"}),),
    )
    found, shown = play(sample)
    assert (found.replies[0].text, found.intermediate, shown) == (whole, (), [])


def test_the_strategy_is_part_of_the_label() -> None:
    labels = [
        ByMethod(ByMethodOptions("by_method", mode, order)).label
        for mode, order in (("independent", "sequential"), ("incremental", "random"))
    ]
    assert labels == ["by_method[independent]", "by_method[incremental-random]"]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"skeleton": None}, "has no skeleton to fill; use protocol=single_turn"),
        ({"skeleton": "elsewhere"}, "has no skeleton to fill"),
        ({"language": "kava"}, "no methods are found in 'kava'; did you mean 'java'"),
    ],
)
def test_a_question_without_skeleton_is_refused(metadata: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        play(asked(**metadata))


# What is taken of a reply


def filled(reply: str) -> str:
    return HOLES.filled(SKELETON, TWO, reply)


@pytest.mark.parametrize(
    "reply",
    [
        "no code",
        "class A { int f() { } int f(int x) { return 7; } }",
        # Another number among those of its name: the first f.
        "```java\nint f(int x) { return 7; }\n```",
        "```java\nclass A { int f() { } int f(int x) { return = 7; } }\n```",
        "```java\nclass A { int f() { } int h(int x) { return 7; } }\n```",
        # Only the first block is read.
        "```java\n```\n```java\nclass A { int f() { } int f(int x) { return 7; } }\n```",
        "",
        "\ud800",
    ],
)
def test_what_cannot_be_read_leaves_the_hole(reply: str) -> None:
    assert filled(reply) == SKELETON


def test_the_method_of_the_same_name_and_number_is_taken() -> None:
    code = filled("```java\nclass A { int f() { } int f(int x) { return 7; } }\n```")
    assert code == SKELETON.replace("\n        // TODO two\n    ", " return 7; ")


def test_letters_of_several_bytes_shift_nothing() -> None:
    skeleton = SKELETON.replace("int kept() {", 'String s = "äöü€";\n    int kept() {')
    code = HOLES.filled(skeleton, THREE, '```java\nint g() { s("ß"); }\n```')
    assert code == skeleton.replace("\n        // TODO three\n    ", ' s("ß"); ')


def test_official_misses_the_place_behind_letters_of_several_bytes() -> None:
    reply = '```java\nString s = "ß";\nint g() { return 7; }\n```'
    assert " return 7; " in HOLES.filled(SKELETON, THREE, reply)
    # ß is two bytes: the cut begins and ends one character late.
    assert "{return 7; }}" in JavaHoles("official").filled(SKELETON, THREE, reply)
    plain = reply.replace("ß", "s")
    assert JavaHoles("official").filled(SKELETON, THREE, plain) == HOLES.filled(
        SKELETON, THREE, plain
    )


def test_a_hole_in_a_hole_is_shown_with_what_is_around_it() -> None:
    code = (
        "class A { void f() { // TODO\n new B() { void g() { // TODO\n } }; }"
        " void h() { // TODO\n } }"
    )
    shown = HOLES.with_only(code, ("g", 0))
    assert HOLES.find(shown) == [("f", 0), ("g", 0)]
    assert HOLES.find(HOLES.with_only(code, ("f", 0))) == [("f", 0), ("g", 0)]
    assert HOLES.find(HOLES.with_only(code, ("h", 0))) == [("h", 0)]


@given(st.text(max_size=150))
def test_any_text_can_be_code_or_reply(text: str) -> None:
    for holes in (HOLES, JavaHoles("official")):
        for hole in holes.find(text):
            holes.with_only(text, hole)
        holes.filled(SKELETON, TWO, f"```java\n{text}```")
