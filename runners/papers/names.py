"""Whether two names are of the same model, or of the same method."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Literal

Likeness = Literal["same", "alike"]

FULL = "full"

# Of a model that follows instructions, or of a format of its weights.
_SUFFIXES = ("instruct", "chat", "it", "hf")
# Llama's names on the hub begin with the organisation a second time: meta-llama/Meta-Llama-3-8B.
_ORGANISATION = re.compile(r"^meta[-_ ]?(?=llama)")
_FULL_NAMES = frozenset({"", "full", "fullkv", "fullcache", "fullattention"})
_SETTINGS = re.compile(r"-\d+(?:\.\d+)?%?(?=\+|\[|$)|\[[^\]]*\]")
_NEAREST = 3


def likeness(ours: Iterable[str], reported: str) -> Likeness | None:
    """Return whether one of the names `ours` is the `reported` one, but for its suffix, or not.

    Case, punctuation and the organisation before a slash do not count. Names that differ in
    nothing but a last `-Instruct`, `-Chat`, `-it` or `-hf` are `alike`: papers leave it out, but
    there may be a model of either name.
    """
    names = list(ours)
    if any(model_key(name) == model_key(reported) for name in names):
        return "same"
    if any(_without_suffix(name) == _without_suffix(reported) for name in names):
        return "alike"
    return None


def nearest(ours: Sequence[str], reported: Iterable[str]) -> list[str]:
    """Return the few `reported` names that are written most like one of `ours`, nearest first."""
    by_key = {model_key(name): name for name in reported}
    scores = {
        name: max(difflib.SequenceMatcher(None, key, model_key(own)).ratio() for own in ours)
        for key, name in by_key.items()
    }
    return sorted(scores, key=lambda name: -scores[name])[:_NEAREST]


def model_key(name: str) -> str:
    """Return a model's name without organisation, case and punctuation."""
    return _letters(_own_name(name))


def method_key(name: str) -> str:
    """Return a method's name without case and punctuation; of all names of the whole cache one."""
    key = _letters(name.casefold())
    return FULL if key in _FULL_NAMES else key


def without_settings(label: str) -> str:
    """Return a KV label without its budget and options: `snapkv` of `snapkv-512[pooling=max]`."""
    return _SETTINGS.sub("", label)


def _own_name(name: str) -> str:
    return _ORGANISATION.sub("", name.rstrip("/").rpartition("/")[2].casefold())


def _without_suffix(name: str) -> str:
    words = re.split(r"[-_ ]+", _own_name(name))
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return _letters("".join(words))


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())
