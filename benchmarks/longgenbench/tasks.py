"""The data sets of LongGenBench, and the two tasks that each of them makes."""

from __future__ import annotations

import msgspec

from ..selection import choose


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """A data set of single questions, and how the paper puts many of them into one prompt.

    `k` questions a query and `queries` of them are those of the paper's API models (Table 2); None
    is a query for each subject. Real questions are numbered from `first` and followed by `gap`.
    `letters` are those of the options; none where the answer is a number.
    """

    name: str
    k: int
    queries: int | None
    first: int
    gap: str
    letters: str = ""


class Task(msgspec.Struct, frozen=True):
    """What is asked of a data set: K questions in one prompt, or each alone as the baseline."""

    dataset: Dataset
    is_baseline: bool = False

    @property
    def name(self) -> str:
        """The name in tables: `gsm8k`, `gsm8k_baseline`."""
        return f"{self.dataset.name}_baseline" if self.is_baseline else self.dataset.name


# Numbers that stand in the official scripts, whatever the exemplars: 9 follows the 8 of GSM8K, 6
# the 5 of most subjects of MMLU. No script for CSQA is published: its exemplars here are 7.
GSM8K = Dataset(name="gsm8k", k=35, queries=20, first=9, gap="\n")
MMLU = Dataset(name="mmlu", k=40, queries=None, first=6, gap="\n\n", letters="ABCD")
CSQA = Dataset(name="csqa", k=80, queries=20, first=8, gap="\n\n", letters="ABCDE")
DATASETS = (GSM8K, MMLU, CSQA)

_ALL = tuple(dataset.name for dataset in DATASETS)
_BY_NAME = {
    task.name: task
    for dataset in DATASETS
    for task in (Task(dataset), Task(dataset, is_baseline=True))
}


def choose_tasks(chosen: str | tuple[str, ...], *, baseline: bool) -> tuple[Task, ...]:
    """Return the tasks that `chosen` names; with `baseline`, each is followed by its baseline.

    "all" stands for the three data sets. Raises ConfigError with the nearest name.
    """
    named = choose(_ALL if chosen in ("all", ("all",)) else chosen, _BY_NAME)
    tasks: dict[str, Task] = {}
    for task in named:
        tasks[task.name] = task
        if baseline:
            single = Task(task.dataset, is_baseline=True)
            tasks[single.name] = single
    return tuple(tasks.values())
