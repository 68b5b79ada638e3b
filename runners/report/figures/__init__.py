"""The plots of a report: what Plotly draws in the page, without Plotly being imported here."""

from __future__ import annotations

from collections.abc import Sequence

from ...results import StoredRun
from ..model import Figure
from .calibration import calibration
from .categories import categories
from .cost import cost
from .cost_quality import cost_quality
from .latency import latency
from .names import subjects_of
from .needle import needle
from .pareto import pareto
from .statuses import statuses
from .turns import turns

# In the order in which a report shows them.
_FIGURES = (categories, turns, needle, pareto, calibration, latency, cost, cost_quality, statuses)


def figures(runs: Sequence[StoredRun]) -> tuple[Figure, ...]:
    """Return the plots that `runs` have the data for.

    Raises DataError for a line of predictions.jsonl or scores.jsonl that is not a row.
    """
    subjects = subjects_of(runs)
    found = (figure_of(subjects) for figure_of in _FIGURES)
    return tuple(figure for figure in found if figure is not None)
