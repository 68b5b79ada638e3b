"""What critics are asked: the published template where it is there, else one in our own words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...core.errors import DataError
from ...core.hashing import sha256_of_file
from ..template import WORDING, fill
from .rows import Solution

# Where `evalrun fetch` puts the template below `data_dir`.
PUBLISHED = "prompts/code/templates/critique_template.txt"


class Template(msgspec.Struct, frozen=True):
    """A prompt with {problem} and {tagged_response}, and what provenance says of its wording."""

    text: str
    wording: dict[str, Any]

    def asked(self, solution: Solution) -> str:
        """Return the question about `solution`. Raises DataError for an unknown field."""
        fields = {"problem": solution.problem, "tagged_response": tagged(solution.steps)}
        return fill(self.text, fields, "the template")


class _Own(msgspec.Struct, frozen=True):
    version: int
    critique: str


def read_template(path: Path | None) -> Template:
    """Return the template at `path`, its ends stripped as the official script does; None: our own.

    Raises DataError naming the file.
    """
    if path is None:
        content = Path(__file__).with_name("prompts.yaml").read_bytes()
        own = msgspec.yaml.decode(content, type=_Own)
        return Template(own.critique, {"prompts": WORDING, "prompts_version": own.version})
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error}") from None
    return Template(text, {"prompts": path.name, "prompts_sha256": sha256_of_file(path)})


def tagged(steps: Sequence[str]) -> str:
    """Return the steps between `<paragraph_i>` tags (`prepare_input_boxed` of run_eval.py)."""
    blocks = (f"<paragraph_{i}>\n{step}\n</paragraph_{i}>" for i, step in enumerate(steps))
    return "\n\n".join(blocks)
