"""Questions to ToolEval's judge, each answered by one of a few values."""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from ...core.content import Message
from ...core.exchange import (
    FREE_TEXT,
    Prompt,
    Reply,
    ReplyForm,
    Request,
    SampleKey,
    Sampling,
    Tool,
    Usage,
)
from ...core.interfaces import Endpoint
from ..asking import framed

Asks = Literal["call", "json"]

_PROMPTS = Path(__file__).with_name("prompts.yaml")
_ATTEMPTS = 3
_MOST_SEED = 1 << 31


class Question(msgspec.Struct, frozen=True):
    """One kind of question: the function that answers it, its field, and the values of that."""

    name: str
    field: str
    values: tuple[str | int, ...]

    def tool(self) -> Tool:
        """Return the function by which the judge is to answer."""
        kind = "integer" if isinstance(self.values[0], int) else "string"
        properties = {
            "reason": {"type": "string", "description": "why, in a sentence or two"},
            self.field: {"type": kind, "enum": list(self.values)},
        }
        return Tool(
            name=self.name,
            description="Give the verdict.",
            parameters={
                "type": "object",
                "properties": properties,
                "required": list(properties),
            },
        )


ANSWER_STATUS = Question("check_answer_status", "answer_status", ("Solved", "Unsolved", "Unsure"))
ANSWER_IN_FULL = Question("parse_answer_status", "answer_status", ANSWER_STATUS.values)
TASK_STATUS = Question("check_task_solvable", "task_status", ("Solvable", "Unsolvable", "Unsure"))
BETTER = Question("select_better_answer", "index", (0, 1))


class NoVerdictError(Exception):
    """The judge gave no verdict that can be read, in three attempts."""


class Judge:
    """Asks about one prediction, and counts what it costs. Attempts have seeds of their own."""

    def __init__(
        self, endpoint: Endpoint, key: SampleKey, asks: Asks, sampling: Sampling, seed: str
    ) -> None:
        self.usage = Usage()
        self._endpoint = endpoint
        self._key = key
        self._asks: Asks = asks
        self._sampling = sampling
        self._seed = seed

    async def ask(self, question: Question, parts: Mapping[str, str], repeat: str) -> Any:
        """Return one of the values of `question`, asked about `parts`.

        Raises NoVerdictError, SampleError, EndpointError.
        """
        form = ReplyForm(tools=(question.tool(),)) if self._asks == "call" else FREE_TEXT
        prompt = Prompt(messages=(self._message(question, parts),), requests=_ATTEMPTS)
        said = ""
        async with self._endpoint.open(prompt, self._key) as session:
            for attempt in range(_ATTEMPTS):
                seed = random.Random(f"{self._seed}/{repeat}/{question.name}/{attempt}")  # noqa: S311
                sampling = msgspec.structs.replace(self._sampling, seed=seed.randrange(_MOST_SEED))
                reply = await session.generate(Request(sampling=sampling, form=form))
                self.usage += Usage() if reply.from_cache else reply.usage
                verdict = read_verdict(reply, question)
                if verdict is not None:
                    return verdict
                said = reply.text
        raise NoVerdictError(f"no {question.field} in three replies to {question.name}: {said}")

    def _message(self, question: Question, parts: Mapping[str, str]) -> Message:
        values = ", ".join(json.dumps(value) for value in question.values)
        how = _texts()[self._asks].replace("{{", "{").replace("}}", "}")
        for field, value in (("name", question.name), ("field", question.field)):
            how = how.replace("{" + field + "}", value)
        how = how.replace("{values}", values)
        texts = (_texts()[question.name], _texts()["preface"], framed(parts), how)
        return Message("user", "\n\n".join(text.strip() for text in texts))


def read_verdict(reply: Reply, question: Question) -> str | int | None:
    """Return the value that the first call, or else the last JSON object of the text, gives.

    None if it is none of those that `question` has. A number may be written as a text.
    """
    for call in reply.tool_calls[:1]:
        return _value(next(_objects(call.arguments), {}), question)
    values = (_value(found, question) for found in _objects(reply.text))
    read = [value for value in values if value is not None]
    return read[-1] if read else None


def _value(said: Mapping[str, Any], question: Question) -> str | int | None:
    value = str(said.get(question.field)).strip().removesuffix(".0")
    return next((known for known in question.values if str(known) == value), None)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in a text, in their order, none of them inside another."""
    decoder, place = json.JSONDecoder(strict=False), text.find("{")
    while place >= 0:
        try:
            found, place = decoder.raw_decode(text, place)
            yield cast("dict[str, Any]", found)
        except (ValueError, RecursionError):
            place += 1
        place = text.find("{", place)


@functools.cache
def _texts() -> Mapping[str, str]:
    return msgspec.yaml.decode(_PROMPTS.read_bytes(), type=dict[str, str])
