"""Tables by a recipe's layouts, as `evalrun table` prints them for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from command import evalrun


def layout_rows(run: Path, layout: str) -> list[dict[str, Any]]:
    """Return the rows of a layout over the runs at or below `run`."""
    done = evalrun("table", str(run), "--layout", layout, "--format", "json", cwd=run)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["rows"]


def layout_values(run: Path, layout: str) -> dict[str, float | None]:
    """Return the values of the only row of a layout, by the names of its columns."""
    (row,) = layout_rows(run, layout)
    return {name: cell["value"] for name, cell in row["cells"].items()}
