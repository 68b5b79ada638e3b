"""Everything that runs read, brought to this machine before they start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from ...core.errors import EvalrunError, UnreachableError
from ...core.interfaces import Asset, Found
from ..tables.table import MISSING, Table

State = Literal["already there", "fetched", "not fetched"]


class Brought(msgspec.Struct, frozen=True):
    """What became of one asset; `reason` says why it was not fetched."""

    name: str
    state: State
    found: Found | None = None
    reason: str = ""

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.state}: {self.reason}"
        revision = f", revision {self.found.revision}" if self.found.revision else ""
        return f"{self.state}: {self.name}, {_megabytes(self.found)}{revision}"


def bring(assets: Iterable[Asset], tell: Callable[[str], None]) -> list[Brought]:
    """Fetch the assets that are not on this machine, and tell what became of each.

    One that cannot be had keeps no other from being fetched. Raises UnreachableError when the
    network does not answer.
    """
    brought: list[Brought] = []
    for asset in assets:
        brought.append(_brought(asset))
        tell(str(brought[-1]))
    return brought


def assets_table(brought: Sequence[Brought]) -> Table:
    """Return what lies where."""
    rows = tuple(
        (
            one.name,
            one.state,
            _megabytes(one.found) if one.found else MISSING,
            (one.found.revision if one.found else None) or MISSING,
            str(one.found.place) if one.found else MISSING,
        )
        for one in brought
    )
    header = ("what", "state", "size", "revision", "place")
    return Table("what the runs read", header, rows)


def _brought(asset: Asset) -> Brought:
    there = asset.found()
    if there is not None:
        return Brought(asset.name, "already there", there)
    try:
        return Brought(asset.name, "fetched", asset.fetch())
    except UnreachableError:
        raise
    except EvalrunError as error:
        return Brought(asset.name, "not fetched", reason=str(error))


def _megabytes(found: Found) -> str:
    return f"{found.size / 1e6:,.1f} MB"
