"""Names of models and scenarios in one spelling, so that leaderboards can be joined.

The rules are BenchBench's (`Benchmark.standardize_model_name` and `standardize_scenario_name` at
commit 1dfd46a): plain substrings replaced in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .options import Variant

Replacements = Sequence[tuple[str, str]]

_SPACES_AND_BRACKETS: Replacements = (("   ", "-"), ("  ", "-"), (" ", "-"), ("(", ""), (")", ""))
_MODELS_BEFORE_SLASH: Replacements = (
    *_SPACES_AND_BRACKETS,
    ("β", "beta"),
    ("command-r+", "command-r-plus"),
    ("dbrx-inst", "dbrx-instruct"),
    ("-hf", ""),
    ("-", "_"),
    ("llama_3", "llama3"),
    ("ul2", "flan-ul2"),
)
_MODELS_AFTER_SLASH: Replacements = (
    ("meta_", ""),
    (".", "_"),
    ("v01", "v0_1"),
    ("v02", "v0_2"),
    ("v03", "v0_3"),
)
_SCENARIOS: Replacements = (
    *_SPACES_AND_BRACKETS,
    ("gsm-8k", "gsm8k"),
    ("open-book", "open"),
    ("closed-book", "closed"),
    ("agi-eval", "agieval"),
    ("alpacaeval2-wr", "alpacav2"),
    ("alpacav2,-len-adj", "alpacaeval2-lc"),
    ("hswag", "hellaswag"),
    ("obqa", "openbookqa"),
    ("winogrande", "winog"),
    ("winog", "winogrande"),
    ("-", "_"),
)
# Replacements that find their own result in names that are right already. The official code makes
# dbrx-instructruct and flan_flan-ul2 of them.
_DOUBLED = {"dbrx-inst": "dbrx-instruct", "ul2": "flan_ul2"}


def standard_model(name: str, variant: Variant) -> str:
    """Return a model's name as leaderboards are joined by, without its organisation."""
    text = _replaced(name.strip().lower(), _MODELS_BEFORE_SLASH, variant)
    return _replaced(text.split("/")[-1], _MODELS_AFTER_SLASH, variant)


def standard_scenario(name: str, display: Mapping[str, str], variant: Variant) -> str:
    """Return a scenario's name as `display` spells it, or standardised where it does not."""
    text = _replaced(name.strip().lower(), _SCENARIOS, variant)
    return display.get(text, text)


def _replaced(text: str, replacements: Replacements, variant: Variant) -> str:
    for old, new in replacements:
        whole = _DOUBLED.get(old)
        if variant == "fixed" and whole is not None:
            text = whole.join(part.replace(old, whole) for part in text.split(whole))
        else:
            text = text.replace(old, new)
    return text
