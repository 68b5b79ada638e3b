"""APIs as functions that a model may call (`api_json_to_openai_json` of ToolBench)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ...core.exchange import Tool
from ...core.tools import ToolOrigin
from .names import function_name, parameter_name, standardize
from .rows import Api, Parameter
from .wording import Wording

_MOST_DESCRIPTION = 256
_TYPES = {"NUMBER": "integer", "STRING": "string", "BOOLEAN": "boolean"}


def function_of(api: Api, wording: Wording) -> Tool:
    """Return the function of `api`.

    Descriptions are cut to 256 characters. Optional parameters are offered only where there are
    required ones, as the official code does it.
    """
    tool = standardize(api.tool_name)
    name = function_name(parameter_name(api.api_name), tool)
    told = api.api_description.strip().replace(api.api_name, name)[:_MOST_DESCRIPTION]
    required = api.required_parameters
    optional = api.optional_parameters if required else ()
    return Tool(
        name=name,
        description=wording.function_of(tool, told),
        parameters={
            "type": "object",
            "properties": {
                parameter_name(parameter.name): _property(parameter)
                for parameter in (*required, *optional)
            },
            "required": _names(required),
            "optional": _names(optional),
        },
    )


def origin(api: Api) -> dict[str, Any]:
    """Return where the function of `api` comes from, as a turn's metadata tells it."""
    return msgspec.to_builtins(
        ToolOrigin(
            category=api.category_name,
            tool=standardize(api.tool_name),
            api=parameter_name(api.api_name),
            documentation=api.row,
        )
    )


def _property(parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": _TYPES.get(parameter.type, "string"),
        "description": parameter.description[:_MOST_DESCRIPTION],
    }
    if str(parameter.default):
        described["example_value"] = parameter.default
    return described


def _names(parameters: Iterable[Parameter]) -> list[str]:
    return [parameter_name(parameter.name) for parameter in parameters]
