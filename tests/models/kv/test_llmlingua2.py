"""LLMLingua-2 on a small random classifier, against its rule written out in loops."""

# ruff: noqa: RUF001 - full-width punctuation is what some tests are about.

from __future__ import annotations

import string
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("llmlingua")
if find_spec("litellm") is None:
    pytest.skip("tiktoken's file comes with litellm", allow_module_level=True)

import numpy as np
import tiktoken
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_classifier import TEXT, save_classifier, tiktoken_files

from evalrun.core.errors import ConfigError, EndpointError, MissingExtraError, SampleError
from evalrun.core.options import to_options
from evalrun.models.kv.llmlingua2 import LLMLingua2, LLMLingua2Options
from evalrun.models.kv.method import UNTREATED, ModelShape, PromptFacts
from evalrun.models.kv.rewriting import Rewriter

LINES = "The mountain is high,\nand the cat sat on the mat?\n\nYes, it did. The code is 48213.\n"


@pytest.fixture(scope="module", autouse=True)
def _surroundings() -> Any:
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(tiktoken_files()))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_classifier(tmp_path_factory.mktemp("classifier"))


@pytest.fixture(scope="module")
def third(folder: Path) -> LLMLingua2:
    """SCBench's settings, on the small classifier."""
    return method(folder)


def method(folder: Path, **changes: Any) -> LLMLingua2:
    return LLMLingua2(LLMLingua2Options(model=str(folder), device="cpu", **changes))


def like(loaded: LLMLingua2, **changes: Any) -> LLMLingua2:
    """The method with other settings and the same classifier, which takes a second to load."""
    package(loaded)
    other = method(Path(loaded.options.model), **changes)
    other._compressor = loaded._compressor
    return other


def package(built: LLMLingua2) -> Any:
    """The package's compressor, loaded."""
    built.rewritten("load")
    assert built._compressor is not None
    return built._compressor._package


def by_loops(built: LLMLingua2, text: str) -> str:
    """What should be left of a `text` of one chunk, by the rule of the package."""
    options, tokenizer, model = built.options, package(built).tokenizer, package(built).model
    words, probabilities = words_of(tokenizer, model, text, options.force_tokens)
    # Each word counts as often as it has tokens of another tokenizer, that of OpenAI's models.
    count = tiktoken.get_encoding("cl100k_base").encode
    spread = [p for word, p in zip(words, probabilities, strict=True) for _ in count(word)]
    threshold = np.percentile(spread, int(100 * (1 - options.rate) + 1))
    kept = [
        word
        for word, p in zip(words, probabilities, strict=True)
        if p > threshold or p == threshold == 1
    ]
    return "".join(kept).replace("▁", " ").removeprefix(" ")


def words_of(
    tokenizer: Any, model: Any, text: str, forced: tuple[str, ...]
) -> tuple[list[str], list[float]]:
    """Return the words of `text` and the probability to keep each.

    Forced tokens that are not one token to the classifier pass it as new ones: [NEW0], [NEW1].
    """
    stands_for = {
        f"[NEW{n}]": token for n, token in enumerate(forced) if len(tokenizer.tokenize(token)) != 1
    }
    for new, token in stands_for.items():
        text = text.replace(token, new)
    tokens = tokenizer.tokenize(text)
    unknown = tokenizer.unk_token_id
    ids = [unknown, *tokenizer.convert_tokens_to_ids(tokens), unknown]
    with torch.no_grad():
        kept = model(torch.tensor([ids])).logits.softmax(-1)[0, 1:-1, 1].tolist()
    words: list[str] = []
    parts: list[list[float]] = []
    for token, p in zip(tokens, kept, strict=True):
        shown = stands_for.get(token, token)
        pure = shown.lstrip("▁")
        if token.startswith("▁") or token in string.punctuation or pure in forced:
            words.append(shown)
            parts.append([1.0 if pure in forced else p])
        else:
            words[-1] += pure
            parts[-1].append(p)
    return words, [sum(part) / len(part) for part in parts]


@pytest.mark.parametrize("rate", [0.1, 1 / 3, 0.5, 0.8])
@pytest.mark.parametrize("text", [TEXT, LINES, "river", "No end"])
def test_the_likeliest_words_stay_in_their_order(third: LLMLingua2, rate: float, text: str) -> None:
    built = like(third, rate=rate)
    assert built.rewritten(text) == by_loops(built, text)


def test_without_forced_tokens_newlines_are_mere_spaces(third: LLMLingua2) -> None:
    built = like(third, force_tokens=())
    assert "\n" not in built.rewritten(LINES)
    assert built.rewritten(LINES) == built.rewritten(LINES.replace("\n", " "))


words = st.sampled_from([*TEXT.split(), "\n", "\n\n", "?", "，", "…", "<|endoftext|>", "🜛"])


@settings(max_examples=20, deadline=None)
@given(text=st.lists(words, min_size=1, max_size=60).map(" ".join))
def test_any_text_keeps_its_lines_and_loses_only_words(third: LLMLingua2, text: str) -> None:
    left = third.rewritten(text)
    assert left.count("\n") == text.count("\n")
    assert left.count("?") == text.count("?")
    rest = iter("".join(text.replace("，", ",").replace("…", "...").split()))
    assert all(letter in rest for letter in "".join(left.split()))


def test_a_long_text_is_shortened_chunk_by_chunk_to_about_the_rate(third: LLMLingua2) -> None:
    text = " ".join([TEXT] * 30)
    count = tiktoken.get_encoding("cl100k_base").encode
    assert len(package(third).tokenizer.tokenize(text)) > 3 * 512
    left = third.rewritten(text)
    assert 0.2 < len(count(left)) / len(count(text)) < 0.45
    assert left.count("?") == 30


def test_special_tokens_of_cl100k_base_go_and_nothing_fails_at_them(third: LLMLingua2) -> None:
    specials = sorted(tiktoken.get_encoding("cl100k_base").special_tokens_set)
    assert "<|endoftext|>" in specials
    odd = "".join(f"{letter}{special}" for letter, special in zip("river", specials, strict=True))
    assert third.rewritten(f"the mat {odd} the cat") == third.rewritten("the mat river the cat")


def test_full_width_punctuation_is_read_as_the_classifier_was_trained(third: LLMLingua2) -> None:
    tokenizer = package(third).tokenizer
    assert type(tokenizer).__name__ == "XLMRobertaTokenizer"
    assert tokenizer.tokenize("mat，yes…") == tokenizer.tokenize("mat,yes...")
    assert third.rewritten("the mat，the cat，the code") == third.rewritten(
        "the mat,the cat,the code"
    )


@pytest.mark.parametrize("text", ["", " ", "\t "])
def test_a_blank_text_is_left_blank(third: LLMLingua2, text: str) -> None:
    assert third.rewritten(text) == ""


def test_a_text_of_nothing_but_the_classifiers_own_tokens_fails_alone(third: LLMLingua2) -> None:
    with pytest.raises(SampleError, match="finds no word in a part of the context") as caught:
        third.rewritten("<s></s>")
    assert (caught.value.kind, caught.value.passing) == ("bad_request", False)


def test_the_classifier_is_loaded_once_and_again_after_it_was_released(folder: Path) -> None:
    built = method(folder)
    first = package(built)
    assert package(built) is first
    text = built.rewritten(TEXT)
    built.release()
    assert package(built) is not first
    assert built.rewritten(TEXT) == text


def test_memory_that_runs_out_stops_the_run_and_names_the_way_out(
    third: LLMLingua2, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(package(third).model, "forward", full)
    with pytest.raises(EndpointError, match=r"say kv\.device=cpu"):
        third.rewritten(TEXT)


def test_it_acts_on_text_alone(third: LLMLingua2) -> None:
    shape = ModelShape(layers=2, heads=2, kv_heads=1, head_dim=8)
    assert isinstance(third, Rewriter)
    assert third.slots == {"prompt"}
    assert third.treatment(PromptFacts(tokens=9999), shape) == UNTREATED


def test_the_label_tells_rates_and_classifiers_apart() -> None:
    assert LLMLingua2(LLMLingua2Options()).label == "llmlingua2-0.333"
    other = LLMLingua2Options(rate=0.5, model="microsoft/other", device="cpu")
    assert LLMLingua2(other).label == "llmlingua2-0.5[model=microsoft/other]"


@pytest.mark.parametrize(
    "section",
    [
        {"rate": 0},
        {"rate": 1},
        {"force_tokens": [""]},
        {"force_tokens": ["a"] * 101},
    ],
)
def test_settings_that_cannot_work_are_named(section: dict[str, Any]) -> None:
    (key,) = section
    with pytest.raises(ConfigError, match=rf"kv\.{key}"):
        to_options(section, LLMLingua2Options, "kv")


def test_with_everything_there_nothing_is_missing(third: LLMLingua2) -> None:
    assert third.problems() == ()
    assert third.provenance() == {"weights_revision": None}
    assert third.environment() == {"llmlingua": "0.2.2", "llmlingua_device": "cpu"}


def test_missing_weights_are_said_with_the_way_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (absent,) = LLMLingua2(LLMLingua2Options(model="microsoft/nowhere-at-all")).problems()
    assert "microsoft/nowhere-at-all" in absent.what
    assert absent.remedy == "`hf download microsoft/nowhere-at-all`, or kv.model=/path/to/folder"
    (empty,) = method(tmp_path).problems()
    assert "no config.json there" in empty.what


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "model.safetensors").touch()
    (problem,) = method(tmp_path).problems()
    assert problem.what.endswith("is no classifier of LLMLingua-2")
    assert "xlm-roberta" in problem.remedy


@pytest.mark.parametrize("variable", ["TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"])
def test_a_missing_file_of_tiktoken_is_found_before_it_would_be_downloaded(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
    monkeypatch.setenv(variable, str(tmp_path))
    (problem,) = method(folder).problems()
    assert "cl100k_base" in problem.what
    assert "TIKTOKEN_CACHE_DIR" in problem.remedy
    monkeypatch.setenv(variable, str(tiktoken_files()))
    assert method(folder).problems() == ()


def test_without_the_package_the_extra_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "llmlingua", None)
    monkeypatch.delitem(sys.modules, "evalrun.models.kv.llmlingua2_compressor", raising=False)
    assert [p.remedy for p in method(folder).problems()] == ["pip install 'evalrun[llmlingua]'"]
    with pytest.raises(MissingExtraError, match=r"evalrun\[llmlingua\]"):
        method(folder).rewritten(TEXT)
