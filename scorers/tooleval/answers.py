"""Answers of agents, in the forms of ToolBench: answer files, and what ToolEval makes of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, cast

import msgspec

JsonObject = dict[str, Any]

# What is judged of an answer in a comparison (`process_answer` of ToolEval).
_MOST_CHARACTERS = 1000
_MOST_ROOTS = 3000
# The system's message and the user's.
_BEFORE_STEPS = 2


class MalformedError(ValueError):
    """What should be an answer is none; the text says why."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent did for a query: its steps as a chain of nodes, and its final answer."""

    query: str
    tools: list[Any]
    method: str
    total_steps: int
    final_answer: str
    details: list[JsonObject]

    @property
    def has_finished(self) -> bool:
        """Whether the last tool on the first branch is Finish (`get_steps`)."""
        return "'name': 'Finish'" in _last_tool(self.details)

    def judged(self) -> JsonObject:
        """Return the answer as the judge is shown it."""
        return {"method": self.method, **self._judged(self.final_answer, self.details)}

    def compared(self) -> JsonObject:
        """Return the answer as it is shown beside another: cut, and without its method."""
        return self._judged(self.final_answer[:_MOST_CHARACTERS], self.details[:_MOST_ROOTS])

    def _judged(self, final_answer: str, details: list[JsonObject]) -> JsonObject:
        return {
            "total_steps": self.total_steps,
            "final_answer": final_answer,
            "answer_details": details,
        }


def parse_answer(value: JsonObject, seed: str) -> Answer:
    """Return an answer file, or one that was converted for ToolEval, as an answer.

    Of what ends in no answer, a try or a way down the tree is drawn, as ToolEval does it, here with
    `seed`. Raises MalformedError.
    """
    try:
        if "answer_generation" in value:
            return _converted(value, random.Random(seed))  # noqa: S311 - a draw, no secret
        answer = value["answer"]
        return Answer(
            query=_text(value["query"]),
            tools=_list(value["available_tools"]),
            method=_text(answer.get("method", "")),
            total_steps=int(answer["total_steps"]),
            final_answer=_text(answer["final_answer"]),
            details=_list(answer["answer_details"]),
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise MalformedError(f"not an answer file: {error!r}") from None


def _converted(file: JsonObject, rng: random.Random) -> Answer:
    """Return an answer file as ToolEval converts it (`convert_to_answer_format.py`)."""
    generation = file["answer_generation"]
    tried = "trys" in file
    if generation["valid_data"]:
        steps = _steps_of_messages(generation["train_messages"][-1])
    elif tried:
        steps = _steps_of_nodes(rng.choice(_list(file["trys"]))["chain"])
    else:
        steps = _steps_of_nodes(_way_down(file["tree"]["tree"], rng))
    return Answer(
        query=_text(generation["query"]),
        tools=_list(generation["function"]),
        method="CoT" if tried else "DFS",
        total_steps=_BEFORE_STEPS + len(steps),
        final_answer=_text(generation["final_answer"]),
        details=_chained(steps),
    )


def _steps_of_messages(messages: Sequence[JsonObject]) -> list[JsonObject]:
    """Return thoughts and calls; a call is followed by its result, and Finish by none."""
    steps: list[JsonObject] = []
    for place, message in enumerate(messages[_BEFORE_STEPS:], start=_BEFORE_STEPS):
        if message["role"] != "assistant":
            continue
        call = message.get("function_call")
        if call is None:
            steps.append({"role": "assistant", "message": message["content"]})
            continue
        result = "" if call["name"] == "Finish" else messages[place + 1]["content"]
        steps.append(_tool(call["name"], call["arguments"], result))
    return steps


def _steps_of_nodes(nodes: Sequence[JsonObject]) -> list[JsonObject]:
    """Return thoughts and calls; a call is a node with its tool and one with its arguments."""
    steps: list[JsonObject] = []
    for place, node in enumerate(nodes):
        kind = node["node_type"]
        if kind == "Thought":
            steps.append({"role": "assistant", "message": node["description"]})
        elif kind == "Action":
            done = nodes[place + 1]
            steps.append(_tool(node["description"], done["description"], done["observation"]))
        elif kind != "Action Input":
            raise MalformedError(f"a node of unknown type {kind!r}")
    return steps


def _way_down(root: JsonObject, rng: random.Random) -> list[JsonObject]:
    way: list[JsonObject] = []
    children = _list(root["children"])
    while children:
        way.append(rng.choice(children))
        children = _list(way[-1]["children"])
    return way


def _tool(name: str, arguments: str, response: str) -> JsonObject:
    message = {"name": name, "arguments": arguments, "response": response}
    return {"role": "tool", "message": message}


def _chained(steps: Sequence[JsonObject]) -> list[JsonObject]:
    """Return nodes each of which has the next one below it, those of system and user first."""
    before = [{"role": role, "message": ""} for role in ("system", "user")]
    below: list[JsonObject] = []
    for step in reversed([*before, *steps]):
        below = [{**step, "next": below}]
    return below


def _last_tool(details: Sequence[JsonObject]) -> str:
    """Return the last message of a tool along the first branch, as Python writes it."""
    last = ""
    while details:
        node = details[0]
        if node["message"] and node["role"] == "tool":
            last = str(node["message"])
        details = node.get("next") or ()
    return last


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedError(f"should be a text, found {type(value).__name__}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise MalformedError(f"should be a list, found {type(value).__name__}")
    return cast("list[Any]", value)
