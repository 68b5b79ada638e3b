"""The tool by which an agent ends its work: with an answer, or by giving up."""

from __future__ import annotations

import json
from typing import Any, cast

import msgspec

from ...core.exchange import Tool
from ...core.tools import Observation
from .wording import wording

FINISH = "Finish"
ANSWERED = 3
GAVE_UP = 4
BAD_INPUT = 2

_RETURN_TYPE = '"return_type": "'
_FINAL_ANSWER = '"final_answer": "'
_ANSWER = "give_answer"
_GIVE_UP = "give_up_and_restart"


def finish_tool() -> Tool:
    """Return the tool that is offered beside those of the task."""
    return Tool(
        name=FINISH,
        description=wording("finish"),
        parameters={
            "type": "object",
            "properties": {
                "return_type": {"type": "string", "enum": [_ANSWER, _GIVE_UP]},
                "final_answer": {"type": "string", "description": wording("finish_answer")},
            },
            "required": ["return_type"],
        },
    )


def finished(arguments: str) -> Observation:
    """Return what a call of Finish comes to (`rapidapi_wrapper._step` of ToolBench).

    Its status is 3 with an answer, 4 when it gives up, and 2, after which the work goes on, when a
    field is missing or has another value.
    """
    fields = _fields(arguments)
    match fields.get("return_type"):
        case "give_up_and_restart":
            return _seen(GAVE_UP, {"response": "chose to give up and restart"})
        case "give_answer" if "final_answer" in fields:
            return _seen(ANSWERED, {"response": "successfully giving the final answer."})
        case "give_answer":
            return _seen(BAD_INPUT, {"error": 'must have "final_answer"'})
        case None:
            return _seen(BAD_INPUT, {"error": 'must have "return_type"'})
        case _:
            return _seen(BAD_INPUT, {"error": '"return_type" is not a valid choice'})


def final_answer(arguments: str) -> str:
    """Return the text for the user in the arguments of Finish, "" if there is none."""
    answer = _fields(arguments).get("final_answer", "")
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def _fields(arguments: str) -> dict[str, Any]:
    """Return the fields; of what is no JSON, those that a search for their names finds."""
    try:
        fields = json.loads(arguments, strict=False)
    except ValueError:
        return _cut_out(arguments)
    return cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}


def _cut_out(arguments: str) -> dict[str, Any]:
    """Return the fields of broken JSON, the answer with all that follows it, as ToolBench does."""
    fields: dict[str, Any] = {}
    if _RETURN_TYPE in arguments:
        said = arguments.partition(_RETURN_TYPE)[2]
        known = (kind for kind in (_ANSWER, _GIVE_UP) if f'{_RETURN_TYPE}{kind}"' in arguments)
        fields["return_type"] = next(known, said.partition('"')[0])
    if _FINAL_ANSWER in arguments:
        fields["final_answer"] = arguments.partition(_FINAL_ANSWER)[2]
    return fields


def _seen(status: int, said: dict[str, str]) -> Observation:
    return Observation(status=status, text=msgspec.json.encode(said).decode(), source="finish")
