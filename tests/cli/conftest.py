"""Fixtures of tests that use the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from swept import Swept


@pytest.fixture
def swept(tmp_path: Path) -> Iterator[Swept]:
    """Give a folder for one sweep, whose processes end with the test."""
    world = Swept(tmp_path)
    yield world
    world.stop()
