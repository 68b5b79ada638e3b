"""What is asked, in evalrun's own wording; the structure is that of the official prompts.

Parts of a prompt are joined by one blank line. Source of the structure: folder
`scbench` of microsoft/MInference, commit fb56c91.
"""

# ruff: noqa: RUF001 - Chinese prompts have full-width punctuation.

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from .rows import LETTERS, OfficialRow

WORDING = "evalrun wording"

Mode = Literal["multi_turn", "multi_request"]
PromptVariant = Literal["official", "fixed"]

_GAP = "\n\n"
_INSTRUCTIONS = {
    "scbench_kv": "Find the given key in the JSON object below and extract the value it maps to.",
    "scbench_choice_eng": "Read this book, then answer the question about it.",
    "scbench_qa_eng": "Read this book, then answer the question about it as briefly as you can.",
    "scbench_qa_chn": "请先阅读这本书，再回答关于它的问题。",
    "scbench_repoqa": (
        "Guided by the description of a function and by the code that is given as context, repeat "
        "exactly the function described, in a code block wrapped by triple backticks."
    ),
}


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """What the wording depends on besides the row.

    `chat_template` says whether models read rendered chats, as in the official runs. The
    `official` variant keeps a flaw of the published prompts that `fixed` mends: see `query_text`.
    """

    mode: Mode
    chat_template: bool = True
    variant: PromptVariant = "official"


def context_text(row: OfficialRow, task: str, style: Style) -> str:
    """Return what stands before the query: an instruction if the task has one, and the context.

    In multi-turn mode it ends in a blank line; in multi-request mode nothing parts it from the
    query.
    """
    parts = [_instruction(row, task, style), row.context]
    text = _GAP.join(part for part in parts if part)
    return text + _GAP if style.mode == "multi_turn" else text


def query_text(row: OfficialRow, index: int, task: str, style: Style) -> str:
    """Return the query of turn `index` (0-based): its `input` if the task adds nothing.

    In the `official` variant all rendered follow-ups of a conversation of scbench_mf open with the
    question of the row's last turn, as published; `input` asks the right one.
    """
    write = _QUERIES.get(task)
    return write(row, index, style) if write else row.turns[index].input


def prefill_text(index: int, task: str, style: Style) -> str | None:
    """Return the words that begin the reply: those of summaries in later turns of a chat."""
    in_chat = style.mode == "multi_turn" and style.chat_template
    return "This paper" if in_chat and index > 0 and task == "scbench_summary" else None


def _instruction(row: OfficialRow, task: str, style: Style) -> str:
    if task != "scbench_mf":
        return _INSTRUCTIONS.get(task, "")
    first = row.turns[0]
    return f"What is {first.asked_number}?" if style.mode == "multi_turn" else first.input


def _qa_eng(row: OfficialRow, index: int, _: Style) -> str:
    return f"Question: {row.turns[index].input}\nAnswer:"


def _qa_chn(row: OfficialRow, index: int, _: Style) -> str:
    return f"问题：{row.turns[index].input}\n答案："


def _choice_eng(row: OfficialRow, index: int, style: Style) -> str:
    turn = row.turns[index]
    options = "\n".join(
        f"{letter}. {option}" for letter, option in zip(LETTERS, turn.options, strict=True)
    )
    return f"Question: {turn.input}\n{options}{_GAP}{_choice_lead_in(index, style)}"


def _choice_lead_in(index: int, style: Style) -> str:
    if style.mode == "multi_turn" and index == 0:
        return "Of these options, the correct answer is"
    if style.mode == "multi_turn" and not style.chat_template:
        return "The letter of the correct answer is"
    return "The correct answer is"


def _math_find(row: OfficialRow, index: int, style: Style) -> str:
    in_chat = style.mode == "multi_turn" and style.chat_template
    leaks = style.variant == "official" and in_chat and index > 0
    asked = row.turns[-1 if leaks else index]
    return f"What is {asked.asked_number}?{_GAP}{row.turns[index].input}"


_QUERIES: dict[str, Callable[[OfficialRow, int, Style], str]] = {
    "scbench_qa_eng": _qa_eng,
    "scbench_qa_chn": _qa_chn,
    "scbench_choice_eng": _choice_eng,
    "scbench_mf": _math_find,
}
