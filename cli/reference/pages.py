"""All reference pages, by their paths in the folder of documents."""

from __future__ import annotations

from ...runners.reference.configuration import configuration_pages
from ..main import app
from .commands import commands_page


def pages() -> dict[str, str]:
    """Return the pages; no extra is needed to make them."""
    return {"commands.md": commands_page(app), **configuration_pages()}
