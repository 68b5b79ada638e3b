"""What is asked: by the published prompt where it was fetched, else in our own words."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import msgspec

from ...core.content import Message
from ...core.errors import DataError
from ...core.hashing import sha256_of_file
from ..template import WORDING, fill
from .rows import ClassRow

# Where `evalrun fetch` puts it below `data_dir`, and what it is called there.
PUBLISHED = "app/prompt/template.py"
_PUBLISHED_NAME = "complete_template"
_OWN = Path(__file__).with_name("prompts.yaml")


class Prompt(msgspec.Struct, frozen=True):
    """Texts with {code_context} and {code}, and what provenance says of their wording."""

    system: str
    user: str
    wording: dict[str, Any]

    def opening(self, row: ClassRow) -> Message:
        """Return the message that tells of the project. Raises DataError."""
        return Message("system", fill(self.system, _fields(row), "the system prompt"))

    def asked(self, row: ClassRow) -> str:
        """Return the question, which holds the skeleton. Raises DataError."""
        return fill(self.user, _fields(row), "the user prompt")


class _Own(msgspec.Struct, frozen=True):
    version: int
    system: str
    user: str


def read_prompt(path: Path | None) -> Prompt:
    """Return the prompt in the Python file at `path`, which is not run; None: our own.

    Raises DataError naming the file.
    """
    if path is None:
        own = msgspec.yaml.decode(_OWN.read_bytes(), type=_Own)
        wording = {"prompts": WORDING, "prompts_version": own.version}
        return Prompt(own.system, own.user, wording)
    try:
        texts = _texts(ast.parse(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        raise DataError(f"{path}: {error}") from None
    if len(texts) != 2:
        raise DataError(f"{path}: {_PUBLISHED_NAME} should hold two texts, found {len(texts)}")
    wording = {"prompts": path.name, "prompts_sha256": sha256_of_file(path)}
    return Prompt(texts[0], texts[1], wording)


def _texts(module: ast.Module) -> list[str]:
    """Return the texts that the published name is given, in order."""
    assigned = (
        node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == _PUBLISHED_NAME for t in node.targets)
    )
    return [
        node.value
        for value in assigned
        for node in ast.walk(value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _fields(row: ClassRow) -> dict[str, str]:
    return {"code_context": row.code_context, "code": row.code}
