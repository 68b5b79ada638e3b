"""A real browser that looks at fabricated reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser.visit import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def visit(chromium: Browser, tmp_path: Path) -> Iterator[Visit]:
    """Give a tab to look at reports with, and see that it kept quiet and asked no network."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    visit = Visit(context.new_page(), tmp_path)
    yield visit
    context.close()
    assert visit.complaints == []
    assert visit.dialogs == []
    assert visit.asked_outside() == []
