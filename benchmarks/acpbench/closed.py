"""ACPBench: yes-or-no and multiple-choice questions (arXiv 2410.05669)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec

from ...core.config import Options
from ...core.interfaces import Problem
from ...core.rows import Row
from ...core.sample import Sample, Turn
from ...core.source import FileSource
from ..selection import choose
from ..template import WORDING
from .prompts import Prompter, Style
from .rows import parse_closed
from .tasks import CLOSED, LICENCE, Form, Split, official_rows, row_file, task_and_form
from .wording import read_sentences

# The limit of a reply in the official tasks.
MAX_TOKENS = 1024

_FORMS: tuple[Form, ...] = ("bool", "mcq")
_TASKS: dict[str, tuple[str, Form]] = {
    f"{task}_{form}": (task, form) for form in _FORMS for task in CLOSED
}


class ACPBenchOptions(Options, frozen=True):
    """Which questions are asked, and how.

    - `task`: "all", a name with its form (`app_bool`, `app_mcq`), names joined by commas, or a
      list; `form` leaves only those of one form.
    - `style`: `harness` is one text in the official frame, `chat` has no frame. `shots`: how many
      of the two worked examples are shown.
    """

    name: str = "acpbench"
    task: str | tuple[str, ...] = "all"
    form: Literal["all", "bool", "mcq"] = "all"
    split: Split = "test"
    style: Style = "harness"
    shots: Annotated[int, msgspec.Meta(ge=0, le=2)] = 2
    fetch: FileSource | None = None
    data_dir: str = "."
    path: str | None = None


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
            folder=options.data_dir,
            revision=options.fetch.revision if options.fetch else None,
            path=options.path,
            task_of=_task_of,
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
        return {
            "tasks": list(self._tasks),
            "prompts": WORDING,
            "prompts_version": read_sentences().version,
            "licence": LICENCE,
            **self._rows.identity(),
        }

    def _prompter(self, task: str, form: Form) -> Prompter:
        options = self._options
        return Prompter(
            task=task, form=form, style=options.style, shots=options.shots, shown="text"
        )


def _task_of(row: Row) -> str | None:
    found = task_and_form(row)
    return None if found is None else "_".join(found)
