"""Where the files lie that `evalrun fetch wildbench` brings for judges."""

from __future__ import annotations

from pathlib import Path

from ...core.cache import cache_dir

# Folders that the sources of benchmark.fetch go into.
OUTPUTS, JUDGE = "outputs", "judge"


def folder_of(data_dir: str | None) -> Path:
    """Return `data_dir`, or else the folder that files are fetched into by default."""
    return cache_dir() / "data" / "wildbench" if data_dir is None else Path(data_dir)
