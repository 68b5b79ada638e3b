"""Made-up research papers of any length, each with a summary that is true of it."""

from __future__ import annotations

import random

import msgspec

_SUBJECTS = (
    ("tidal gauges", "sea level", "Brittany"),
    ("bee colonies", "hive temperature", "Tyrol"),
    ("city buses", "waiting time", "Turin"),
    ("glacier streams", "sediment load", "Iceland"),
    ("school libraries", "reading hours", "Galway"),
    ("olive groves", "harvest weight", "Crete"),
    ("street lamps", "power use", "Aarhus"),
    ("mountain huts", "water supply", "Savoy"),
    ("river ferries", "fuel consumption", "Bergen"),
    ("apple orchards", "frost damage", "Kent"),
    ("weather balloons", "wind speed", "Lapland"),
    ("bicycle lanes", "traffic counts", "Utrecht"),
)
_METHODS = (
    "a survey repeated every month",
    "a field trial with two groups",
    "a model fitted to old records",
    "a network of cheap sensors",
)
_CAUSES = (
    "the time of the year",
    "the age of the equipment",
    "the habits of the people nearby",
    "the height above the sea",
)
_DETAILS = (
    "In week {week} the team visited site {site} and noted a value of {value}.",
    "Site {site} was left out of week {week} because its record of {value} was in doubt.",
    "A second reader checked the {value} entries of site {site} and found week {week} complete.",
    "The spread at site {site} stayed below {value} until week {week}.",
)


class Document(msgspec.Struct, frozen=True):
    """A paper in paragraphs, and what it says in short."""

    title: str
    paragraphs: tuple[str, ...]
    summary: str

    @property
    def text(self) -> str:
        """The paper as one text."""
        return "\n".join((self.title, *self.paragraphs))


def documents(rng: random.Random, count: int, paragraphs: int) -> list[Document]:
    """Return `count` papers on different subjects, `paragraphs` paragraphs of detail each."""
    return [
        _document(rng, number, subject, paragraphs)
        for number, subject in enumerate(rng.sample(_SUBJECTS, count), start=1)
    ]


def _document(
    rng: random.Random, number: int, subject: tuple[str, str, str], paragraphs: int
) -> Document:
    things, quantity, place = subject
    method, cause = rng.choice(_METHODS), rng.choice(_CAUSES)
    change = rng.randint(5, 60)
    direction = rng.choice(("rose", "fell"))
    claim = f"the {quantity} of {things} in {place} {direction} by {change} percent"
    body = [" ".join(_detail(rng) for _ in range(4)) for _ in range(paragraphs)]
    return Document(
        title=f"Document {number}. On the {quantity} of {things}",
        paragraphs=(
            f"We study the {quantity} of {things} in {place} with {method}.",
            *body,
            f"Over the whole period {claim}. Most of this is explained by {cause}.",
        ),
        summary=(
            f"This paper studies the {quantity} of {things} in {place} with {method}. It finds "
            f"that {claim}, and that {cause} explains most of this."
        ),
    )


def _detail(rng: random.Random) -> str:
    return rng.choice(_DETAILS).format(
        week=rng.randint(1, 52), site=rng.randint(1, 40), value=rng.randint(100, 999)
    )
