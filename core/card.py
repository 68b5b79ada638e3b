"""A recipe's card: what stands in no other file of the recipe, as data.

Cards are `cards/<recipe>.yaml` beside the recipes. Pages and `evalrun show` are made of them and of
what the recipe itself says: its options, sources, layouts and reported numbers. Texts are Markdown.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .schema import NonNegative, Options, Positive

# In the order of the list of all recipes.
Family = Literal[
    "First steps",
    "Long contexts",
    "Reasoning and mathematics",
    "Planning and games",
    "Conversation",
    "Tools and code",
    "Images",
    "Others",
]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Texts = Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]


class CardTask(Options, frozen=True):
    """Tasks of a benchmark that are alike, by the names that `benchmark.task` takes.

    `rows` is how many rows each of them has, or a text where no number says it.
    """

    names: Texts
    asks: Text
    rows: Positive | Text
    metric: Text | None = None
    reply_tokens: Text | None = None


class CardCommand(Options, frozen=True):
    """A command worth showing that is not among the recipe's `next_steps`."""

    run: Text
    note: Text


class CardSection(Options, frozen=True):
    """A part of the page that is written by hand."""

    title: Text
    text: Text


class Cost(Options, frozen=True):
    """What the recipe takes as it stands, all of its rows; tokens are sums over all requests."""

    requests: Positive
    input_tokens: Positive
    output_tokens: Positive
    note: Text


class Compared(Options, frozen=True):
    """Replies that evalrun and the published scorer have graded, and how often they agree."""

    what: Text
    cases: Positive
    agreeing: NonNegative


class Difference(Options, frozen=True):
    """What evalrun does otherwise than the publication: in a few words, and in full."""

    title: Text
    text: Text


class Faithful(Options, frozen=True, kw_only=True):
    """How far the scores are those of the published scorer.

    `official` says what evalrun was compared with, `prompts` whose wording is sent. `data` says
    what the pinned revisions of the recipe leave open, `agrees` what agrees beside the cases that
    were `compared`, `not_run` what nobody has tried.
    """

    official: Text
    prompts: Text
    data: Text | None = None
    compared: tuple[Compared, ...] = ()
    agrees: tuple[Text, ...] = ()
    differences: Annotated[tuple[Difference, ...], msgspec.Meta(min_length=1)]
    not_run: Text | None = None


class Card(Options, frozen=True, kw_only=True):
    """What there is to know of a recipe.

    `family` is where the list of recipes has it. `measures` says what a score is of, `citation` who
    published it where. `licence` and `source` are those of the data. `extras` are what the recipe
    needs beyond the core, `score` are the arguments by which `evalrun score` grades an official
    file. `reported` says what the reported numbers are, or why there are none. `cost` and
    `faithful` are None where nothing is published that a run could be like.
    """

    family: Family = "Others"
    measures: Text
    citation: Text | None = None
    extras: tuple[Text, ...] = ()
    commands: Annotated[tuple[CardCommand, ...], msgspec.Meta(min_length=1)]
    score: Text | None = None
    tasks: Annotated[tuple[CardTask, ...], msgspec.Meta(min_length=1)]
    licence: Text
    source: Text
    cost: Cost | None = None
    reported: Text | None = None
    faithful: Faithful | None = None
    sections: tuple[CardSection, ...] = ()
