"""The rule of Code.RepoQA and of the function turns of Mix.RepoQA+KV."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import cache
from typing import cast

import msgspec

from ...core.errors import DataError, MissingExtraError
from ...core.sample import Sample, Turn
from ..turns import TurnReply, Verdict
from .functions import function_in

THRESHOLD = 0.8


class Function(msgspec.Struct, frozen=True):
    """A function of a repository: a candidate for what the reply repeats."""

    name: str
    source: str


class Match(msgspec.Struct, frozen=True):
    """The candidate most similar to a reply; no name when nothing is similar at all."""

    name: str | None
    similarity: float


def golden_function(turn: Turn) -> Function:
    """Return the function that `turn` asks for. Raises DataError."""
    name = turn.metadata.get("name")
    if not isinstance(name, str):
        raise DataError("a RepoQA turn should carry the name of its function in 'name'")
    return Function(name, str(turn.target))


def metadata_of(sample: Sample, field: str) -> str:
    """Return a text of the sample's metadata: its `repo` or `lang`. Raises DataError."""
    value = sample.metadata.get(field)
    if not isinstance(value, str):
        raise DataError(f"sample {sample.id}: a RepoQA row should carry its {field!r}")
    return value


def functions_of_repo(sample: Sample) -> tuple[Function, ...]:
    """Return all functions of the sample's repository in the official file, if the rows tell."""
    functions = sample.metadata.get("repo_functions") or {}
    return tuple(Function(name, text) for name, text in cast(dict[str, str], functions).items())


async def pass_at_1(reply: TurnReply, candidates: Iterable[Function]) -> Verdict:
    """`pass@1`: the most similar candidate is the one asked for, with similarity >= 0.8.

    The similarity is that of the function in the reply (`function_in`), comments included.
    Comparing takes milliseconds a candidate, so it runs beside the event loop.
    """
    golden = golden_function(reply.turn)
    source = function_in(reply.output, metadata_of(reply.sample, "lang"))
    match = await asyncio.to_thread(most_similar, source, tuple(candidates))
    correct = match.name == golden.name and match.similarity >= THRESHOLD
    return Verdict(
        scores={"pass@1": float(correct)},
        answer=match.name,
        explanation=f"most similar: {match.name or 'none'}, BLEU {match.similarity:.4f}",
    )


def most_similar(source: str, candidates: Iterable[Function]) -> Match:
    """Return the candidate with the highest similarity above 0; of equals, the first.

    Similarity is sentence BLEU-4 (Papineni et al. 2002) of `source` against the candidate, tokens
    split at white space, smoothed by method 4 of Chen and Cherry 2014. Raises MissingExtraError.
    """
    similarity_of = bleu()
    tokens = source.split()
    best = Match(None, 0.0)
    for candidate in candidates:
        similarity = similarity_of(tokens, candidate.source.split())
        if similarity > best.similarity:
            best = Match(candidate.name, similarity)
    return best


@cache
def bleu() -> Callable[[list[str], list[str]], float]:
    """Return smoothed sentence BLEU of (hypothesis, reference), loaded once.

    Raises MissingExtraError.
    """
    try:
        from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    except ImportError:
        raise MissingExtraError("grading RepoQA", "scbench") from None
    smoothing = SmoothingFunction().method4

    def of(hypothesis: list[str], reference: list[str]) -> float:
        return cast(float, sentence_bleu([reference], hypothesis, smoothing_function=smoothing))

    return of
