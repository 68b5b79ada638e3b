"""What schemas of options have in common."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
NonNegative = Annotated[int, msgspec.Meta(ge=0)]
PositiveSeconds = Annotated[float, msgspec.Meta(gt=0)]
Section = dict[str, Any]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every options schema: immutable, and strict about unknown keys."""
