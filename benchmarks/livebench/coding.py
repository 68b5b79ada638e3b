"""What replies to coding questions are run against."""

from __future__ import annotations

import json
import math
from typing import Any

from ...core.errors import DataError
from ...core.rows import Row, require
from ..packed_text import unpacked

# Those with inputs and outputs, after LiveCodeBench, and those with unit tests, after BigCodeBench.
_CASE_TASKS = ("LCB_generation", "coding_completion")
_UNIT_TEST_TASKS = ("code_generation", "code_completion")
# The tasks whose replies are run by a scorer with a sandbox; `agentic_coding` is not one of them.
RUN_TASKS = frozenset({*_CASE_TASKS, *_UNIT_TEST_TASKS})

_TEST_TYPES = ("stdin", "functional")


def tests_of(row: Row, place: str) -> dict[str, Any]:
    """Return what a scorer needs to run a reply; {} for rows that no reply is run for.

    `prefix` is the beginning of a solution to complete. Then either `cases`, each with the texts
    `input` and `output`, and the `function` to call (None: a program that reads and prints); or
    `unit_tests`, source code, with the function `entry_point`, the `prompt` that code without it
    goes below, and the `expected_s` that the reference solution took. Raises DataError.
    """
    task = row.get("task")
    if task not in RUN_TASKS:
        return {}
    prefix = row.get("partial_solution") or ""
    if not isinstance(prefix, str):
        raise DataError(f"{place}: field 'partial_solution' should be a text")
    found = _cases(row, place) if task in _CASE_TASKS else _unit_tests(row, place)
    return {"prefix": prefix, **found}


def _cases(row: Row, place: str) -> dict[str, Any]:
    """Return the public cases, and the private ones after them. Raises DataError."""
    cases = [
        case
        for field in ("public_test_cases", "private_test_cases")
        for case in _listed(require(row, field, str, place), field, place)
    ]
    if not cases:
        raise DataError(f"{place}: no tests in 'public_test_cases' and 'private_test_cases'")
    return {"cases": cases, "function": _function(row, place)}


def _listed(text: str, field: str, place: str) -> list[dict[str, str]]:
    """Return the cases in a field: JSON, or JSON that is packed. Raises DataError."""
    try:
        cases = _json_of(text)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{place}: field {field!r} should be JSON, or JSON as base64(zlib(pickle(text))): "
            f"{error!s:.200}"
        ) from None
    if not isinstance(cases, list) or not all(_is_case(case) for case in cases):
        raise DataError(
            f"{place}: field {field!r} should list objects with texts 'input' and 'output', and "
            f"a 'testtype' of {' or '.join(_TEST_TYPES)}"
        )
    return [{"input": case["input"], "output": case["output"]} for case in cases]


def _json_of(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(unpacked(text))


def _is_case(case: Any) -> bool:
    if not isinstance(case, dict) or case.get("testtype") not in _TEST_TYPES:
        return False
    return isinstance(case.get("input"), str) and isinstance(case.get("output"), str)


def _function(row: Row, place: str) -> str | None:
    """Return `func_name` of `original_json.metadata`, which is JSON in itself. Raises DataError."""
    origin = require(row, "original_json", dict, place)
    try:
        metadata = json.loads(origin["metadata"])
        name = metadata.get("func_name")
    except (KeyError, TypeError, ValueError, AttributeError):
        raise DataError(
            f"{place}: 'original_json' should have an object 'metadata', as JSON"
        ) from None
    if name is not None and not isinstance(name, str):
        raise DataError(f"{place}: 'func_name' of 'original_json' should be a text")
    return name


def _unit_tests(row: Row, place: str) -> dict[str, Any]:
    expected = require(row, "expected_time", (int, float), place)
    if not 0 <= expected < math.inf:
        raise DataError(f"{place}: field 'expected_time' should be seconds, found {expected}")
    return {
        "unit_tests": require(row, "tests", str, place),
        "entry_point": require(row, "entry_point", str, place),
        "prompt": require(row, "code_prompt", str, place),
        "expected_s": float(expected),
    }
