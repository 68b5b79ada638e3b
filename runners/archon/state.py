"""What goes from layer to layer: candidates, critiques of them, unit tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from ...core.exchange import Reply

T = TypeVar("T")


class Candidate(msgspec.Struct, frozen=True):
    """A possible answer: the reply it was made of, whose that is, and its text by now."""

    reply: Reply
    role: str
    text: str


class State(msgspec.Struct, frozen=True):
    """What the layers so far have left. With `critiques` there is one of each candidate.

    That holds officially only while nobody replaces the candidates: see `following`.
    """

    candidates: tuple[Candidate, ...] = ()
    critiques: tuple[str, ...] = ()
    unit_tests: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the candidates."""
        return tuple(candidate.text for candidate in self.candidates)


class Written(msgspec.Struct, frozen=True):
    """What one component writes; None is what it does not write at all."""

    candidates: tuple[Candidate, ...] | None = None
    critiques: tuple[str, ...] | None = None
    unit_tests: tuple[str, ...] | None = None


def following(before: State, written: Sequence[Written], *, keeps_stale: bool) -> State:
    """Return the state behind a layer whose components wrote `written`, in their order.

    What nobody wrote stays. So officially critiques stay where the candidates that they are of were
    replaced (`Layer.process`); without `keeps_stale` they go.
    """
    candidates = _together([one.candidates for one in written])
    critiques = _together([one.critiques for one in written])
    tests = _together([one.unit_tests for one in written])
    stale = candidates is not None and (critiques is None or len(critiques) != len(candidates))
    if stale and not keeps_stale:
        critiques = ()
    return State(
        candidates=before.candidates if candidates is None else candidates,
        critiques=before.critiques if critiques is None else critiques,
        unit_tests=before.unit_tests if tests is None else tests,
    )


def _together(parts: Sequence[tuple[T, ...] | None]) -> tuple[T, ...] | None:
    """Return all parts that were written one behind the other; None where none was."""
    if all(part is None for part in parts):
        return None
    return tuple(item for part in parts for item in part or ())
