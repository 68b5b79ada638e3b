"""LOGICOM: can a debater be convinced, and is it by fallacies sooner? (arXiv 2308.09853)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...core.config import Options
from ...core.interfaces import Problem
from ...core.rows import require
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ..official import fetched_folders
from ..official_rows import OfficialRows, PlacedRow, RowFile
from ..selection import choose
from .prompts import Prompts, missing_prompts, own_prompts, published_prompts

LICENCE = "MIT"
SCENARIOS = ("No_Helper", "Vanilla_Helper", "Fallacy_Helper")

_FILE = RowFile("claims", ("claims/all-claim-not-claim.csv", "all-claim-not-claim.csv"))
_PROMPTS = "prompts"
# What stands for which field of a row in prompts.
_PLACEHOLDERS = {"TOPIC": "title", "CLAIM": "claim", "REASON": "reason"}


class LogicomOptions(Options, frozen=True):
    """Which scenarios are debated, and what the sides are told.

    `prompts` is a folder with the published texts; null is the fetched ones where they are there,
    else evalrun's own.
    """

    name: str = "logicom"
    task: str | tuple[str, ...] = "all"
    prompts: str | None = None
    fetch: FileSource | None = None
    data_dir: str = "."
    path: str | None = None


class Logicom:
    """A debate for each claim and scenario: without helper, with a fair or a fallacious one."""

    Options = LogicomOptions

    def __init__(self, options: LogicomOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._scenarios = choose(options.task, {name: name for name in SCENARIOS})
        self._rows = OfficialRows(
            recipe="logicom",
            files=(_FILE,),
            folder=Path(options.data_dir),
            fetched=fetched_folders(Path(options.data_dir), options.fetch),
            path=None if options.path is None else Path(options.path),
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        folder = self._prompt_folder()
        lacking = [] if folder is None else missing_prompts(folder)
        if not lacking:
            return self._rows.problems()
        remedy = "name the folder `prompts` of the official repository, or say null"
        return (Problem(f"benchmark.prompts={folder}: no {', '.join(lacking)}", remedy),)

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a debate, at most `limit` of each scenario. Raises DataError."""
        prompts = self._prompts()
        for scenario in self._scenarios:
            for placed in self._rows.rows(limit):
                yield _sample(placed, scenario, prompts)

    def provenance(self) -> dict[str, Any]:
        """Return scenarios, wording, licence, and what identifies the claims. Raises DataError."""
        return {
            "tasks": list(self._scenarios),
            **self._prompts().wording,
            "licence": LICENCE,
            **self._rows.identity(),
        }

    def _prompts(self) -> Prompts:
        folder = self._prompt_folder()
        return own_prompts() if folder is None else published_prompts(folder)

    def _prompt_folder(self) -> Path | None:
        """Return the folder of the published texts; None where our own are used."""
        if self._options.prompts is not None:
            return Path(self._options.prompts)
        fetched = Path(self._options.data_dir) / _PROMPTS
        return None if missing_prompts(fetched) else fetched


def _sample(placed: PlacedRow, scenario: str, prompts: Prompts) -> Sample:
    names = ("id", *_PLACEHOLDERS.values())
    fields = {name: require(placed.row, name, str, placed.place) for name in names}
    values = {stands_for: fields[field] for stands_for, field in _PLACEHOLDERS.items()}
    script = prompts.script(scenario, values)
    return Sample(
        id=f"{scenario}/{fields['id']}",
        task=scenario,
        turns=(Turn(query=script.opening),),
        row=placed.index,
        row_id=fields["id"],
        # A claim and its negation share the title; the scenarios share the claim.
        group=fields["title"],
        metadata={"debate": msgspec.to_builtins(script), "claim": fields["claim"]},
    )
