"""Names of models and scenarios as BenchBench joins them, and mended."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.agreement.names import standard_model, standard_scenario


@pytest.mark.parametrize(
    ("name", "standard"),
    [
        (" GPT-4 Turbo (2024-04-09) ", "gpt_4_turbo_2024_04_09"),
        ("anthropic/claude-3-haiku-20240307", "claude_3_haiku_20240307"),
        ("Llama-2-70b-hf", "llama_2_70b"),
        ("meta-llama/Meta-Llama-3-8B", "llama3_8b"),
        ("Command-R+", "command_r_plus"),
        ("Mistral-7B-Instruct-v02", "mistral_7b_instruct_v0_2"),
        ("zephyr 7b   β", "zephyr_7b_beta"),
        ("a  b", "a_b"),
        ("qwen1.5-72b", "qwen1_5_72b"),
    ],
)
@pytest.mark.parametrize("variant", ["official", "fixed"])
def test_models_get_one_spelling(name: str, standard: str, variant) -> None:
    assert standard_model(name, variant) == standard


@pytest.mark.parametrize(
    ("name", "official", "fixed"),
    [
        ("dbrx-inst", "dbrx_instruct", "dbrx_instruct"),
        ("databricks/dbrx-instruct", "dbrx_instructruct", "dbrx_instruct"),
        ("UL2", "flan-ul2", "flan_ul2"),
        ("flan-ul2", "flan_flan-ul2", "flan_ul2"),
    ],
)
def test_names_that_are_right_are_doubled_by_the_official_code_alone(name, official, fixed) -> None:
    assert standard_model(name, "official") == official
    assert standard_model(name, "fixed") == fixed


@pytest.mark.parametrize(
    ("name", "standard"),
    [
        ("GSM-8K", "gsm8k"),
        ("NaturalQuestions (open-book)", "naturalquestions_open"),
        ("HSwag", "hellaswag"),
        ("OBQA", "openbookqa"),
        ("WinoGrande", "winogrande"),
        ("Winog", "winogrande"),
        ("AlpacaEval2-WR", "alpacav2"),
        ("agi-eval", "agieval"),
        ("arena_elo", "LMSys Arena"),
    ],
)
def test_scenarios_get_one_spelling_or_their_display_name(name: str, standard: str) -> None:
    display = {"arena_elo": "LMSys Arena"}
    assert standard_scenario(name, display, "official") == standard


@given(st.text())
def test_any_text_is_a_name(name: str) -> None:
    for variant in ("official", "fixed"):
        standard = standard_model(name, variant)
        assert not {"/", ".", "-", " "} & set(standard.replace("flan-ul2", ""))
