"""Words become samples, in the order of the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from evalrun.core.errors import DataError

from evalrun_vowels.benchmark import CONTEXT, Vowels, VowelsOptions


def vowels(path: Path | None = None) -> Vowels:
    return Vowels(VowelsOptions(name="vowels", path=str(path) if path else None))


def test_every_word_of_the_package_says_how_many_vowels_it_has() -> None:
    for sample in vowels().samples():
        [turn] = sample.turns
        assert turn.target == sum(letter in "aeiou" for letter in sample.id)
        assert f'"{sample.id}"' in turn.query


def test_samples_share_their_context_and_are_the_same_each_time() -> None:
    first, second = list(vowels().samples()), list(vowels().samples())
    assert first == second
    assert {sample.context for sample in first} == {CONTEXT}
    assert len({sample.id for sample in first}) == len(first)


def test_a_limit_counts_samples_of_each_task() -> None:
    tasks = [sample.task for sample in vowels().samples(limit=2)]
    assert sorted(tasks) == ["long_words", "long_words", "short_words", "short_words"]


def test_a_faulty_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("word,vowels\nfig,1\nplum,some\n")
    with pytest.raises(DataError, match=r"words\.csv, row 2: field 'vowels' should be a number"):
        list(vowels(path).samples())


def test_a_missing_file_is_a_problem_and_other_words_are_other_data(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    [problem] = vowels(path).problems()
    assert problem.remedy == "say benchmark.path=FILE"
    path.write_text("word,vowels\nfig,1\n")
    assert not vowels(path).problems()
    assert vowels(path).provenance() != vowels().provenance()
