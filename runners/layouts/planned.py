"""What a run was to grade, so that tables know what is missing."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .dimensions import LABEL
from .loading import LoadedRun
from .verdicts import Vocabulary


def planned_frame(
    run: LoadedRun, labels: Sequence[str], vocabulary: Vocabulary, *, by_epoch: bool
) -> pd.DataFrame:
    """Return the planned cells of a run, with codes as in `Verdicts.frame`.

    Its columns are `task`, `subtask`, `turn`, a `label.NAME` for each of `labels`, `epoch` if
    `by_epoch`, `cell` (a code that equal cells of all runs share) and `n`, how many verdicts.
    """
    epochs = range(run.epochs) if by_epoch else (None,)
    rows: list[dict[str, int]] = []
    for cell in run.plan:
        texts = dict(cell.labels)
        row = {
            "task": vocabulary.of("task")[cell.task],
            "subtask": vocabulary.of("subtask")[cell.subtask],
            "turn": vocabulary.of("turn")[cell.turn],
            **{LABEL + name: vocabulary.of(LABEL + name)[texts.get(name)] for name in labels},
            "cell": vocabulary.of("cell")[cell.task, cell.subtask, cell.turn, cell.labels],
            "n": cell.n // len(epochs),
        }
        rows += [
            row if epoch is None else {**row, "epoch": vocabulary.of("epoch")[epoch]}
            for epoch in epochs
        ]
    names = ["task", "subtask", "turn", *(LABEL + name for name in labels), "cell", "n"]
    names += ["epoch"] if by_epoch else []
    return pd.DataFrame.from_records(rows, columns=names)
