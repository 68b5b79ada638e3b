"""What the referee is told: the published texts where they are there, else our own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from ...core.errors import DataError
from ...core.hashing import sha256_of_file
from ..template import WORDING, fill
from .stories import Story

Shots = Literal[0, 2]

# The folder of published texts in the official repository, and their names by language.
PUBLISHED = "prompts"
_NAMES = {0: "simple_prompt_{}.txt", 2: "prompt_2shots_{}.txt"}

_OWN = Path(__file__).with_name("prompts.yaml")


class Referee(msgspec.Struct, frozen=True):
    """The texts with {surface} and {bottom}, by language, and what provenance says of them."""

    texts: dict[str, str]
    wording: dict[str, Any]

    def told(self, language: str, story: Story) -> str:
        """Return what the referee of `story` is told. Raises DataError for an unknown field."""
        return fill(self.texts[language], msgspec.structs.asdict(story), f"prompt of {language}")


class _OwnText(msgspec.Struct, frozen=True):
    """A text, and what it says by the number of its worked stories."""

    referee: str
    shots: dict[int, dict[str, str]]


class _Own(msgspec.Struct, frozen=True):
    version: int
    en: _OwnText
    zh: _OwnText


def own_referee(shots: Shots) -> Referee:
    """Return our own texts with so many worked stories."""
    own = msgspec.yaml.decode(_OWN.read_bytes(), type=_Own)
    later = {"surface": "{surface}", "bottom": "{bottom}"}
    texts = {
        name: fill(text.referee, {**text.shots[shots], **later}, str(_OWN))
        for name, text in (("en", own.en), ("zh", own.zh))
    }
    return Referee(texts, {"prompts": WORDING, "prompts_version": own.version})


def published_names(languages: tuple[str, ...], shots: Shots) -> dict[str, str]:
    """Return the names of the published texts with so many worked stories, by language."""
    return {language: _NAMES[shots].format(language) for language in languages}


def read_referee(folder: Path, languages: tuple[str, ...], shots: Shots) -> Referee:
    """Return the published texts in `folder`. Raises DataError."""
    names = published_names(languages, shots)
    texts: dict[str, str] = {}
    for language, name in names.items():
        try:
            texts[language] = (folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{folder / name}: {error}") from None
    hashes = {name: sha256_of_file(folder / name) for name in names.values()}
    return Referee(texts, {"prompts": "published", "prompts_sha256": hashes})
