"""A benchmark of samples in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalrun.core.sample import Sample


class Given:
    """Yields these samples."""

    def __init__(self, *samples: Sample) -> None:
        self._samples = samples

    def problems(self) -> list[Any]:
        return []

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        return iter(self._samples[:limit])

    def provenance(self) -> dict[str, Any]:
        return {}
