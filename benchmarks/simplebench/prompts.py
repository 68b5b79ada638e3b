"""The system message: the published one where it is there, else one in our own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ...core.errors import DataError
from ...core.hashing import sha256_of_file
from ..template import WORDING

# The name of the published message, which asks for reasoning.
PUBLISHED = "system_prompt.txt"

_OWN = Path(__file__).with_name("prompts.yaml")


class SystemPrompt(msgspec.Struct, frozen=True):
    """A system message, and what provenance says of its wording."""

    text: str
    wording: dict[str, Any]


class _Own(msgspec.Struct, frozen=True):
    version: int
    cot: str
    direct: str


def own_prompt(*, cot: bool) -> SystemPrompt:
    """Return our own message, which asks for reasoning if `cot`."""
    own = msgspec.yaml.decode(_OWN.read_bytes(), type=_Own)
    wording = {"prompts": WORDING, "prompts_version": own.version, "cot": cot}
    return SystemPrompt(own.cot if cot else own.direct, wording)


def read_prompt(path: Path) -> SystemPrompt:
    """Return the message at `path`, its ends stripped as officially. Raises DataError."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error}") from None
    return SystemPrompt(text, {"prompts": path.name, "prompts_sha256": sha256_of_file(path)})
