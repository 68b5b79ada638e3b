"""What agents and simulated tools are told."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ...benchmarks.template import fill

_PROMPTS = Path(__file__).with_name("prompts.yaml")


def wording(name: str, **fields: Any) -> str:
    """Return the text called `name`, its `{fields}` filled in."""
    return fill(_prompts()[name], fields, f"{_PROMPTS}, {name}")


@functools.cache
def _prompts() -> Mapping[str, str]:
    return msgspec.yaml.decode(_PROMPTS.read_bytes(), type=dict[str, str])
