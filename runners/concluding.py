"""What a run folder says of its run: its state, its results and its table."""

from __future__ import annotations

import msgspec

from ..core.config import TableOptions
from ..core.prediction import Prediction
from ..core.score import Score
from .folder import RunFolder, write_atomically
from .formats.markdown import markdown_table
from .log import read_log
from .plan import Plan
from .playing import Played
from .prepared import Prepared, graders
from .results import Labels, Results, aggregate
from .status import State, Status, now
from .tables.results import run_table
from .versions import software


def conclude(folder: RunFolder, labels: Labels, plan: Plan, table: TableOptions) -> Results:
    """Aggregate what a folder holds, and write `results.json` and `table.md`."""
    scores = (score for _, score in read_log(folder.scores, Score))
    predictions = (prediction for _, prediction in read_log(folder.predictions, Prediction))
    results = aggregate(scores, predictions, labels, plan, table)
    text = msgspec.json.format(msgspec.json.encode(results), indent=2).decode()
    write_atomically(folder.results, text + "\n")
    write_atomically(folder.table, markdown_table(run_table(results)))
    return results


def labels_of(run: Prepared, scorer: str) -> Labels:
    """Return how tables call a run whose verdicts go by the label `scorer`."""
    config = run.config
    return Labels(
        recipe=config.recipe.name,
        model=str(config.model.get("name", "model")),
        kv=run.parts.kv.label,
        protocol=str(getattr(run.parts.protocol, "label", config.protocol["name"])),
        scorer=scorer,
        prompts=run.provenance.get("data", {}).get("prompts"),
    )


def begun(run: Prepared, plan: Plan, state: State) -> Status:
    """Return the status of a run that starts, or goes on."""
    earlier = run.status
    return Status(
        state=state,
        started_at=earlier.started_at if earlier else now(),
        kv=run.parts.kv.label,
        graded_by=graders(run.config),
        provenance=run.provenance,
        versions=software(),
        table=run.config.table,
        plan=plan,
        environment=earlier.environment if earlier else None,
        wall_s=earlier.wall_s if earlier else 0.0,
    )


def ended(status: Status, played: Played, state: State, reason: str | None) -> Status:
    """Return the status of a run after one start."""
    return msgspec.structs.replace(
        status,
        state=state,
        reason=reason,
        environment=played.environment or status.environment,
        finished_at=now(),
        notices=played.notices,
        wall_s=round(status.wall_s + played.wall_s, 3),
    )
