"""ACPBench: yes-or-no and multiple-choice questions (arXiv 2410.05669)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from ...core.interfaces import Problem
from ...core.rows import Row
from ...core.sample import Sample, Turn
from ..selection import choose
from .prompts import Prompter
from .questions import QuestionOptions, official_rows, provenance_of, row_file
from .rows import parse_closed
from .tasks import CLOSED, Form, task_and_form

# The limit of a reply in the official tasks.
MAX_TOKENS = 1024

_FORMS: tuple[Form, ...] = ("bool", "mcq")
_TASKS: dict[str, tuple[str, Form]] = {
    f"{task}_{form}": (task, form) for form in _FORMS for task in CLOSED
}


class ACPBenchOptions(QuestionOptions, frozen=True):
    """Which questions are asked, and how.

    Names of tasks are with their form (`app_bool`, `app_mcq`); `form` leaves only those of one.
    """

    name: str = "acpbench"
    form: Literal["all", "bool", "mcq"] = "all"


class ACPBench:
    """Questions of seven tasks, answered by yes or no, or by a letter."""

    Options = ACPBenchOptions

    def __init__(self, options: ACPBenchOptions) -> None:
        """Check the options. Raises ConfigError."""
        self._options = options
        known = {n: pair for n, pair in _TASKS.items() if options.form in ("all", pair[1])}
        names = choose(options.task, {name: name for name in known})
        self._tasks = {name: _TASKS[name] for name in names}
        self._rows = official_rows(
            "acpbench",
            (row_file(n, task, form, options.split) for n, (task, form) in self._tasks.items()),
            options,
            _task_of,
        )

    def problems(self) -> Sequence[Problem]:
        """Say which files are missing, and how to get them. Raises DataError."""
        return self._rows.problems()

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample a question, at most `limit` of each task and form. Raises DataError."""
        for placed in self._rows.rows(limit):
            task, form = self._tasks[placed.task]
            question = parse_closed(placed.row, form, placed.place)
            asked = self._prompter(task, form).asked(question)
            yield Sample(
                id=f"{placed.task}/{question.id}",
                task=placed.task,
                messages=asked.messages,
                turns=(
                    Turn(
                        query=asked.query,
                        target=question.answer,
                        choices=question.choices,
                        max_tokens=MAX_TOKENS,
                    ),
                ),
                row=placed.index,
                row_id=question.id,
                labels={"form": form},
            )

    def provenance(self) -> dict[str, Any]:
        """Return tasks, wording, licence, and what identifies the rows. Raises DataError."""
        return provenance_of(self._tasks, self._rows)

    def _prompter(self, task: str, form: Form) -> Prompter:
        options = self._options
        return Prompter(
            task=task, form=form, style=options.style, shots=options.shots, shown="text"
        )


def _task_of(row: Row) -> str | None:
    found = task_and_form(row)
    return None if found is None else "_".join(found)
