"""Questions as they are asked: in the official frame with examples, or as a chat.

Source of the frames: the tasks `acp_bench` and `acp_bench_hard` of
EleutherAI/lm-evaluation-harness, commit 4e7e0d47, and `configs/tasks/acp_gen_chat` of IBM/ACPBench,
commit 2ed9c92.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ...core.content import Message
from .rows import Question
from .tasks import Form
from .wording import Example, read_examples, read_sentences

Style = Literal["harness", "chat"]
Shown = Literal["text", "pddl", "both"]

_FINAL = "**Final Answer**:"
_BETWEEN = "\n\n"


class Asked(msgspec.Struct, frozen=True):
    """What a model is asked: a question, after messages with examples."""

    messages: tuple[Message, ...]
    query: str


class Prompter(msgspec.Struct, frozen=True, kw_only=True):
    """How the questions of a task are asked.

    `harness`: one text in the official frame, examples included, that ends where the answer begins.
    `chat`: no frame; each example is a message and its answer. `shown` says whether a question
    comes with its context in words, with PDDL, or with both.
    """

    task: str
    form: Form
    style: Style
    shots: int
    shown: Shown

    def asked(self, question: Question) -> Asked:
        """Return the prompt of a question."""
        shots = [(self._text(self._question(one, question)), _answer(one)) for one in self._shots()]
        last, head = self._text(question), self._head()
        if self.style == "chat":
            pairs = [(Message("user", q), Message("assistant", a)) for q, a in shots]
            system = [Message("system", head)] if head else []
            return Asked((*system, *(message for pair in pairs for message in pair)), last)
        before = [head] if head else []
        return Asked((), _BETWEEN.join([*before, *(f"{q} {a}" for q, a in shots), last]))

    def _shots(self) -> tuple[Example, ...]:
        return read_examples().of(self.task, self.form)[: self.shots]

    def _head(self) -> str:
        return "" if self.shown == "text" else read_sentences().pddl

    def _question(self, example: Example, row: Question) -> Question:
        examples = read_examples()
        world = examples.worlds[example.world]
        return Question(
            id="",
            context=examples.context(example, self.task, self.form),
            text=example.asked(row.text),
            answer=None,
            domain=world.domain,
            problem=world.problem,
        )

    def _text(self, question: Question) -> str:
        context = "" if self.shown == "pddl" else question.context
        said = _joined(context, question.text, "  " if self.form != "gen" else " ")
        said = _joined(said, self._suffix(), " ")
        if self.style == "harness":
            said = f"**Question**: {said}{self._mark()}"
        return said if self.shown == "text" else f"{_pddl(question)}{_BETWEEN}{said}"

    def _suffix(self) -> str:
        sentences = read_sentences()
        suffixes = sentences.harness if self.style == "harness" else sentences.chat
        return suffixes[self.task if self.form == "gen" else self.form]

    def _mark(self) -> str:
        """Return where the answer begins: on a line of its own behind PDDL."""
        if self.form != "gen":
            return " **Thoughts**:"
        return f" {_FINAL}" if self.shown == "text" else f" \n{_FINAL}"


def _answer(example: Example) -> str:
    return f"{example.thoughts} {_FINAL} {example.answer}." if example.thoughts else example.answer


def _pddl(question: Question) -> str:
    blocks = (("DOMAIN", question.domain), ("PROBLEM", question.problem))
    return _BETWEEN.join(f"# PDDL {name} \n\n```\n{text}\n```" for name, text in blocks)


def _joined(first: str, second: str, between: str) -> str:
    return between.join(part for part in (first, second) if part)
