"""Fixtures shared by every room's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.chat_server import ChatServer

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of official rows that lies beside a developer's checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip("official rows are not beside this checkout")
    return SHARED_DATA


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    """Serve OpenAI's chat API on localhost; set its `reply`, `faults` and `delay_s` as needed."""
    with ChatServer() as server:
        yield server
