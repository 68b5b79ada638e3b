"""What is asked of a pass: the image and the question, which passes share, and the options."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from ..template import fill
from .rows import Pass

Form = Literal["vlmevalkit", "lmms_eval"]

_FILE = Path(__file__).with_name("prompts.yaml")


class Templates(msgspec.Struct, frozen=True):
    """Templates of the parts of a prompt, in their order; nothing is put between them."""

    hint: str
    question: str
    options: str

    def shared(self, one: Pass, place: str) -> str:
        """Return what all passes over a question begin with."""
        hint = "" if one.hint is None else fill(self.hint, {"hint": one.hint}, place)
        return hint + fill(self.question, {"question": one.question}, place)

    def own(self, one: Pass, place: str) -> str:
        """Return the options, in the order of this pass, and what is to be done."""
        lines = "\n".join(f"{letter}. {text}" for letter, text in one.options.items())
        return fill(self.options, {"options": lines}, place)


class Wording(msgspec.Struct, frozen=True):
    """What `prompts.yaml` says."""

    version: int
    vlmevalkit: Templates
    lmms_eval: Templates

    def of(self, form: Form) -> Templates:
        """Return the templates of one form."""
        return self.vlmevalkit if form == "vlmevalkit" else self.lmms_eval


@cache
def read_wording() -> Wording:
    """Return the wording that is shipped."""
    return msgspec.yaml.decode(_FILE.read_bytes(), type=Wording)
