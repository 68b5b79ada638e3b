"""A skeleton with holes: what is shown of it, and how a reply fills one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from .hole import Hole, Variant
from .java import JavaHoles


class Holes(Protocol):
    """A language in which methods can be found."""

    def find(self, code: str) -> Sequence[Hole]:
        """Return the methods of `code` that are yet to be written, in the order of the source."""
        ...

    def with_only(self, code: str, hole: Hole) -> str:
        """Return `code` with the bodies of all such methods emptied, but for that of `hole`."""
        ...

    def filled(self, code: str, hole: Hole, reply: str) -> str:
        """Return `code` with the body that the method `hole` has in `reply`.

        It stays as it is where there is none that can be read.
        """
        ...


LANGUAGES: Mapping[str, Callable[[Variant], Holes]] = {"java": JavaHoles}
