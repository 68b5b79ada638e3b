"""What of a KV method rewrites prompts, and what is left for the model."""

from __future__ import annotations

from typing import Any

import pytest

from evalrun.models.kv.composed import Composed, ComposedOptions
from evalrun.models.kv.full import Full
from evalrun.models.kv.llmlingua2 import LLMLingua2, LLMLingua2Options
from evalrun.models.kv.rewriting import split
from evalrun.models.kv.snapkv import SnapKV, SnapKVOptions

SHORTENING = LLMLingua2(LLMLingua2Options())


class Labelled:
    """A method of a plugin that says no more than its name."""

    label = "mine"


def composed(*names: str) -> Composed:
    return Composed(ComposedOptions(parts={name: {"method": name} for name in names}))


def test_a_method_that_only_rewrites_leaves_nothing_for_the_model() -> None:
    assert split(SHORTENING) == (SHORTENING, None)


@pytest.mark.parametrize(
    "method", [Full(), SnapKV(SnapKVOptions()), Labelled(), composed("snapkv", "kivi")]
)
def test_a_method_without_rewriting_goes_to_the_model_as_it_is(method: Any) -> None:
    assert split(method) == (None, method)


def test_of_a_composition_the_rewriting_part_is_found_and_the_model_gets_it_whole() -> None:
    both = composed("snapkv", "llmlingua2")
    rewriter, kv = split(both)
    assert isinstance(rewriter, LLMLingua2)
    assert kv is both


def test_a_composition_with_nothing_else_in_it_is_the_rewriting_alone() -> None:
    rewriter, kv = split(composed("full", "llmlingua2"))
    assert isinstance(rewriter, LLMLingua2)
    assert kv is None
