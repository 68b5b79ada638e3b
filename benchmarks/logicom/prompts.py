"""What each side of a debate is told: the published texts where they were fetched, else our own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ...core.dialogue import DebateScript, Instruction
from ...core.errors import DataError
from ...core.hashing import sha256_of_file
from ..template import WORDING

_OWN = Path(__file__).with_name("prompts.yaml")
_SYSTEM, _MESSAGE = "==== SYSTEM ====", "==== ASSISTANT ===="

# Where the published texts lie in the folder `prompts` of the repository.
_PUBLISHED = {
    "persuader": "persuader/persuader_claim_reason_instruction.txt",
    "debater": "debater/debater_claim_reason_instruction.txt",
    "terminator": "moderator/moderator_terminator_instruction.txt",
    "tag_checker": "moderator/moderator_TagChecker_instruction.txt",
    "topic_checker": "moderator/moderator_topic_instruction.txt",
    "summary": "summary/summary_instruction.txt",
}
_PUBLISHED_HELPERS = {
    "Fallacy_Helper": "helper/Fallacy_Helper.txt",
    "Vanilla_Helper": "helper/Vanilla_Helper.txt",
}


class Prompts(msgspec.Struct, frozen=True, kw_only=True):
    """What the sides are told before a claim is filled in, and what provenance says of it."""

    persuader: Instruction
    debater: Instruction
    helpers: dict[str, Instruction]
    terminator: Instruction
    tag_checker: Instruction
    topic_checker: Instruction
    summary: Instruction
    stance: str
    version: int = 0
    wording: dict[str, Any] = {}

    def script(self, scenario: str, values: Mapping[str, str]) -> DebateScript:
        """Return what the sides of one debate are told; a scenario without helper has none."""
        persuader, helper = self.persuader.filled(values), self.helpers.get(scenario)
        return DebateScript(
            opening=persuader.message,
            persuader=persuader.system,
            debater=self.debater.filled(values).system,
            helper=None if helper is None else helper.filled(values),
            terminator=self.terminator.filled(values),
            tag_checker=self.tag_checker.filled(values),
            topic_checker=self.topic_checker.filled(values),
            summary=self.summary.filled(values),
            stance=Instruction("", self.stance).filled(values).message,
        )


def own_prompts() -> Prompts:
    """Return the prompts in evalrun's words."""
    own = msgspec.yaml.decode(_OWN.read_bytes(), type=Prompts)
    wording = {"prompts": WORDING, "version": own.version}
    return msgspec.structs.replace(own, wording=wording)


def missing_prompts(folder: Path) -> list[str]:
    """Return the published files that `folder` does not have."""
    names = (*_PUBLISHED.values(), *_PUBLISHED_HELPERS.values())
    return [name for name in names if not (folder / name).is_file()]


def published_prompts(folder: Path) -> Prompts:
    """Return the published prompts in `folder`. Raises DataError naming a faulty file."""
    told = {side: _read(folder / name) for side, name in _PUBLISHED.items()}
    helpers = {side: _read(folder / name) for side, name in _PUBLISHED_HELPERS.items()}
    names = (*_PUBLISHED.values(), *_PUBLISHED_HELPERS.values())
    hashes = {name: sha256_of_file(folder / name) for name in names}
    wording = {"prompts": "published", "files": hashes}
    # Nobody is probed in the published debates.
    return msgspec.structs.replace(own_prompts(), **told, helpers=helpers, wording=wording)


def _read(path: Path) -> Instruction:
    """Return the two parts of a published file, stripped (`utils.extract_prompt`)."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error}") from None
    _, _, rest = text.partition(_SYSTEM)
    system, message, last = rest.partition(_MESSAGE)
    if not message:
        raise DataError(f"{path}: should hold {_SYSTEM!r} and {_MESSAGE!r}")
    return Instruction(system.strip(), last.strip())
