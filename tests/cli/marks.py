"""Marked secrets, and the search for what is left of them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path

# So much of a secret is more than chance, even where a text is cut in the middle of one.
_TELLING = 12


class Marks:
    """Secrets nobody can guess or recognise by their look, by the place where each is put."""

    def __init__(self, *places: str) -> None:
        # The characters behind the letters look different in an address and in base64.
        self._marks = {
            place: f"zq{secrets.token_hex(10)}+/{secrets.token_hex(4)}" for place in places
        }

    def __getitem__(self, place: str) -> str:
        return self._marks[place]

    def all(self) -> str:
        """Return all secrets in one text."""
        return " ".join(self._marks.values())

    def leaks(self, folder: Path, printed: Mapping[str, str]) -> list[str]:
        """Return which secret stands where, in `folder` and in what was `printed`."""
        texts = {name: text.encode() for name, text in printed.items()}
        texts |= {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        return [
            f"{place} as {form} in {name}: {_around(text, shape)}"
            for place, mark in self._marks.items()
            for form, shape in forms(mark).items()
            for name, text in sorted(texts.items())
            if shape in text
        ]


def forms(mark: str) -> dict[str, bytes]:
    """Return what betrays `mark`: its beginning, as it is (or in an address), and in base64.

    A byte of base64 depends on its neighbours: there are three ways to write what lies within.
    """
    found = {"text": mark[:_TELLING].encode()}
    for before in range(3):
        written = base64.b64encode(b"x" * before + mark.encode())
        found[f"base64 at {before}"] = written[4 : 4 + _TELLING]
    return found


def _around(text: bytes, shape: bytes) -> str:
    """Return what stands before and behind `shape` in a text."""
    at = text.index(shape)
    return text[max(0, at - 60) : at + len(shape) + 20].decode(errors="replace")
