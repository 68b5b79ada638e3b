"""What a model is asked in each task and mode, word by word."""

# ruff: noqa: RUF001 - Chinese prompts have full-width punctuation.

from __future__ import annotations

import pytest

ADD = "def add(a, b):\n    return a + b"
DOUBLE = "def double(x):\n    return 2 * x"
KV = 'JSON data:\n{"1f0a": "77aa", "2b1c": "88bb", "3c2d": "99cc"}'
BOOK = "Ida found a key under the mat. She gave it to Ben."
DOCUMENTS = "Document 1. Bees like heat.\n\nDocument 2. Buses run late."
FIND = "Find the given key in the JSON object below and extract the value it maps to."
REPEAT = (
    "Guided by the description of a function and by the code that is given as context, repeat "
    "exactly the function described, in a code block wrapped by triple backticks."
)
OPTIONS = "A. a coin\nB. a key\nC. a ring\nD. a map"
PEOPLE = "A. Ida\nB. Tom\nC. Eve\nD. Ben"

# task -> the context of row 0 without what parts it from a query, and its first two queries;
# both modes alike.
SAME_IN_BOTH_MODES = {
    "kv": (
        f"{FIND}\n\n{KV}",
        ('\nKey: "2b1c"\nIts value: ', '\nKey: "3c2d"\nIts value: '),
    ),
    "prefix_suffix": (
        "Dictionary = ['abXcd', 'abYef', 'ghZcd']",
        (
            "\nPrefix: ab\nSuffix: cd\nThe word is: ",
            "\nPrefix: gh\nSuffix: cd\nThe word is: ",
        ),
    ),
    "vt": (
        "VAR AAAAA = 11111\nHere we go.\nVAR BBBBB = VAR AAAAA",
        ("Which variables hold 11111?", "And once more, which hold 11111?"),
    ),
    "repoqa": (f"{REPEAT}\n\n{ADD}\n\n{DOUBLE}", ("It adds two numbers.",)),
    "qa_eng": (
        f"Read this book, then answer the question about it as briefly as you can.\n\n{BOOK}",
        ("Question: What did Ida find?\nAnswer:", "Question: Who got it?\nAnswer:"),
    ),
    "qa_chn": (
        "请先阅读这本书，再回答关于它的问题。\n\n小明在河边捡到一把钥匙。他把它交给了老师。",
        ("问题：小明捡到了什么？\n答案：", "问题：他交给了谁？\n答案："),
    ),
    "many_shot": (
        "Question: 1 day after Monday?\nOptions:\n(A) Tuesday\n(B) Sunday\nAnswer: (A)",
        (
            "Question: 1 day before Monday?\nOptions:\n(A) Tuesday\n(B) Sunday\nAnswer:",
            "Question: 7 days after Monday?\nOptions:\n(A) Monday\n(B) Sunday\nAnswer:",
        ),
    ),
    "summary": (DOCUMENTS, ("Summarise document 1.", "Summarise document 2.")),
    "summary_with_needles": (
        DOCUMENTS + "".join(f"\n\nPass key {i} is {40000 + i}." for i in range(4)),
        (
            "Summarise document 1.",
            "What is pass key 0?",
            "Summarise document 2.",
            "What is pass key 1?",
            "Summarise document 1.",
        ),
    ),
    "repoqa_and_kv": (
        f'{ADD}\n\n{{"1f0a": "77aa"}}\n\n{DOUBLE}',
        ("It adds two numbers.", 'Key: "1f0a"'),
    ),
}


@pytest.mark.parametrize("task", SAME_IN_BOTH_MODES)
def test_in_a_conversation_a_blank_line_parts_context_and_query(scbench, task) -> None:
    context, queries = SAME_IN_BOTH_MODES[task]
    sample = next(scbench(task=task, mode="multi_turn").samples())
    assert sample.context == context + "\n\n"
    assert tuple(turn.query for turn in sample.turns) == queries


@pytest.mark.parametrize("task", SAME_IN_BOTH_MODES)
def test_requests_follow_their_context_directly(scbench, task) -> None:
    context, queries = SAME_IN_BOTH_MODES[task]
    sample = next(scbench(task=task, mode="multi_request").samples())
    assert sample.context == context
    assert tuple(turn.query for turn in sample.turns) == queries


@pytest.mark.parametrize(
    ("section", "lead_ins"),
    [
        (
            {"mode": "multi_turn"},
            ("Of these options, the correct answer is", "The correct answer is"),
        ),
        (
            {"mode": "multi_turn", "chat_template": False},
            ("Of these options, the correct answer is", "The letter of the correct answer is"),
        ),
        ({"mode": "multi_request"}, ("The correct answer is", "The correct answer is")),
    ],
)
def test_multiple_choice_shows_lettered_options(scbench, section, lead_ins) -> None:
    sample = next(scbench(task="choice_eng", **section).samples())
    assert sample.context.startswith(
        f"Read this book, then answer the question about it.\n\n{BOOK}"
    )
    assert [turn.query for turn in sample.turns] == [
        f"Question: What did Ida find?\n{OPTIONS}\n\n{lead_ins[0]}",
        f"Question: Who got it?\n{PEOPLE}\n\n{lead_ins[1]}",
    ]
    assert sample.turns[0].choices == ("a coin", "a key", "a ring", "a map")


LARGEST = "One number only. The largest number of the list is: "
SECOND = "One number only. The second smallest number of the list is: "
SMALLEST = "One number only. The smallest number of the list is: "


def test_math_conversations_open_with_the_first_question(scbench) -> None:
    sample = next(scbench(task="mf").samples())
    assert sample.context == ("What is the largest number of the list?\n\n[310, 120, 450, 120]\n\n")
    assert sample.turns[0].query == f"What is the largest number of the list?\n\n{LARGEST}"


def test_official_math_follow_ups_open_with_the_question_of_the_last_turn(scbench) -> None:
    sample = next(scbench(task="mf").samples())
    assert [turn.query for turn in sample.turns[1:]] == [
        f"What is the smallest number of the list?\n\n{SECOND}",
        f"What is the smallest number of the list?\n\n{SMALLEST}",
    ]


@pytest.mark.parametrize(
    "section",
    [{"prompt_variant": "fixed"}, {"chat_template": False}, {"mode": "multi_request"}],
    ids=str,
)
def test_other_math_prompts_open_with_the_question_of_their_own_turn(scbench, section) -> None:
    sample = next(scbench(task="mf", **section).samples())
    assert [turn.query for turn in sample.turns] == [
        f"What is the largest number of the list?\n\n{LARGEST}",
        f"What is the second smallest number of the list?\n\n{SECOND}",
        f"What is the smallest number of the list?\n\n{SMALLEST}",
    ]


def test_the_math_context_of_requests_opens_with_the_first_input(scbench) -> None:
    sample = next(scbench(task="mf", mode="multi_request").samples())
    assert sample.context == f"{LARGEST}\n\n[310, 120, 450, 120]"


def test_later_summaries_of_a_chat_begin_with_two_given_words(scbench) -> None:
    sample = next(scbench(task="summary").samples())
    assert [turn.prefill for turn in sample.turns] == [None, "This paper"]


@pytest.mark.parametrize(
    "section",
    [
        {"task": "summary", "mode": "multi_request"},
        {"task": "summary", "chat_template": False},
        {"task": "summary_with_needles"},
        {"task": "kv"},
    ],
    ids=str,
)
def test_no_other_reply_is_begun(scbench, section) -> None:
    samples = scbench(**section).samples()
    assert {turn.prefill for sample in samples for turn in sample.turns} == {None}


def test_the_wording_is_named_in_the_provenance(scbench) -> None:
    assert scbench(task="kv").provenance()["prompts"] == "evalrun wording"
