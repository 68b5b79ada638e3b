"""Sentences and worked examples of our own, kept as data."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from .tasks import Form

_QUOTED = re.compile(r'".*"', re.DOTALL)


class World(msgspec.Struct, frozen=True, kw_only=True):
    """A planning task of which examples are: in words, and in PDDL."""

    context: str
    actions: str
    goal: str
    domain: str
    problem: str


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """An example with its answer.

    Without `question` it is that of the row, in which `quoted` takes the place of what is quoted.
    """

    world: str
    answer: str
    question: str | None = None
    quoted: str = ""
    thoughts: str = ""

    def asked(self, row_question: str) -> str:
        """Return the question of the example, shown before `row_question`."""
        if self.question is not None:
            return self.question
        return _QUOTED.sub(lambda _: f'"{self.quoted}"', row_question)


class Examples(msgspec.Struct, frozen=True, kw_only=True):
    """Worlds by name, and examples by task, in the order in which they are shown."""

    worlds: dict[str, World]
    with_goal: tuple[str, ...]
    bool: dict[str, tuple[Example, ...]]
    mcq: dict[str, tuple[Example, ...]]
    gen: dict[str, tuple[Example, ...]]

    def of(self, task: str, form: Form) -> tuple[Example, ...]:
        """Return the examples of a task in a form."""
        return {"bool": self.bool, "mcq": self.mcq, "gen": self.gen}[form][task]

    def context(self, example: Example, task: str, form: Form) -> str:
        """Return what is said of the world of `example`, as rows of the task say it."""
        world = self.worlds[example.world]
        parts = [world.context]
        parts += [world.actions] if form == "gen" else []
        parts += [world.goal] if task in self.with_goal else []
        return " ".join(parts)


class Sentences(msgspec.Struct, frozen=True, kw_only=True):
    """What is said around a question; `harness` and `chat` say how to answer, by task or form."""

    version: int
    pddl: str
    harness: dict[str, str]
    chat: dict[str, str]


@cache
def read_sentences() -> Sentences:
    """Return the sentences that come with evalrun."""
    return msgspec.convert(_data("prompts.yaml"), Sentences)


@cache
def read_examples() -> Examples:
    """Return the examples that come with evalrun."""
    return msgspec.convert(_data("examples.yaml"), Examples)


def _data(name: str) -> Any:
    return yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
