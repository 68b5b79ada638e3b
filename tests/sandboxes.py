"""The real bubblewrap, as tests use it."""

from __future__ import annotations

import pytest

from evalrun.core.sandbox import Sandbox
from evalrun.runners.sandbox.registry import sandbox_of


def real_bubblewrap() -> Sandbox:
    """Return the sandbox; skip with the reason where it does not work."""
    sandbox = sandbox_of({"name": "bubblewrap"})
    problems = sandbox.problems()
    if problems:
        pytest.skip(str(problems[0]))
    return sandbox
