"""Needle in a haystack: one sentence hidden in a long text, at every length and depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from pathlib import Path
from typing import Annotated, Any

import msgspec

from ..core.config import NonNegative, Options, Positive
from ..core.errors import ConfigError
from ..core.hashing import sha256_of_file
from ..core.interfaces import Problem
from ..core.sample import Sample, Turn
from .needle_filler import VERSION
from .needle_haystack import haystack_files, hide, made_haystack, read_haystack
from .template import WORDING, fill, split_after

TASK = "needle"

# The public needle and what asks for it (Kamradt 2023, "Needle In A Haystack", and after him
# PyramidKV's runner); both are part of the protocol.
NEEDLE = (
    "The best thing to do in San Francisco is "
    "eat a sandwich and sit in Dolores Park on a sunny day."
)
QUESTION = "The best thing to do in San Francisco is: "
TEMPLATE = (
    "Here is the text of a long book.\n<book>\n{context}\n</book>\n\n"
    "Answer with what the book says.\nQuestion: {question}\nAnswer:"
)

_PLACE = "benchmark.template"

Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]


class Lengths(Options, frozen=True):
    """Tokens of a context: from `start` to `stop`, both among them, by `step`."""

    start: Positive = 1000
    stop: Positive = 8000
    step: Positive = 100

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.stop + 1, self.step))


class NeedleOptions(Options, frozen=True):
    """The grid, and what is hidden in what.

    - `lengths` in tokens, `depths` in percent of the text before the needle. The default is the
      grid of WindowKV's figure (arXiv 2503.17922); its depths are 10 even steps, rounded.
    - `haystack`: a text, or a folder of `*.txt` such as Paul Graham's essays; null makes prose from
      `seed`.
    - `chars_per_token`: how many characters count as a token, since no tokenizer is asked here.
      SmolLM2 has 4.2 in Paul Graham's essays and 4.5 in the prose that is made.
    - `reserved_tokens`: how much shorter the text is than its length says, to leave room for the
      question and the reply.
    - `needle`: what is hidden, and `question` what is asked about it.
    - `template`: the prompt, with {context} and {question}.
    """

    name: str = "needle"
    lengths: Lengths = Lengths()
    depths: tuple[Percent, ...] = (0, 11, 22, 33, 44, 56, 67, 78, 89, 100)
    haystack: str | None = None
    needle: str = NEEDLE
    question: str = QUESTION
    template: str = TEMPLATE
    chars_per_token: Annotated[float, msgspec.Meta(gt=0)] = 4.2
    reserved_tokens: NonNegative = 200
    max_tokens: Positive = 30
    seed: NonNegative = 0


class Needle:
    """A sample for each length and depth, called `needle/<length>/<depth>`.

    The texts of one length differ in the place of the needle alone, so they form a group.
    """

    Options = NeedleOptions

    def __init__(self, options: NeedleOptions) -> None:
        """Check the options. Raises ConfigError, DataError."""
        self._options = options
        self._path = None if options.haystack is None else Path(options.haystack)
        self._files = () if self._path is None else haystack_files(self._path)
        self._needle = f"\n{options.needle}\n"
        self._context, self._query = split_after(options.template, "context", _PLACE)
        if not options.depths or not [*options.lengths]:
            raise ConfigError("benchmark.lengths and benchmark.depths must each name at least one")
        if len(set(options.depths)) < len(options.depths):
            raise ConfigError("benchmark.depths names a depth twice")
        if self._characters(options.lengths.start) < 0:
            raise ConfigError(
                f"benchmark.lengths.start={options.lengths.start} leaves no room for the needle "
                f"and benchmark.reserved_tokens={options.reserved_tokens}"
            )

    def problems(self) -> Sequence[Problem]:
        """Say that there is no text where the haystack should be."""
        if self._path is None or self._files:
            return ()
        what = f"{self._path}: neither a text nor a folder with *.txt files"
        return (Problem(what, "set benchmark.haystack to one, or to null for made-up prose"),)

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield a sample for each length and depth, shortest first. Raises DataError."""
        haystack = self._haystack()
        grid = product(self._options.lengths, self._options.depths)
        for row, (length, depth) in enumerate(islice(grid, limit)):
            yield self._sample(row, length, depth, haystack[: self._characters(length)])

    def provenance(self) -> dict[str, Any]:
        """Return what identifies wording and haystack. Raises OSError."""
        wording = WORDING if self._options.template == TEMPLATE else _PLACE
        if self._path is None:
            return {"prompts": wording, "generator": VERSION}
        files = {path.name: sha256_of_file(path) for path in self._files}
        return {"prompts": wording, "files": files}

    def _sample(self, row: int, length: int, depth: int, text: str) -> Sample:
        options = self._options
        fields = {"context": hide(self._needle, text, depth), "question": options.question}
        turn = Turn(
            query=fill(self._query, fields, _PLACE),
            target=options.needle,
            reference=options.needle,
            max_tokens=options.max_tokens,
        )
        return Sample(
            id=f"{TASK}/{length}/{depth}",
            task=TASK,
            group=f"{TASK}/{length}",
            context=fill(self._context, fields, _PLACE),
            turns=(turn,),
            row=row,
            metadata={"length": length, "depth": depth, "synthetic": self._path is None},
        )

    def _haystack(self) -> str:
        """Return the text of the longest context, of which the others are the beginning."""
        characters = self._characters(max(self._options.lengths))
        if self._path is None:
            return made_haystack(self._options.seed, characters)
        return read_haystack(self._files, characters)

    def _characters(self, length: int) -> int:
        """Return how much of the haystack makes a context of `length` tokens with the needle."""
        tokens = length - self._options.reserved_tokens
        return int(tokens * self._options.chars_per_token) - len(self._needle)
