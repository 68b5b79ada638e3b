"""ACPBench Hard: open questions on planning tasks (ICLR 2026)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ...core.interfaces import Problem
from ...core.rows import Row
from ...core.sample import Sample, Turn
from ..official_rows import PlacedRow
from ..selection import choose
from .prompts import Prompter, Shown
from .questions import QuestionOptions, official_rows, provenance_of, row_file
from .rows import Question, parse_open
from .tasks import GROUPS, task_and_form

# The limit of a reply in the official tasks.
MAX_TOKENS = 1000

_DOMAIN = re.compile(r"\(\s*domain\s+([^\s()]+)", re.IGNORECASE)


class ACPBenchHardOptions(QuestionOptions, frozen=True):
    """Which questions are asked, and how.

    `shown`: the state and its actions in words (`text`), in PDDL (`pddl`), or in `both`.
    """

    name: str = "acpbench_hard"
    shown: Shown = "text"


class ACPBenchHard:
    """Questions of eight tasks, answered by actions, facts, lists of them, or a number."""

    Options = ACPBenchHardOptions

    def __init__(self, options: ACPBenchHardOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        self._tasks = choose(options.task, {task: task for task in GROUPS})
        self._rows = official_rows(
            "acpbench_hard",
            (row_file(task, task, "gen", options.split) for task in self._tasks),
            options,
            _task_of,
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        return self._rows.problems()

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a question, at most `limit` of each task. Raises DataError."""
        for placed in self._rows.rows(limit):
            yield self._sample(placed, parse_open(placed.row, placed.task, placed.place))

    def provenance(self) -> dict[str, Any]:
        """Return tasks, wording, licence, and what identifies the rows. Raises DataError."""
        return provenance_of(self._tasks, self._rows)

    def _sample(self, placed: PlacedRow, question: Question) -> Sample:
        asked = self._prompter(placed.task).asked(question)
        golden = {
            "answer": question.answer,
            "question": question.text,
            "domain": question.domain,
            "problem": question.problem,
        }
        return Sample(
            id=f"{placed.task}/{question.id}",
            task=placed.task,
            messages=asked.messages,
            turns=(Turn(query=asked.query, target=golden, max_tokens=MAX_TOKENS),),
            row=placed.index,
            row_id=question.id,
            labels={"domain": _domain_name(question.domain)},
        )

    def _prompter(self, task: str) -> Prompter:
        options = self._options
        return Prompter(
            task=task, form="gen", style=options.style, shots=options.shots, shown=options.shown
        )


def _task_of(row: Row) -> str | None:
    found = task_and_form(row)
    return found[0] if found and found[1] == "gen" else None


def _domain_name(domain: str) -> str:
    found = _DOMAIN.search(domain)
    return found[1] if found else "unknown"
