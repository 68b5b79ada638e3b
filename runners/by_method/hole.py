"""How the holes of a skeleton are called, and how they are cut out."""

from __future__ import annotations

from typing import Literal

Hole = tuple[str, int]
"""The name of a method, and its number among those of that name."""

Variant = Literal["official", "fixed"]
