"""Fixtures of the benchmarks' tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.longbench import LongBench
from evalrun.benchmarks.longgenbench import LongGenBench
from evalrun.benchmarks.scbench import SCBench
from evalrun.core.options import to_options

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "scbench"
LONGBENCH_FIXTURES = FIXTURES.with_name("longbench")
LONGGENBENCH_FIXTURES = FIXTURES.with_name("longgenbench")

MakeSCBench = Callable[..., SCBench]
MakeLongBench = Callable[..., LongBench]
MakeLongGenBench = Callable[..., LongGenBench]


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


@pytest.fixture
def longbench_fixtures() -> Path:
    """Return the folder of our own rows in LongBench's format, a file a dataset."""
    return LONGBENCH_FIXTURES


@pytest.fixture
def longbench() -> MakeLongBench:
    """Return a function that builds LongBench from a section, over our own rows."""

    def make(**section: Any) -> LongBench:
        section = {"name": "longbench", "data_dir": str(LONGBENCH_FIXTURES), **section}
        return LongBench(to_options(section, LongBench.Options, "benchmark"))

    return make


@pytest.fixture
def longgenbench_fixtures() -> Path:
    """Return the folder of our own rows in the formats of GSM8K, MMLU and CSQA."""
    return LONGGENBENCH_FIXTURES


@pytest.fixture
def longgenbench() -> MakeLongGenBench:
    """Return a function that builds LongGenBench from a section, over our own rows."""

    def make(**section: Any) -> LongGenBench:
        section = {"name": "longgenbench", "data_dir": str(LONGGENBENCH_FIXTURES), **section}
        return LongGenBench(to_options(section, LongGenBench.Options, "benchmark"))

    return make
