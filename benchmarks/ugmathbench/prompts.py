"""What is asked of a problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path

import msgspec

from ..template import fill
from .rows import Record, Version

_FILE = Path(__file__).with_name("prompts.yaml")


class Wording(msgspec.Struct, frozen=True):
    """What `prompts.yaml` says: a template for one placeholder, one for several, and the types."""

    version: int
    one: str
    several: str
    kinds: Mapping[str, str]


@cache
def read_wording() -> Wording:
    """Return the wording that is shipped."""
    return msgspec.yaml.decode(_FILE.read_bytes(), type=Wording)


def query_of(record: Record, version: Version, place: str) -> str:
    """Return the prompt for a version of a problem. Raises DataError naming `place`."""
    wording = read_wording()
    fields = {
        "subject": record.subject,
        "problem": version.problem,
        "count": len(version.answers),
        "kinds": "; ".join(_kinds(version, wording, place)),
    }
    template = wording.one if len(version.answers) == 1 else wording.several
    return fill(template, fields, place).strip()


def _kinds(version: Version, wording: Wording, place: str) -> Iterator[str]:
    for index, kind in enumerate(version.answer_types):
        options = ", ".join(chain.from_iterable(version.options[index : index + 1]))
        yield fill(wording.kinds[kind], {"options": options}, place)
