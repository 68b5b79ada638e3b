"""Where downloaded and converted files are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """Return the user's cache folder: `$EVALRUN_CACHE`, else `~/.cache/evalrun`."""
    chosen = os.environ.get("EVALRUN_CACHE")
    return Path(chosen) if chosen else Path.home() / ".cache" / "evalrun"
