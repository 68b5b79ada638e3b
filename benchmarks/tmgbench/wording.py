"""Games as texts, and what is asked about them: all sentences are in YAML files."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from ..template import fill
from .games import PLACES, Game

Thinking = Literal["da", "cot", "fotom", "sotom", "refotom", "resotom"]

# How many stories a game has.
STORIES = 5


class Formats(msgspec.Struct, frozen=True):
    """How the answer to one game, to several, and to a nested pair is to be written."""

    one: str
    several: str
    nested: str


class Wording(msgspec.Struct, frozen=True):
    """The sentences of prompts.yaml."""

    version: int
    classic: str
    story: str
    question: str
    parallel: str
    numbered: str
    nested: str
    thinking: dict[Thinking, str]
    format: Formats


class Topic(msgspec.Struct, frozen=True):
    """The words that make a story of a game."""

    topic: str
    scene: str
    a: str
    b: str
    a1: str
    a2: str
    b1: str
    b2: str


class Stories(msgspec.Struct, frozen=True):
    """The topics of stories.yaml."""

    version: int
    topics: tuple[Topic, ...]


@cache
def wording() -> Wording:
    """Return our own sentences."""
    return msgspec.convert(_read("prompts.yaml"), Wording)


@cache
def stories() -> Stories:
    """Return our own topics."""
    return msgspec.convert(_read("stories.yaml"), Stories)


def classic_text(game: Game) -> str:
    """Return a game as a list of payoffs."""
    return fill(wording().classic, _payoffs(game), "prompts.yaml")


def story_text(game: Game, topic: Topic) -> str:
    """Return a game as a story about `topic`."""
    words = {**msgspec.to_builtins(topic), **_payoffs(game)}
    return fill(wording().story, words, "prompts.yaml")


def topics_of(game_id: str, seed: int) -> list[Topic]:
    """Return the different topics of a game's five stories."""
    rng = random.Random(f"{seed}/{game_id}")  # noqa: S311 - no secrets
    return rng.sample(stories().topics, STORIES)


def single_query(text: str, thinking: Thinking) -> str:
    """Return the question about one game."""
    own = wording()
    return _paragraphs(text, own.question, own.thinking[thinking], own.format.one)


def parallel_query(texts: list[str], thinking: Thinking) -> str:
    """Return the question about several games in one prompt."""
    own, count = wording(), len(texts)
    games = [
        fill(own.numbered, {"number": i, "text": text}, "prompts.yaml")
        for i, text in enumerate(texts, start=1)
    ]
    asked = fill(own.parallel, {"count": count, "games": "\n\n".join(games)}, "prompts.yaml")
    lines = fill(own.format.several, {"lines": f"answer_1 to answer_{count}"}, "prompts.yaml")
    return _paragraphs(asked, own.thinking[thinking], lines)


def nested_query(fields: dict[str, str], thinking: Thinking) -> str:
    """Return the question about an opening game and the main game that depends on it."""
    own = wording()
    asked = fill(own.nested, fields, "prompts.yaml")
    return _paragraphs(asked, own.thinking[thinking], own.format.nested)


def _payoffs(game: Game) -> dict[str, int]:
    """Return {a11: ..., b11: ..., ...}."""
    matrices = {"a": game.a, "b": game.b}
    return {
        f"{player}{r + 1}{c + 1}": matrix[r][c]
        for player, matrix in matrices.items()
        for r, c in PLACES
    }


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(parts)


def _read(name: str) -> object:
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return yaml.safe_load(text)
