"""Made-up prose of any length: plain English sentences that say nothing of the needle."""

from __future__ import annotations

import random
from collections.abc import Iterator

from .quickstart_words import NAMES, PLACES

# Raised when the same seed gives other text than before.
VERSION = 1
SENTENCES_IN_PARAGRAPH = 6

_SENTENCES = (
    "{name} walked from the {place} to the {other} {when} and passed {number} {things}.",
    "The {things} near the {place} had been {state} for {number} days before anyone noticed.",
    "Most people at the {place} agreed that the {things} were {state}, but {name} did not.",
    "{When} a letter about the {things} arrived at the {place}, and {name} answered it at once.",
    "It took {number} workers to carry the {things} out of the {place} and into the {other}.",
    "{name} kept a notebook in which the {things} of the {place} were drawn page after page.",
    "Nobody remembered who had left {number} {things} behind the {place} {when}.",
    "If the {things} are {state}, {name} said, the {place} can wait until the {other} is done.",
    "The road between the {place} and the {other} was lined with {things} that were {state}.",
    "{When} {name} and {friend} argued about {number} {things} that both of them called {state}.",
    "A sign at the {place} asked visitors not to touch the {things}, which were {state}.",
    "{friend} had sold {number} {things} to the {place} and bought them back {when}.",
)
_THINGS = (
    "lamps",
    "ladders",
    "clocks",
    "maps",
    "baskets",
    "bells",
    "boats",
    "kettles",
    "benches",
    "curtains",
    "wheels",
    "barrels",
    "mirrors",
    "ropes",
    "statues",
    "wagons",
    "windows",
    "blankets",
    "shutters",
    "candles",
)
_STATES = (
    "too heavy to lift",
    "painted green",
    "older than the town",
    "better than expected",
    "out of order",
    "covered with dust",
    "ready to be moved",
    "of little use",
    "hard to find",
    "kept under lock",
)
_TIMES = (
    "early in the morning",
    "after the first snow",
    "in the middle of the week",
    "late in the autumn",
    "on the longest day of the year",
    "shortly before noon",
    "during the second winter",
    "once the rain had stopped",
)


def sentences(rng: random.Random) -> Iterator[str]:
    """Yield sentences without end, each with the white space that follows it."""
    while True:
        for _ in range(SENTENCES_IN_PARAGRAPH - 1):
            yield _sentence(rng) + " "
        yield _sentence(rng) + "\n\n"


def _sentence(rng: random.Random) -> str:
    name, friend = rng.sample(NAMES, 2)
    place, other = rng.sample(PLACES, 2)
    when = rng.choice(_TIMES)
    return rng.choice(_SENTENCES).format(
        name=name,
        friend=friend,
        place=place,
        other=other,
        When=when.capitalize(),
        when=when,
        things=rng.choice(_THINGS),
        state=rng.choice(_STATES),
        number=rng.randint(2, 99),
    )
