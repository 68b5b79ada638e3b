"""Fixtures of the benchmarks' tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.scbench import SCBench
from evalrun.core.options import to_options

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "scbench"

MakeSCBench = Callable[..., SCBench]


@pytest.fixture
def fixtures() -> Path:
    """Return the folder of our own rows in the official format."""
    return FIXTURES


@pytest.fixture
def scbench() -> MakeSCBench:
    """Return a function that builds SCBench from a section, over our own rows."""

    def make(**section: Any) -> SCBench:
        section = {"name": "scbench", "data_dir": str(FIXTURES), **section}
        return SCBench(to_options(section, SCBench.Options, "benchmark"))

    return make
