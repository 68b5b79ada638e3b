"""The instructions of IFEval: a reply that follows each, and one that does not."""

from __future__ import annotations

import sys

import pytest

from evalrun.core.errors import DataError, MissingExtraError
from evalrun.scorers.instructions import CHECKS, follows
from evalrun.scorers.instructions.ifeval import CHECKS as IFEVAL


@pytest.mark.parametrize(
    ("instruction", "arguments", "kept", "broken"),
    [
        ("keywords:existence", {"keywords": ["sun", "sea"]}, "SEA and sun", "sea"),
        (
            "keywords:frequency",
            {"keyword": "sun ", "frequency": 2, "relation": "at least"},
            "Sun, sunny",
            "sun",
        ),
        ("keywords:forbidden_words", {"forbidden_words": ["sun"]}, "sunny", "the Sun"),
        (
            "keywords:letter_frequency",
            {"letter": "E", "let_frequency": 2, "let_relation": "less than"},
            "he",
            "Eve",
        ),
        ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\nb", "a\n\nb"),
        (
            "length_constraints:number_words",
            {"num_words": 3, "relation": "less than"},
            "a b",
            "a b c",
        ),
        (
            "length_constraints:nth_paragraph_first_word",
            {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Then"},
            "a\n\n'then, b",
            "then\n\na",
        ),
        ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] [b]", "[a]"),
        ("detectable_content:postscript", {"postscript_marker": "P.S."}, "a\np. s. b", "PS b"),
        ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n - b", "** a\n- b"),
        ("detectable_format:constrained_response", {}, "My answer is no.", "No."),
        (
            "detectable_format:number_highlighted_sections",
            {"num_highlights": 2},
            "*a* **b**",
            "*a*",
        ),
        (
            "detectable_format:multiple_sections",
            {"section_spliter": "Section", "num_sections": 2},
            "Section 1 a Section 2 b",
            "Section a Section b",
        ),
        ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', "a: 1"),
        ("detectable_format:title", {}, "<<a>>", "<< >>"),
        ("combination:two_responses", {}, "a ****** b", "a ****** a"),
        ("combination:repeat_prompt", {"prompt_to_repeat": "Say hi"}, "say hi. hi", "hi"),
        ("startend:end_checker", {"end_phrase": "Bye."}, 'x bye."', "bye. x"),
        ("startend:quotation", {}, '"a"', '"'),
        ("punctuation:no_comma", {}, "a b", "a, b"),
    ],
)
def test_instructions_are_verified(instruction, arguments, kept, broken) -> None:
    assert follows(instruction, arguments, kept)
    assert not follows(instruction, arguments, broken)
    assert not follows(instruction, arguments, " \n")


def test_languages_are_told() -> None:
    pytest.importorskip("langdetect")
    english = "The house on the hill is where my mother was born."
    french = "La maison sur la colline est celle de ma mère."
    assert follows("language:response_language", {"language": "fr"}, french)
    assert not follows("language:response_language", {"language": "fr"}, english)
    assert follows("change_case:english_capital", {}, english.upper())
    assert not follows("change_case:english_capital", {}, english)
    assert follows("change_case:english_lowercase", {}, english.lower())
    # There is nothing to tell a language by: it counts as followed.
    assert follows("language:response_language", {"language": "fr"}, "123")


def test_sentences_are_those_of_punkt(nltk_data) -> None:
    wanted = {"num_sentences": 2, "relation": "at least"}
    text = "length_constraints:number_sentences"
    assert follows(text, wanted, "Dr. Who came. He left.")
    # The full stop of an abbreviation ends nothing.
    assert not follows(text, wanted, "Dr. Who came")


def test_words_in_capitals_are_tokens(nltk_data) -> None:
    wanted = {"capital_frequency": 2, "capital_relation": "at least"}
    # A dash between them makes one token of two words.
    assert follows("change_case:capital_word_frequency", wanted, "NO, WELL-KNOWN cat")
    assert not follows("change_case:capital_word_frequency", wanted, "WELL-KNOWN Cat")


@pytest.mark.parametrize(
    ("instruction", "arguments", "package"),
    [
        (
            "length_constraints:number_sentences",
            {"num_sentences": 2, "relation": "at least"},
            "punkt_tab",
        ),
        ("words:start_verb", {}, "averaged_perceptron_tagger_eng"),
        ("ratio:stop_words", {"percentage": 5}, "stopwords"),
    ],
)
def test_missing_data_of_nltk_are_named_with_the_way_to_get_them(
    nltk_data, instruction, arguments, package
) -> None:
    nltk_data.remove(package)
    with pytest.raises(DataError, match=f"nltk.downloader {package}"):
        follows(instruction, arguments, "One. Two.")


@pytest.mark.parametrize(
    ("instruction", "module"),
    [
        ("words:odd_even_syllables", "syllapy"),
        ("format:emoji", "emoji"),
        ("language:response_language", "langdetect"),
        ("words:start_verb", "nltk.tokenize.punkt"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    nltk_data, monkeypatch, instruction, module
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match="livebench"):
        follows(instruction, {"language": "en"}, "One two.")


def test_there_are_25_of_ifeval_and_58_of_ifbench() -> None:
    assert len(IFEVAL) == 25
    assert len(CHECKS) == 25 + 58


def test_an_unknown_instruction_is_refused_with_the_nearest() -> None:
    with pytest.raises(DataError, match="count:numbers"):
        follows("count:number", {}, "a")


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(DataError, match="'count:numbers' lacks its argument 'N'"):
        follows("count:numbers", {}, "a")
