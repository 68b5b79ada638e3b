"""The benchmark: rows of words and the number of their vowels, as samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evalrun.core.config import Options
from evalrun.core.errors import DataError
from evalrun.core.hashing import sha256_of_file
from evalrun.core.interfaces import Problem
from evalrun.core.rows import read_rows, require, where
from evalrun.core.sample import Sample, Turn

WORDS = Path(__file__).with_name("words.csv")

# What all questions begin with is told apart, so that a model encodes it once.
CONTEXT = "The vowels are a, e, i, o and u. The letter y is none.\n\n"
QUESTION = 'How many vowels are there in the word "{word}"? Answer with a number.'

LONGEST_SHORT_WORD = 5
SHORT, LONG = "short_words", "long_words"


class VowelsOptions(Options, frozen=True):
    """The section `benchmark` of `benchmark=vowels`: a file of words instead of the package's."""

    name: str
    path: str | None = None


class Vowels:
    """A sample a word; words of up to five letters are the task `short_words`."""

    Options = VowelsOptions

    def __init__(self, options: VowelsOptions) -> None:
        self._path = Path(options.path) if options.path else WORDS

    def problems(self) -> Sequence[Problem]:
        """Say that there is no file."""
        if self._path.is_file():
            return ()
        return (Problem(f"{self._path}: no such file", "say benchmark.path=FILE"),)

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield at most `limit` samples of each task. Raises DataError naming the row."""
        taken: Counter[str] = Counter()
        for index, row in read_rows(self._path):
            sample = _sample(row, index, where(self._path, index))
            taken[sample.task] += 1
            if limit is None or taken[sample.task] <= limit:
                yield sample

    def provenance(self) -> dict[str, Any]:
        """Return the hash of the words: other words never resume this run."""
        return {"sha256": sha256_of_file(self._path), "licence": "CC0-1.0"}


def _sample(row: dict[str, Any], index: int, place: str) -> Sample:
    word = require(row, "word", str, place)
    vowels = str(require(row, "vowels", (str, int), place))
    if not vowels.isdigit():
        raise DataError(f"{place}: field 'vowels' should be a number, found {vowels!r}")
    return Sample(
        id=word,
        task=SHORT if len(word) <= LONGEST_SHORT_WORD else LONG,
        row=index,
        context=CONTEXT,
        turns=(Turn(query=QUESTION.format(word=word), target=int(vowels), max_tokens=24),),
        labels={"first": word[:1]},
    )
