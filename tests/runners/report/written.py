"""Reads reports as the page's script does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_PROVIDED = re.compile(r"evalrun\.provide\('([^']+)', '([^']*)'\);\n")
_OVERVIEW = re.compile(r'<script type="application/json" id="overview">(.*?)</script>', re.DOTALL)
_EMBEDDED = re.compile(r'<script type="text/plain" id="pieces/([^"]+)">(.*?)</script>', re.DOTALL)


def piece(text: str) -> Any:
    """Return what a piece gives the page. Its string holds no escape but that of a backslash."""
    match = _PROVIDED.fullmatch(text)
    assert match is not None, text[:200]
    return json.loads(match[2].replace("\\\\", "\\"))


def overview(page: str) -> dict[str, Any]:
    match = _OVERVIEW.search(page)
    assert match is not None
    return json.loads(match[1])


def pieces(folder: Path) -> dict[str, Any]:
    """Return the pieces of a report's folder by name."""
    root = folder / "pieces"
    return {
        str(path.relative_to(root).with_suffix("")): piece(path.read_text())
        for path in sorted(root.rglob("*.js"))
    }


def embedded(page: str) -> dict[str, Any]:
    """Return the pieces inside a page by name."""
    return {name: piece(text) for name, text in _EMBEDDED.findall(page)}


def rows(found: dict[str, Any], key: str = "r0") -> list[dict[str, Any]]:
    """Return the rows of a run in the order of its index, looked up as the page does."""
    listed: list[dict[str, Any]] = []
    number = 0
    while f"{key}/index-{number}" in found:
        index = found[f"{key}/index-{number}"]
        for chunk, place in zip(index["chunk"], index["place"], strict=True):
            listed.append(found[f"{key}/rows-{chunk}"]["rows"][place])
        assert [row["id"] for row in listed[-len(index["id"]) :]] == index["id"]
        number += 1
    return listed
