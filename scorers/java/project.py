"""A Java project in Gradle's layout, with some of its files replaced: compiled and tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ...core.errors import DataError, NotApplicableError
from ...core.sandbox import Limits, Outcome, Sandbox, Setup, Workspace
from .compiler import compile_errors
from .junit import Tallies, Tally, console, read_report
from .toolchain import Toolchain, javac

_MIB = 1 << 20
_PLACE = "project"
_MAIN, _TESTS = "src/main/java", "src/test/java"
_MAIN_CLASSES, _TEST_CLASSES = "out/main", "out/test"
_RESOURCES = ("src/main/resources", "src/test/resources")
# The projects' own builds end a run of all tests after a minute; a class alone takes seconds.
_COMPILING = Limits(wall_s=120, memory_bytes=1536 * _MIB)
_ALL_TESTS = Limits(wall_s=60, memory_bytes=1536 * _MIB)
_ONE_CLASS = Limits(wall_s=20, memory_bytes=1536 * _MIB)


class JavaProject(msgspec.Struct, frozen=True):
    """A project at `folder`, with its sources by their paths in it."""

    folder: Path
    main: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def test_classes(self) -> tuple[str, ...]:
        """The names of the classes at the top of the test sources."""
        return tuple(_class_name(source) for source in self.tests)


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a project: `error` is the first of the compiler, or why it came to no end.

    Tests ran where `errors` is 0. `endings` says of classes whose process ended before their
    tests did how that was: all of their tests count as failed.
    """

    errors: int = 0
    error: str | None = None
    tallies: Mapping[str, Tally] = {}
    endings: Mapping[str, str] = {}

    @property
    def tally(self) -> Tally:
        """All tests together."""
        return sum(self.tallies.values(), Tally())


def read_project(folder: Path) -> JavaProject:
    """Return the project at `folder`. Raises DataError where it has no sources."""
    main, tests = _sources(folder, _MAIN), _sources(folder, _TESTS)
    if not main or not tests:
        lacking = _TESTS if main else _MAIN
        raise DataError(f"{folder / lacking}: no Java sources; fetch the projects again")
    return JavaProject(folder, main, tests)


def main_file(target: str) -> str:
    """Return the path in a project of the source `target`, named from the root of its packages."""
    return f"{_MAIN}/{target}"


async def tried(
    sandbox: Sandbox,
    toolchain: Toolchain,
    project: JavaProject,
    files: Mapping[str, str],
    *,
    suites: Sequence[str] | None = None,
    expected: Tallies,
) -> Trial:
    """Compile `project` with `files` in place of its own, and run its tests, or those of `suites`.

    All tests run in one process; where it ends before they do, each class of `expected` runs in
    one of its own. `suites` do so at once. A class has at least as many tests as are `expected` of
    it: those of which nothing is heard have failed. Raises NotApplicableError where nothing runs.
    """
    placed = {f"{_PLACE}/{path}": content for path, content in files.items()}
    setup = Setup(folders={_PLACE: project.folder}, files=placed, mounts=toolchain.mounts)
    async with sandbox.open(setup, _COMPILING) as workspace:
        failed = await _compiled(workspace, toolchain, project)
        if failed is not None:
            return failed
        testing = _Testing(workspace, toolchain, expected)
        return await (testing.all() if suites is None else testing.each(suites))


class _Testing:
    """Runs tests in a workspace in which everything is compiled."""

    def __init__(self, workspace: Workspace, toolchain: Toolchain, expected: Tallies) -> None:
        self._workspace = workspace
        self._expected = expected
        self._class_path = (
            _MAIN_CLASSES,
            _TEST_CLASSES,
            *_RESOURCES,
            *toolchain.annotations,
            *toolchain.testing,
        )

    async def all(self) -> Trial:
        """Run all tests together or, where they do not come to an end, class by class."""
        outcome = await self._run(None, _ALL_TESTS)
        found = read_report(outcome.files)
        if found is None:
            known = [suite for suite, tally in self._expected.items() if tally.total]
            return await self.each(known or tuple(self._expected))
        names = {**self._expected, **found}
        return Trial(tallies={name: self._whole(name, found.get(name)) for name in names})

    async def each(self, suites: Sequence[str]) -> Trial:
        """Run the tests of each class in a process of its own."""
        tallies: dict[str, Tally] = {}
        endings: dict[str, str] = {}
        for suite in suites:
            outcome = await self._run(suite, _ONE_CLASS)
            found = read_report(outcome.files)
            tallies[suite] = self._whole(suite, (found or {}).get(suite))
            if found is None:
                endings[suite] = _ending(outcome)
        return Trial(tallies=tallies, endings=endings)

    async def _run(self, suite: str | None, limits: Limits) -> Outcome:
        command = console(_PLACE, _TEST_CLASSES, self._class_path, suite)
        return _run_at_all(await self._workspace.run(command, limits))

    def _whole(self, suite: str, found: Tally | None) -> Tally:
        tally, expected = found or Tally(), self._expected.get(suite, Tally())
        return Tally(tally.passed, max(tally.total, expected.total))


async def _compiled(
    workspace: Workspace, toolchain: Toolchain, project: JavaProject
) -> Trial | None:
    """Compile main code, and tests against it; return what failed, None if nothing did."""
    main_path = toolchain.annotations
    test_path = (_MAIN_CLASSES, *main_path, *toolchain.testing)
    for sources, into, path in (
        (project.main, _MAIN_CLASSES, main_path),
        (project.tests, _TEST_CLASSES, test_path),
    ):
        outcome = _run_at_all(await workspace.run(javac(sources, into, path, _PLACE)))
        if outcome.status != "ok":
            errors = compile_errors(outcome.stderr)
            error = str(errors[0]) if errors else _ending(outcome)
            return Trial(errors=max(1, len(errors)), error=error)
    return None


def _run_at_all(outcome: Outcome) -> Outcome:
    if outcome.status == "refused":
        raise NotApplicableError(outcome.detail or "the sandbox refused the command")
    return outcome


def _ending(outcome: Outcome) -> str:
    said = outcome.detail or outcome.stderr.strip().partition("\n")[0]
    how = f"exit {outcome.exit_code}" if outcome.status in ("ok", "exit") else outcome.status
    return f"{how}: {said}" if said else how


def _sources(folder: Path, below: str) -> tuple[str, ...]:
    found = sorted((folder / below).rglob("*.java"))
    return tuple(path.relative_to(folder).as_posix() for path in found)


def _class_name(source: str) -> str:
    return source.removeprefix(f"{_TESTS}/").removesuffix(".java").replace("/", ".")
