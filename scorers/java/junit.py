"""Running tests by JUnit's console, and reading its report."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

import msgspec

from ...core.sandbox import Command
from .toolchain import java

_LAUNCHER = "org.junit.platform.console.ConsoleLauncher"
_REPORTS = "junit-reports"
_REPORT = "TEST-junit-jupiter.xml"
_FAILED = ("failure", "error", "skipped")
# A test that ignores interrupts would hold up all that come after it: it is left to its thread.
_TIMEOUTS = {
    "junit.jupiter.execution.timeout.testable.method.default": "2000 ms",
    "junit.jupiter.execution.timeout.thread.mode.default": "separate_thread",
}


class Tally(msgspec.Struct, frozen=True):
    """How many tests there are, and how many of them passed; skipped ones did not."""

    passed: int = 0
    total: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.passed + other.passed, self.total + other.total)

    @property
    def share(self) -> float:
        """The share that passed; 0 of none."""
        return self.passed / self.total if self.total else 0.0


Tallies = Mapping[str, Tally]
"""Tests by the class at the top of a file that holds them."""


def console(cwd: str, tests: str, class_path: Sequence[str], suite: str | None) -> Command:
    """Return the command that runs one class of tests, or all classes in the folder `tests`."""
    chosen = (
        ("--scan-classpath", tests, "--include-classname=.*")
        if suite is None
        else (f"--select-class={suite}",)
    )
    # Each run has a place of its own: what another one left there is not its report.
    place = f"{_REPORTS}/{suite or 'all'}"
    quiet = ("--reports-dir", place, "--details=none", "--disable-banner")
    argv = java(_LAUNCHER, (*chosen, *quiet), class_path, _TIMEOUTS)
    return Command(argv=argv, cwd=cwd, collect=(f"{cwd}/{place}/{_REPORT}",))


def read_report(files: Mapping[str, bytes]) -> Tallies | None:
    """Return the tallies in the report that a command brought back; None without a whole one.

    A process that ends before all tests have run writes none.
    """
    for content in files.values():
        try:
            # Bounded by the size of collected files, and expat stops entities that multiply.
            root = ET.fromstring(content)  # noqa: S314
        except ET.ParseError:
            return None
        return _tallies(root)
    return None


def _tallies(root: ET.Element) -> Tallies:
    found: dict[str, Tally] = {}
    for case in root.iter("testcase"):
        suite = case.get("classname", "").partition("$")[0]
        passed = not any(child.tag in _FAILED for child in case)
        found[suite] = found.get(suite, Tally()) + Tally(int(passed), 1)
    return found
