"""Points, and the architectures that they stand for."""

from __future__ import annotations

from search_files import options

from evalrun.runners.archon.architecture import Architecture
from evalrun.runners.search.space import Point, architecture_of, single_model, space_of

RANKED = ("b", "c", "a")


def told(architecture: Architecture) -> list[list[str]]:
    return [[f"{c.type} {c.model}" for c in layer] for layer in architecture.layers]


def test_the_best_models_answer_and_the_best_of_all_fuses() -> None:
    architecture = architecture_of(Point(2, 3, 0, 0, 0), RANKED, options())
    assert told(architecture) == [["generator b", "generator c"], ["fuser b"]]
    assert architecture.inference_calls == 7
    assert architecture.name == "models2_samples3_fusers0-0-0"


def test_a_critic_and_a_ranker_stand_before_each_layer_of_fusers() -> None:
    architecture = architecture_of(Point(1, 1, 2, 0, 3), RANKED, options())
    assert told(architecture) == [
        ["generator b"],
        ["critic b"],
        ["ranker b"],
        ["fuser b", "fuser c"],
        ["critic b"],
        ["ranker b"],
        ["fuser b", "fuser c", "fuser a"],
        ["fuser b"],
    ]
    assert architecture.inference_calls == 11
    ranker = architecture.layers[2][0]
    assert (ranker.temperature, ranker.max_tokens) == (0.7, 2048)
    assert getattr(ranker, "top_k", None) == 5


def test_a_model_is_ranked_by_one_answer() -> None:
    assert told(single_model("a", options())) == [["generator a"]]


def test_values_are_rounded_and_stand_for_the_nearest_choice() -> None:
    space = space_of(options(model_top_k_choices=[1, 3], fuser_layer_1_choices=[0, 2]))
    # 2 is as near to 1 as to 3: the first counts.
    near = space.nearest({"model_top_k": 2.4, "fuser_layer_1": 1.6})
    assert near == Point(1, 1, 2, 0, 0)
    assert space.nearest({"model_top_k": 2.6}) == Point(3, 1, 0, 0, 0)
    assert space.size == 4
