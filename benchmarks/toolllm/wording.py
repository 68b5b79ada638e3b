"""What models are told of tools and functions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from ..template import WORDING, fill

_PATH = Path(__file__).with_name("prompts.yaml")
_MOST_DESCRIPTION = 512


class Wording(msgspec.Struct, frozen=True):
    """The texts of `prompts.yaml`."""

    version: int
    task: str
    function: str
    described: str
    undescribed: str

    def function_of(self, tool: str, description: str) -> str:
        """Return the description of a function of `tool`."""
        text = fill(self.function, {"tool": tool}, str(_PATH))
        told = {"description": description}
        return text + fill(self.described, told, str(_PATH)) if description else text

    def task_of(self, tools: Mapping[str, str | None]) -> str:
        """Return the task, with a numbered list of tools and what they are, cut to 512 characters.

        Cut before line ends are taken out, as the official code does it.
        """
        lines = (
            f"{number}. {name}: {self._brief(told)}"
            for number, (name, told) in enumerate(tools.items(), start=1)
        )
        return fill(self.task, {"tools": "\n".join(lines)}, str(_PATH))

    def provenance(self) -> dict[str, str | int]:
        """Return whose wording it is."""
        return {"prompts": WORDING, "prompts_version": self.version}

    def _brief(self, told: str | None) -> str:
        return (told or "")[:_MOST_DESCRIPTION].replace("\n", "").strip() or self.undescribed


def read_wording() -> Wording:
    """Return evalrun's wording."""
    return msgspec.yaml.decode(_PATH.read_bytes(), type=Wording)
