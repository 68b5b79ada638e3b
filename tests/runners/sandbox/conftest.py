"""The real bubblewrap, as tests use it."""

from __future__ import annotations

import pytest
from sandboxes import real_bubblewrap

from evalrun.core.sandbox import Sandbox


@pytest.fixture
def bubblewrap() -> Sandbox:
    return real_bubblewrap()
