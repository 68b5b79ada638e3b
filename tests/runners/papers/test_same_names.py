"""When two names are taken for the same model or the same method."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.papers.names import (
    likeness,
    method_key,
    model_key,
    nearest,
    without_settings,
)


@pytest.mark.parametrize(
    ("ours", "reported", "expected"),
    [
        ("llama3.1-8b", "Llama-3.1-8B", "same"),
        ("meta-llama/Llama-3.1-8B-Instruct", "Llama-3.1-8B-Instruct", "same"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", "LLaMA-3-8B-Instruct", "same"),
        ("/weights/Llama-3.1-8B/", "Llama-3.1-8B", "same"),
        ("meta-llama/Llama-3.1-8B-Instruct", "Llama-3.1-8B", "alike"),
        ("meta-llama/Llama-2-7b-chat-hf", "Llama-2-7B", "alike"),
        ("google/gemma-2-9b-it", "Gemma-2-9B", "alike"),
        ("gradientai/Llama-3-8B-Instruct-262k", "Llama-3-8B-Instruct", None),
        ("meta-llama/Llama-3.1-70B-Instruct", "Llama-3.1-8B-Instruct", None),
        ("Qwen/Qwen2.5-7B-Instruct-AWQ", "Qwen2.5-7B-Instruct", None),
        ("gpt-4o-2024-11-20", "GPT-4o", None),
    ],
)
def test_models_are_the_same_but_for_writing_or_alike_but_for_a_suffix(
    ours, reported, expected
) -> None:
    assert likeness([ours], reported) == expected


def test_a_name_that_is_just_it_counts_before_one_that_is_alike() -> None:
    assert likeness(["Llama-3.1-8B-Instruct", "Llama-3.1-8B"], "Llama-3.1-8B") == "same"


@pytest.mark.parametrize("name", ["full", "FullKV", "Full-KV", "full cache", "Full Attention", ""])
def test_the_whole_cache_has_many_names(name: str) -> None:
    assert method_key(name) == "full"


@pytest.mark.parametrize(
    ("label", "reported"),
    [
        ("snapkv-4096", "SnapKV"),
        ("snapkv-50%[window_size=16]", "SnapKV"),
        ("streamingllm-512", "StreamingLLM"),
        ("a_shape", "A-shape"),
        ("llmlingua2", "LLMLingua-2"),
        ("minference+snapkv-1024", "MInference + SnapKV"),
    ],
)
def test_a_label_is_a_method_without_its_settings(label: str, reported: str) -> None:
    assert method_key(without_settings(label)) == method_key(reported)


def test_methods_of_other_names_stay_apart() -> None:
    keys = {method_key(name) for name in ("RocketKV", "RocketKV-MT", "SnapKV", "PyramidKV", "H2O")}
    assert len(keys) == 5


def test_the_nearest_models_come_first_and_are_few() -> None:
    reported = ["GPT-4o", "Llama-3.1-8B", "Qwen2-7B-Instruct", "Llama-3.1-70B"]
    found = nearest(["smollm2", "meta-llama/Llama-3.2-8B"], reported)
    assert found[0] == "Llama-3.1-8B"
    assert len(found) == 3


@given(st.text(), st.text())
def test_equal_keys_are_what_makes_models_the_same(ours: str, reported: str) -> None:
    assert (likeness([ours], reported) == "same") == (model_key(ours) == model_key(reported))
