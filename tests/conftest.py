"""Fixtures shared by every room's tests."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from servers.chat_server import ChatServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Tests import LiteLLM only to see whether it is there: its prices need not be fetched for that.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of official rows that lies beside a developer's checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip("official rows are not beside this checkout")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def own_cache(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Keep replies of one test from another; tests with a real model need its weights."""
    if not any(request.node.get_closest_marker(name) for name in ("model", "gpu", "vllm")):
        name = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
        folder = tmp_path_factory.getbasetemp() / "caches" / name
        monkeypatch.setenv("EVALRUN_CACHE", str(folder))


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    """Serve OpenAI's chat API on localhost; set its `reply`, `faults` and `delay_s` as needed."""
    with ChatServer() as server:
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium; a module's own, since its event loop would stand in the way of others."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()
