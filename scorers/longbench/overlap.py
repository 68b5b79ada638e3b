"""Rules that measure how many words reply and answer share: questions and summaries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from ...core.errors import MissingExtraError
from ..text import multiset_f1, squad_normalized, texts_of
from ..turns import TurnReply, Verdict


def token_f1(reply: TurnReply) -> Verdict:
    """`f1`: overlap of words with the nearest answer, after SQuAD's normalisation.

    Nothing shared counts 0, even where both sides normalise to nothing. Source: `qa_f1_score`.
    """
    answer = squad_normalized(reply.output)
    references = (squad_normalized(text) for text in texts_of(reply.turn.target))
    best = max(multiset_f1(answer.split(), reference.split()) for reference in references)
    return Verdict(scores={"f1": best}, answer=answer)


async def rouge_l(reply: TurnReply) -> Verdict:
    """`rouge_l`: ROUGE-L F-measure of the `rouge` package against the nearest answer.

    Sentences end at full stops, and the common subsequences of all pairs of sentences are united,
    each word counted once: the order of sentences hardly matters. Source: `rouge_score`. Long
    summaries take a while: they are compared beside the event loop.
    """
    answers = texts_of(reply.turn.target)
    best = await asyncio.to_thread(_nearest, reply.output, answers)
    return Verdict(scores={"rouge_l": best}, answer=reply.output.strip())


@cache
def rouge() -> Callable[[str, str], float]:
    """Return ROUGE-L of (prediction, reference), loaded once. Raises MissingExtraError."""
    try:
        from rouge import Rouge
    except ImportError:
        raise MissingExtraError("grading LongBench's summaries", "longbench") from None
    package: Any = Rouge(metrics=["rouge-l"], stats=["f"])

    def f_measure(prediction: str, reference: str) -> float:
        try:
            scores = package.get_scores([prediction], [reference], avg=True)
        except (ValueError, RecursionError):
            # The official code gives 0 to what the package fails on: texts without words, and
            # sentences of about a thousand words, through which it recurses word by word.
            return 0.0
        return cast(float, scores["rouge-l"]["f"])

    return f_measure


def _nearest(prediction: str, references: tuple[str, ...]) -> float:
    return max(rouge()(prediction, reference) for reference in references)
