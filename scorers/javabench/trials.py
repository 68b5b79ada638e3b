"""Trials of reference projects with replaced classes; the same one is made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ...core.errors import NotApplicableError
from ...core.hashing import sha256_of
from ...core.sandbox import Sandbox
from ..java.junit import Tally
from ..java.project import JavaProject, Trial, main_file, read_project, tried
from ..java.toolchain import Toolchain
from ..once import Once


class Reference(msgspec.Struct, frozen=True):
    """A reference project, and how its own tests end."""

    project: JavaProject
    trial: Trial


class Trials:
    """Compiles and tests in a sandbox; keeps what came of it for who asks the same again."""

    def __init__(self, sandbox: Sandbox, toolchain: Toolchain) -> None:
        self._sandbox = sandbox
        self._toolchain = toolchain
        self._usable: Once[str | None] = Once()
        self._references: Once[Reference] = Once()
        self._trials: Once[Trial] = Once()

    async def reference(self, folder: str) -> Reference:
        """Return the reference project in `folder`, tested as it is.

        Raises NotApplicableError where there is no Java, or it does not compile, and DataError.
        """

        async def test() -> Reference:
            await self._refuse_unusable()
            project = read_project(Path(folder))
            expected = dict.fromkeys(project.test_classes, Tally())
            trial = await tried(self._sandbox, self._toolchain, project, {}, expected=expected)
            return Reference(project, trial)

        reference = await self._references.result(folder, test)
        if reference.trial.errors:
            why = reference.trial.error
            raise NotApplicableError(f"{folder}: the reference does not compile here: {why}")
        return reference

    async def all_tests(self, folder: str, classes: Mapping[str, str]) -> Trial:
        """Return how all tests end with `classes`, each by its path, in place of the reference's.

        Raises what `reference` raises.
        """
        return await self._tried(folder, classes, None)

    async def one_suite(self, folder: str, classes: Mapping[str, str], suite: str) -> Trial:
        """Return how the tests of the class `suite` end. Raises what `reference` raises."""
        return await self._tried(folder, classes, [suite])

    async def _tried(
        self, folder: str, classes: Mapping[str, str], suites: Sequence[str] | None
    ) -> Trial:
        reference = await self.reference(folder)
        files = {main_file(target): text for target, text in classes.items()}

        async def make() -> Trial:
            return await tried(
                self._sandbox,
                self._toolchain,
                reference.project,
                files,
                suites=suites,
                expected=reference.trial.tallies,
            )

        return await self._trials.result(sha256_of([folder, files, suites]), make)

    async def _refuse_unusable(self) -> None:
        async def look() -> str | None:
            return await self._toolchain.why_unusable(self._sandbox)

        reason = await self._usable.result("", look)
        if reason is not None:
            raise NotApplicableError(reason)
