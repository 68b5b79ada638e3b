"""Synthetic look-ups that a model of 135M parameters can do: KV-cache methods in minutes on a CPU.

Shaped like SCBench: several questions share one context, as turns of a conversation or as
independent requests. A context of 12 lines has about 200 tokens.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec

from ..core.config import NonNegative, Options, Positive
from ..core.errors import ConfigError
from ..core.interfaces import Problem
from ..core.sample import Sample, Turn
from ..core.suggest import did_you_mean
from .quickstart_words import NAMES, PLACES

# Raised when the same seed gives other samples than before.
VERSION = 2
MAX_TOKENS = 16
MOST_LINES = min(len(NAMES), len(PLACES))

_GAP = "\n\n"


class Lookup(msgspec.Struct, frozen=True):
    """One kind of task: a line tells a key's number of `digits` digits, a question asks for it."""

    name: str
    heading: str
    line: str
    question: str
    keys: Sequence[str]
    digits: int


# Kinds that SmolLM2-135M-Instruct can do. With 12 lines it gets 0.6 to 0.7 right as independent
# requests and 0.9 as a conversation; with half of the cache, 0 to 0.1 (SnapKV) and 0.15 to 0.35
# (StreamingLLM). It cannot do facts whose values are words: 0.1 to 0.15 with the full cache.
LOOKUPS = (
    Lookup(
        name="codes",
        heading="Here is a list of access codes.",
        line="The access code for {key} is {value}.",
        question="What is the access code for {key}?",
        keys=PLACES,
        digits=5,
    ),
    Lookup(
        name="lockers",
        heading="Here is a list of locker numbers.",
        line="The locker number for {key} is {value}.",
        question="What is the locker number for {key}?",
        keys=NAMES,
        digits=3,
    ),
)


class QuickstartOptions(Options, frozen=True):
    """How much is asked: `rows` contexts a task, each of `lines` facts with `questions` questions.

    `task` is "all", "codes" or "lockers".
    """

    name: str = "quickstart"
    task: str = "all"
    rows: Positive = 4
    lines: Annotated[int, msgspec.Meta(ge=1, le=MOST_LINES)] = 12
    questions: Positive = 3
    seed: NonNegative = 0


class Quickstart:
    """Look-ups of numbers, made from a seed."""

    Options = QuickstartOptions

    def __init__(self, options: QuickstartOptions) -> None:
        """Check the options. Raises ConfigError."""
        if options.questions > options.lines:
            raise ConfigError(
                f"benchmark.questions={options.questions} is more than "
                f"benchmark.lines={options.lines}: each asks for another line"
            )
        self._options = options
        self._lookups = _chosen(options.task)

    def problems(self) -> Sequence[Problem]:
        """Nothing can be missing."""
        return ()

    def samples(self, limit: int | None = None) -> Iterator[Sample]:
        """Yield the samples, which read the same in every protocol."""
        rows = self._options.rows if limit is None else min(limit, self._options.rows)
        for lookup in self._lookups:
            for row in range(rows):
                yield self._sample(lookup, row)

    def provenance(self) -> dict[str, Any]:
        """Return the version of the generator; the options tell the rest."""
        return {"generator": VERSION, "prompts": "evalrun wording"}

    def _sample(self, lookup: Lookup, row: int) -> Sample:
        options = self._options
        rng = random.Random(f"{options.seed}/{lookup.name}/{row}")  # noqa: S311 - no secrets
        keys = rng.sample(lookup.keys, options.lines)
        numbers = rng.sample(range(10 ** (lookup.digits - 1), 10**lookup.digits), options.lines)
        facts = dict(zip(keys, map(str, numbers), strict=True))
        lines = [lookup.line.format(key=key, value=value) for key, value in facts.items()]
        asked = rng.sample(keys, options.questions)
        return Sample(
            id=f"{lookup.name}/{row}",
            task=lookup.name,
            context=_GAP.join((lookup.heading, "\n".join(lines), "")),
            turns=tuple(_turn(lookup, key, facts[key]) for key in asked),
            row=row,
            metadata={"synthetic": True},
        )


def _turn(lookup: Lookup, key: str, value: str) -> Turn:
    return Turn(
        query=lookup.question.format(key=key),
        target=value,
        reference=lookup.line.format(key=key, value=value),
        prefill=lookup.line.partition(" {value}")[0].format(key=key),
        max_tokens=MAX_TOKENS,
    )


def _chosen(task: str) -> tuple[Lookup, ...]:
    chosen = tuple(lookup for lookup in LOOKUPS if task in ("all", lookup.name))
    if not chosen:
        names = ["all", *(lookup.name for lookup in LOOKUPS)]
        raise ConfigError(f"benchmark.task: unknown task {task!r}; {did_you_mean(task, names)}")
    return chosen
