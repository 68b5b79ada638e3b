"""Search files: official keys, and what is wrong with others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalrun.core.errors import ConfigError
from evalrun.runners.search.options import read_options, read_request


def write(folder: Path, **settings: Any) -> Path:
    file = folder / "search.json"
    file.write_text(json.dumps({"models_available": ["a", "b"], **settings}))
    return file


def test_the_official_example_loads(shared_data: Path) -> None:
    options = read_options(shared_data / "archon" / "example_search_config.json")
    assert options.models == ("claude-3-haiku-20240307", "gpt-4-turbo-2024-04-09")
    assert options.algorithm == "bayesian_optimization"
    assert options.dataset_sample_for_search == 0.0125
    assert list(options.without_meaning) == [
        "base_output_directory", "baseline_model", "benchmark", "judge_model",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"fuser_layer_1_choice": [1]}, "did you mean 'fuser_layer_1_choices'"),
        ({"search_algorithm_choice": "annealing"}, "search_algorithm_choice: invalid enum value"),
        ({"model_top_k_choices": []}, "model_top_k_choices: expected array of length >= 1"),
        ({"model_top_k_choices": [3]}, "model_top_k_choices: 3 of the 2 models_available"),
        ({"fuser_layer_2_choices": [0, 4]}, "fuser_layer_2_choices: 4 of the 2"),
        ({"dataset_sample_for_search": 0}, "dataset_sample_for_search: expected float > 0"),
        ({"models_available": ["x/a.json", "a"]}, "names a model twice"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=rf"search\.json: .*{said}"):
        read_options(write(tmp_path, **settings))


def test_a_request_has_one_search_file_among_its_overrides(tmp_path: Path) -> None:
    request = read_request(["recipe=archon", f"search={write(tmp_path)}", "run.limit=3"])
    assert request.overrides == ("recipe=archon", "run.limit=3")
    with pytest.raises(ConfigError, match="say search=FILE once"):
        read_request(["recipe=archon"])
