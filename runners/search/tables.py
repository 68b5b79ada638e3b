"""What a search found, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..tables.table import Table
from .study import Study
from .trials import Trial

_HEADER = (
    "rank", "architecture", "score %", "missing", "inference calls", "calls", "tokens", "USD",
)  # fmt: skip


def study_tables(study: Study) -> list[Table]:
    """Return the final ranking, what was searched, and the ranking of the models."""
    noted = (
        f"winner: protocol=archon protocol.arch={study.winner} protocol.variant=fixed",
        "inference calls: the sum of samples; calls: those made for a prediction, on average",
    )
    beyond = f"{study.over_budget} points not tried: too many inference calls"
    return [
        _table("Final ranking", study.ranked, noted),
        _table("Search", study.searched, (beyond,) if study.over_budget else ()),
        _table("Power ranking of the models", study.models, ()),
    ]


def study_content(study: Study) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "winner": str(study.winner),
        "over_budget": study.over_budget,
        "final_ranking": [_content(trial) for trial in study.ranked],
        "search": [_content(trial) for trial in study.searched],
        "power_ranking": [_content(trial) for trial in study.models],
    }


def _table(title: str, trials: Sequence[Trial], notes: tuple[str, ...]) -> Table:
    rows = tuple(
        (
            str(rank),
            trial.architecture.name,
            f"{100 * trial.score:.1f}",
            str(trial.missing),
            str(trial.architecture.inference_calls),
            f"{trial.calls:.1f}",
            f"{trial.results.usage.tokens:,}",
            f"{trial.results.usage.cost_usd:.4f}",
        )
        for rank, trial in enumerate(trials, start=1)
    )
    numeric = (True, False, *(True,) * (len(_HEADER) - 2))
    return Table(title, _HEADER, rows, notes, numeric=numeric)


def _content(trial: Trial) -> dict[str, Any]:
    return {
        "architecture": trial.architecture.name,
        "file": str(trial.file),
        "run": str(trial.folder.path),
        "score": trial.score,
        "missing": trial.missing,
        "inference_calls": trial.architecture.inference_calls,
        "calls": trial.calls,
        "tokens": trial.results.usage.tokens,
        "cost_usd": trial.results.usage.cost_usd,
    }
