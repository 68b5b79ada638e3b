"""A search from its file to its final ranking."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from ...core.config import Config
from ...core.errors import ConfigError
from ...core.hashing import sha256_of
from ..archon.loading import architecture_yaml
from ..folder import write_atomically
from ..launch.resources import without_resources
from .algorithms import ALGORITHMS
from .options import SearchOptions
from .space import Point, architecture_of, single_model, space_of
from .trials import Tell, Trial, Trials, played_by_model

# The score of a point with more inference calls than allowed, which is not tried.
OVER_BUDGET = -1.0


class Study(msgspec.Struct, frozen=True):
    """What a search found: models and architectures with their trials, the best first."""

    folder: Path
    models: tuple[Trial, ...]
    searched: tuple[Trial, ...]
    ranked: tuple[Trial, ...]
    over_budget: int

    @property
    def winner(self) -> Path:
        """The best architecture, as `protocol.arch` takes it."""
        return self.folder / "winner.yaml"


def study_folder(config: Config, options: SearchOptions) -> Path:
    """Return where a search keeps its architectures and its winner."""
    model = without_resources(config.model)
    told = sha256_of([config.benchmark, model, config.roles, config.scorer, options])
    return Path(config.outputs) / config.recipe.name / "searches" / told[:12]


def studied(config: Config, options: SearchOptions, tell: Tell) -> Study:
    """Rank the models, search, and rank the best architectures on more rows.

    The search is begun anew at each start; what earlier starts asked is not asked again. Raises
    EvalrunError.
    """
    _tell_odd(config, options, tell)
    folder = study_folder(config, options)
    trials = Trials(config, folder / "architectures", tell)
    try:
        models = _power_ranking(trials, options)
        ranked_names = [trial.architecture.models[0] for trial in models]
        searched, over_budget = _searched(trials, ranked_names, options)
        ranked = _final_ranking(trials, searched, options)
    finally:
        trials.release()
    study = Study(folder, models, searched, ranked, over_budget)
    write_atomically(study.winner, architecture_yaml(ranked[0].architecture))
    return study


def _power_ranking(trials: Trials, options: SearchOptions) -> tuple[Trial, ...]:
    """Return the models by the recipe's score of their answers alone."""
    share = options.dataset_sample_for_power_ranking
    return best_first([trials.run(single_model(m, options), share) for m in options.models])


def _searched(
    trials: Trials, ranked: Sequence[str], options: SearchOptions
) -> tuple[tuple[Trial, ...], int]:
    """Return what the algorithm tried, and how many points were beyond the budget.

    Raises ConfigError when all were.
    """
    tried: dict[Point, Trial | None] = {}

    def evaluate(point: Point) -> float:
        if point not in tried:
            architecture = architecture_of(point, ranked, options)
            affordable = architecture.inference_calls <= options.maximum_inference_calls
            share = options.dataset_sample_for_search
            tried[point] = trials.run(architecture, share) if affordable else None
        trial = tried[point]
        return OVER_BUDGET if trial is None else trial.score

    ALGORITHMS[options.algorithm](space_of(options), evaluate, options)
    found = [trial for trial in tried.values() if trial is not None]
    if not found:
        raise ConfigError(
            f"no point takes at most {options.maximum_inference_calls} inference calls; "
            "raise maximum_inference_calls, or add smaller choices"
        )
    return best_first(found), len(tried) - len(found)


def _final_ranking(
    trials: Trials, searched: Sequence[Trial], options: SearchOptions
) -> tuple[Trial, ...]:
    best = searched[: options.number_of_archon_configs_for_final_ranking]
    share = options.dataset_sample_for_final_ranking
    return best_first([trials.run(trial.architecture, share) for trial in best])


def best_first(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """Return trials by their scores; of equal ones, that with fewer inference calls first.

    (Officially the first that was tried; the last round took the worst ones.)
    """
    return tuple(sorted(trials, key=lambda one: (-one.score, one.architecture.inference_calls)))


def _tell_odd(config: Config, options: SearchOptions, tell: Tell) -> None:
    for key in options.without_meaning:
        tell(f"{key} means nothing here: the recipe says what is asked and how it is judged")
    own = played_by_model(config, options.models)
    if len(own) > 1:
        tell(f"the model under test plays {', '.join(own)}: name roles in protocol.models")
