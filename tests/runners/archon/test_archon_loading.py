"""Architectures from files: both official forms, and what is wrong with others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from archon_world import component, generators, written

from evalrun.core.errors import ConfigError
from evalrun.runners.archon.architecture import Architecture
from evalrun.runners.archon.loading import SHIPPED, architecture_yaml, load_architecture

OFFICIAL = {
    "type": "generator", "model": "a/b", "model_type": "Together_API", "temperature": 0.7,
    "max_tokens": 2048,
}  # fmt: skip


def load(folder: Path, *layers: Any) -> Architecture:
    return load_architecture(str(written(folder, *layers))).architecture


def test_layers_are_lists_or_have_models_or_are_one_component(tmp_path: Path) -> None:
    expected = load(tmp_path, [OFFICIAL])
    assert load(tmp_path, {"branches": 1, "models": [OFFICIAL]}) == expected
    assert load(tmp_path, OFFICIAL) == expected


def test_json_is_read_as_yaml_is(tmp_path: Path) -> None:
    file = tmp_path / "arch.json"
    file.write_text(json.dumps({"name": "tried", "layers": [[OFFICIAL]]}, indent="\t"))
    assert load_architecture(str(file)).architecture == load(tmp_path, [OFFICIAL])


def test_inference_calls_are_the_sum_of_samples(tmp_path: Path) -> None:
    arch = load(tmp_path, generators(5), [component("fuser", samples=2)], [component("verifier")])
    assert arch.inference_calls == 8
    assert arch.models == ("model",)


def test_keys_that_mean_nothing_are_told_once(tmp_path: Path) -> None:
    fuser = component("fuser", length_contorl=True, top_k=1)
    file = written(tmp_path, [{**OFFICIAL, "top_k": 1}], [fuser, fuser])
    assert load_architecture(str(file)).ignored == (
        "generator.top_k", "fuser.length_contorl", "fuser.top_k",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([[{**OFFICIAL, "sampels": 2}]], r"layer 1, component 1 \(generator\): .*'samples'"),
        ([[{**OFFICIAL, "samples": 0}]], r"\(generator\): samples: expected int >= 1"),
        ([[{**OFFICIAL, "type": "generater"}]], "unknown type 'generater'; did you mean"),
        ([generators(1), [component("ranker")]], r"layer 2, component 1 \(ranker\): .*top_k"),
        ([generators(1), {"model": [], "models": []}], "layer 2: unknown key 'model'"),
        ([[component("fuser")]], "layer 1, fuser: no generator stands in a layer before it"),
        ([[*generators(1), component("critic")]], "layer 1, critic: no generator"),
        (
            [generators(1), [component("unit_test_evaluator")]],
            "layer 2, unit_test_evaluator: no unit_test_generator",
        ),
        ([[component("unit_test_generator")]], "no generator, so there is never an answer"),
        ([[]], "layer 1 should be a list that is not empty"),
        (["x"], "layer 1 should be a list"),
        ([["x"]], "component 1 should be a mapping, found str"),
        ([], "layers should be a list"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, layers: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"tried\.yaml.*{said}"):
        load(tmp_path, *layers)


def test_unknown_keys_of_a_file_and_custom_components_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(yaml.safe_dump({"layer": [[OFFICIAL]]}))
    with pytest.raises(ConfigError, match="unknown key 'layer'; did you mean 'layers'"):
        load_architecture(str(file))
    file.write_text(yaml.safe_dump({"custom": True, "layers": [[OFFICIAL]]}))
    with pytest.raises(ConfigError, match="custom components"):
        load_architecture(str(file))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.json"):
        load_architecture(str(tmp_path / "missing.json"))
    broken = tmp_path / "broken.json"
    broken.write_text('{"layers": [')
    with pytest.raises(ConfigError, match=r"broken\.json"):
        load_architecture(str(broken))
    with pytest.raises(ConfigError, match=r"did you mean 'best_of_n'.*Or name a YAML or JSON"):
        load_architecture("best_of")


@pytest.mark.parametrize("name", sorted(file.stem for file in SHIPPED.glob("*.yaml")))
def test_shipped_architectures_are_called_as_their_files(name: str) -> None:
    loaded = load_architecture(name)
    assert loaded.architecture.name == name
    assert loaded.architecture.models == ("model",)
    assert loaded.ignored == ()


def test_an_architecture_that_is_written_is_read_back(tmp_path: Path) -> None:
    arch = load_architecture("unit_tests").architecture
    file = tmp_path / "written.yaml"
    file.write_text(architecture_yaml(arch))
    assert load_architecture(str(file)).architecture == arch


def test_official_files_load(shared_data: Path) -> None:
    files = sorted((shared_data / "archon" / "configs").glob("*.json"))
    loaded = {file.stem: load_architecture(str(file)) for file in files}
    assert len(loaded) == 8
    pair_rm = loaded["archon-1-110bFuser-1-PairRM3-8-70BM"]
    assert pair_rm.architecture.name == "archon-1-110bFuser-1-PairRM3-8-largeM"
    assert [len(layer) for layer in pair_rm.architecture.layers] == [8, 1, 1]
    assert pair_rm.ignored == ("generator.top_k", "ranker.ranker_batch_size", "fuser.top_k")
    ten = loaded["Llama-3.1-70B_10_samples_then_fuse_with_llama_3.1_70B"].architecture
    assert ten.inference_calls == 11
