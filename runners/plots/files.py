"""Which plots runs have, and the files they are written to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import ConfigError, MissingExtraError, StoreError
from ..results import StoredRun

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The kinds of file, and what keeps the time of writing out of each.
_WITHOUT_DATE = {"svg": {"Date": None}, "png": {"Software": None}}


def write_plots(runs: Sequence[StoredRun], folder: Path) -> list[Path]:
    """Draw what `runs` have, each as SVG and PNG, and return the files.

    `kv_pareto` is drawn of runs whose cache or latency was measured, `turns` of several turns,
    `needle` of samples called `needle/<length>/<depth>`. Raises ConfigError when there is nothing
    to draw, MissingExtraError, StoreError.
    """
    figures = {name: figure for name, figure in _figures(runs).items() if figure is not None}
    if not figures:
        raise ConfigError(
            "nothing to plot: these runs have neither a measured KV cache or latency, nor several "
            "turns, nor needles; leave --plot out"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [path for name, figure in figures.items() for path in _save(figure, folder / name)]
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}") from None


def _figures(runs: Sequence[StoredRun]) -> dict[str, Figure | None]:
    try:
        from .needle import needle_figure
        from .pareto import pareto_figure
        from .turns import turns_figure
    except ImportError:
        raise MissingExtraError("drawing plots", "report") from None
    results = [run.results for run in runs]
    return {
        "kv_pareto": pareto_figure(results),
        "turns": turns_figure(results),
        "needle": needle_figure(runs),
    }


def _save(figure: Figure, stem: Path) -> list[Path]:
    from matplotlib import rc_context

    paths = [stem.with_suffix(f".{kind}") for kind in _WITHOUT_DATE]
    # SVG names its parts by a salted hash; one salt makes one drawing one file.
    with rc_context({"svg.hashsalt": "evalrun"}):
        for path, metadata in zip(paths, _WITHOUT_DATE.values(), strict=True):
            figure.savefig(path, dpi=150, metadata=metadata)
    return paths
