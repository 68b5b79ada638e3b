"""The prompts: all sentences are in prompts.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec
import yaml

from ..template import fill, split_after
from .items import Item
from .tasks import Mode, Task

_PLACE = "prompts.yaml"
_GAP = "\n\n"


class Prompts(msgspec.Struct, frozen=True, kw_only=True):
    """The sentences that all scenarios have in common, and the forms of answers by subtask."""

    version: int
    example: str
    asked: str
    closing: str
    forms: dict[str, str | dict[Mode, str]]
    notes: dict[str, str]
    examples: dict[str, tuple[dict[str, str], ...]]


class Scene(msgspec.Struct, frozen=True):
    """The system message of a scenario, and how a question is framed: by subtask, or `default`."""

    system: str
    frames: dict[str, str]


@cache
def prompts() -> Prompts:
    """Return our own sentences."""
    return msgspec.convert(_read(), Prompts)


@cache
def scene(scenario: str) -> Scene:
    """Return the sentences of a scenario."""
    return msgspec.convert(_read()[scenario], Scene)


def query(
    task: Task, mode: Mode | None, item: Item, examples: tuple[Item, ...] = ()
) -> tuple[str, str]:
    """Return the user's message in two parts; the first ends with the structure asked about.

    Solved examples, if any, the question, and the form of the answer. Without a structure the first
    part is empty.
    """
    own, frame = prompts(), _frame(task)
    shown = [_example(task, mode, one, number) for number, one in enumerate(examples, start=1)]
    lead = "".join(f"{part}{_GAP}" for part in ([*shown, own.asked] if examples else []))
    form = {"form": _object(form_of(task, mode)), "note": own.notes.get(task.subtask, "")}
    closing = _GAP + fill(own.closing, form, _PLACE)
    if "{structure}" not in frame:
        return "", lead + fill(frame, item.fields, _PLACE) + closing
    before, after = split_after(frame, "structure", _PLACE)
    context = lead + fill(before, item.fields, _PLACE)
    return context, fill(after, item.fields, _PLACE) + closing


def reply_text(task: Task, mode: Mode | None, target: Any) -> str:
    """Return the reply that gives `target` in the form that is asked for."""
    quoted = form_of(task, mode).startswith('"')
    return _object(f'"{_text(target)}"' if quoted else _text(target))


def form_of(task: Task, mode: Mode | None) -> str:
    """Return the value that the form of the answer shows."""
    form = prompts().forms[task.subtask]
    return form if isinstance(form, str) else form[mode or "edge"]


def written_examples(task: Task) -> tuple[Item, ...]:
    """Return the solved examples of a task whose rows are not made from a seed."""
    given = prompts().examples[task.subtask]
    return tuple(Item(fields=example, target=example["answer"]) for example in given)


def _example(task: Task, mode: Mode | None, item: Item, number: int) -> str:
    question = fill(_frame(task), item.fields, _PLACE)
    fields = {"number": number, "question": question, "answer": reply_text(task, mode, item.target)}
    return fill(prompts().example, fields, _PLACE)


def _frame(task: Task) -> str:
    frames = scene(task.scenario).frames
    return frames.get(task.subtask) or frames["default"]


def _object(value: str) -> str:
    return f'{{"answer": {value}}}'


def _text(target: Any) -> str:
    if isinstance(target, bool):
        return str(target).lower()
    if isinstance(target, list):
        return ", ".join(str(one) for one in cast("list[object]", target))
    return str(target)


def _read() -> dict[str, Any]:
    text = Path(__file__).with_name(_PLACE).read_text(encoding="utf-8")
    return yaml.safe_load(text)
