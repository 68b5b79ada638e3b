"""What a search is told: the keys of the official search files, and a few of our own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, cast

import msgspec

from ...core.config import NonNegative, Options, Positive
from ...core.errors import ConfigError
from ...core.options import to_options
from ..archon.files import read_settings

Algorithm = Literal[
    "bayesian_optimization", "random", "random_search", "grid", "grid_search", "greedy",
    "greedy_search",
]  # fmt: skip
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Choices = Annotated[tuple[NonNegative, ...], msgspec.Meta(min_length=1)]
PositiveChoices = Annotated[tuple[Positive, ...], msgspec.Meta(min_length=1)]

# What the recipe and the command line say instead.
_SAID_ELSEWHERE = ("base_output_directory", "baseline_model", "benchmark", "judge_model")


class SearchOptions(Options, frozen=True):
    """A search file.

    - `models_available`: names of models, or official files called after them.
    - `model_top_k_choices`: how many of the best models may answer.
    - `sample_top_k_choices`: how often each may answer.
    - `fuser_layer_1_choices`, `fuser_layer_2_choices`, `fuser_layer_3_choices`: how many fusers
      each of up to three layers may have.
    - `maximum_inference_calls`: architectures that make more calls a question are not tried.
    - `dataset_sample_for_power_ranking`, `dataset_sample_for_search`,
      `dataset_sample_for_final_ranking`: the share of the rows of a task that is asked while models
      are ranked alone, while architectures are tried, and of the best of them.
    - `search_algorithm_choice`: how the next architecture is chosen.
    - `number_of_archon_configs_for_final_ranking`: how many of the best are tried on more rows.
    - `random_search_iterations`: how many architectures a random search tries.
    - `search_iterations` bounds a greedy search; the official files do not have it, and
      `random_search_iterations` stands for it.
    - `init_points`: how many architectures a Bayesian optimization tries before it fits anything.
    - `n_iter`: how many it tries after that.
    - `seed`: where random choices begin.
    - `temperature`, `max_tokens`: those of every component (`general_model_config`).
    - `base_output_directory`, `benchmark`, `judge_model`, `baseline_model`: accepted without a
      meaning: the recipe says how a model is judged.
    """

    models_available: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    model_top_k_choices: PositiveChoices = (1,)
    sample_top_k_choices: PositiveChoices = (1,)
    fuser_layer_1_choices: Choices = (0,)
    fuser_layer_2_choices: Choices = (0,)
    fuser_layer_3_choices: Choices = (0,)
    maximum_inference_calls: Positive = 20
    dataset_sample_for_power_ranking: Share = 1.0
    dataset_sample_for_search: Share = 1.0
    dataset_sample_for_final_ranking: Share = 1.0
    search_algorithm_choice: Algorithm = "bayesian_optimization"
    number_of_archon_configs_for_final_ranking: Positive = 10
    random_search_iterations: Positive = 10
    search_iterations: Positive | None = None
    init_points: Positive = 1
    n_iter: NonNegative = 1
    seed: NonNegative = 42
    temperature: float = 0.7
    max_tokens: Positive = 2048
    base_output_directory: str | None = None
    benchmark: str | None = None
    judge_model: str | None = None
    baseline_model: str | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models: a file is called after its model."""
        return tuple(map(_model_name, self.models_available))

    @property
    def algorithm(self) -> str:
        """The algorithm, without "_search" behind it."""
        return self.search_algorithm_choice.removesuffix("_search")

    @property
    def without_meaning(self) -> Sequence[str]:
        """The keys that were given and mean nothing here."""
        return [key for key in _SAID_ELSEWHERE if getattr(self, key) is not None]


class SearchRequest(msgspec.Struct, frozen=True):
    """What a command line asks for: the overrides of the recipe, and the search file."""

    overrides: tuple[str, ...]
    path: Path
    options: SearchOptions


def read_request(arguments: Sequence[str]) -> SearchRequest:
    """Return what `recipe=R ... search=FILE` asks for. Raises ConfigError."""
    files = [a.partition("=")[2] for a in arguments if a.startswith("search=")]
    if len(files) != 1 or not files[0]:
        raise ConfigError("say search=FILE once: a search file, YAML or JSON")
    path = Path(files[0])
    overrides = tuple(a for a in arguments if not a.startswith("search="))
    return SearchRequest(overrides, path, read_options(path))


def read_options(path: Path) -> SearchOptions:
    """Return what a search file says. Raises ConfigError naming the file and the key."""
    read = read_settings(path)
    if not isinstance(read, dict):
        raise ConfigError(f"{path}: a search file is a mapping of keys to values")
    try:
        options = to_options(cast("dict[str, Any]", read), SearchOptions)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    _refuse_more_than_models(options, path)
    return options


def _refuse_more_than_models(options: SearchOptions, path: Path) -> None:
    """Raise ConfigError where more models are wanted than there are, or one is named twice."""
    if len(set(options.models)) < len(options.models):
        raise ConfigError(f"{path}: models_available names a model twice")
    for key in ("model_top_k", "fuser_layer_1", "fuser_layer_2", "fuser_layer_3"):
        most = max(getattr(options, f"{key}_choices"))
        if most > len(options.models):
            have = len(options.models)
            raise ConfigError(f"{path}: {key}_choices: {most} of the {have} models_available")


def _model_name(named: str) -> str:
    return PurePosixPath(named).stem if named.endswith(".json") else named
