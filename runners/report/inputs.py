"""What was asked: samples of a run's benchmark, read again while its data are the same."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from typing import Any

import msgspec

from ...core.config import Config
from ...core.content import AudioPart, Content, ImagePart, Message, text_of
from ...core.errors import EvalrunError
from ...core.hashing import sha256_of
from ...core.interfaces import Benchmark
from ...core.sample import Sample, Turn
from ..build import build_benchmark
from ..plan import selected
from .pieces import inert_json

# A context is shown by its beginning: hundreds of rows may share a book.
CONTEXT_CHARACTERS = 2_000

_ABSENT = "questions and targets are left out"


class AskedTurn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A turn as a page shows it; `media` are paths and addresses of images and sounds."""

    query: str
    media: tuple[str, ...] = ()
    target: Any = None
    answers: int = 1
    choices: tuple[str, ...] = ()


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A sample as a page shows it: of its context the beginning, and its length in characters."""

    turns: tuple[AskedTurn, ...]
    context: str = ""
    context_chars: int = 0
    messages: tuple[Message, ...] = ()
    labels: dict[str, str] = {}


class Questions:
    """Samples by their id, in a temporary file of SQLite's own: they never fill the memory.

    One thread may put samples in while others look some up.
    """

    def __init__(self) -> None:
        # The empty name is a private database on disk, which goes when the connection does.
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute("CREATE TABLE asked (sample TEXT PRIMARY KEY, content BLOB)")
        self._lock = threading.Lock()
        self._decoder = msgspec.json.Decoder(Asked)

    def put(self, sample: Sample) -> None:
        """Keep what a page shows of `sample`."""
        row = (_sqlite_text(sample.id), _encoded(asked(sample)))
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO asked VALUES (?, ?)", row)

    def get(self, sample_id: str) -> tuple[Asked, int] | None:
        """Return what was kept of the sample of this id, and its size in bytes."""
        with self._lock:
            found = self._database.execute(
                "SELECT content FROM asked WHERE sample = ?", (_sqlite_text(sample_id),)
            ).fetchone()
        return (self._decoder.decode(found[0]), len(found[0])) if found else None


def read_questions(config: Config, identity: Any, questions: Questions) -> str | None:
    """Put the samples that a run asks into `questions`; return why not, in a line, if they cannot.

    They must come of the same data as the run's: `identity` is what run.json says of these.
    """
    try:
        benchmark = build_benchmark(config)
        why_not = _why_not(benchmark, identity)
        if why_not is None:
            _put_all(selected(benchmark, config.run), questions)
    except (EvalrunError, OSError) as error:
        return f"{_ABSENT}: {_one_line(error)}"
    return why_not and f"{_ABSENT}: {why_not}"


def same_questions(config: Config, identity: Any) -> str:
    """Return what runs that ask the same samples have in common."""
    return sha256_of([config.benchmark, config.run.limit, identity])


def asked(sample: Sample) -> Asked:
    """Return what a page shows of `sample`."""
    first, *others = sample.turns
    context = text_of(sample.context)
    turns = (_turn(first, _media(sample.context)), *(_turn(turn) for turn in others))
    return Asked(
        turns=turns,
        context=context[:CONTEXT_CHARACTERS],
        context_chars=len(context),
        messages=sample.messages,
        labels=sample.labels,
    )


def _why_not(benchmark: Benchmark, identity: Any) -> str | None:
    problems = benchmark.problems()
    if problems:
        return problems[0].what
    if sha256_of(benchmark.provenance()) != sha256_of(identity):
        return "the benchmark's data are not those of the run any more"
    return None


def _put_all(samples: Iterable[Sample], questions: Questions) -> None:
    for sample in samples:
        questions.put(sample)


def _turn(turn: Turn, before: tuple[str, ...] = ()) -> AskedTurn:
    return AskedTurn(
        query=text_of(turn.query),
        media=(*before, *_media(turn.query)),
        target=turn.target,
        answers=turn.answers,
        choices=turn.choices,
    )


def _media(content: Content) -> tuple[str, ...]:
    if isinstance(content, str):
        return ()
    return tuple(part.url for part in content if isinstance(part, ImagePart | AudioPart))


def _encoded(content: Asked) -> bytes:
    try:
        return msgspec.json.encode(content)
    except UnicodeEncodeError:  # a lone surrogate, which Python's JSON may hold
        return inert_json(content).encode()


def _sqlite_text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
