"""Rows on disk to rows of a page: a prediction, its verdict and its question as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from ...core.content import Message, TextPart
from ...core.exchange import Likelihood
from ...core.interfaces import MODEL
from ...core.prediction import IntermediateReply, Prediction, TurnRecord
from ...core.score import Score, TurnScore
from .artifacts import Media
from .inputs import CONTEXT_CHARACTERS, Asked, AskedTurn
from .model import ChoiceView, RowView, TurnView

_URL_CHARACTERS = 200


class Stored(NamedTuple):
    """A row as it lies on disk: what was replied, judged and asked, and its size in bytes.

    There may be no verdict, and nothing may be known of the question.
    """

    prediction: Prediction
    score: Score | None
    asked: Asked | None
    size: int


def row_view(row: Stored, media: Media, *, inputs: bool = True) -> RowView:
    """Return what a page shows of a row, without what was said to the model unless `inputs`.

    Raises OSError for media that cannot be brought.
    """
    prediction, score, asked, _ = row
    return RowView(
        id=prediction.id,
        sample=prediction.sample_id,
        epoch=prediction.epoch,
        task=prediction.task,
        group=prediction.group,
        labels=_labels(score, asked),
        status=score.status if score else None,
        scores=score.scores if score else {},
        error=_error(prediction),
        context=(asked.context or None) if asked else None,
        context_chars=asked.context_chars if asked else 0,
        intermediate=tuple(_step(reply, media) for reply in prediction.intermediate),
        turns=tuple(_turns(row, media)),
        messages=_messages(prediction, asked) if inputs else (),
        kv=_kv(prediction),
    )


def _turns(row: Stored, media: Media) -> Iterator[TurnView]:
    """Yield the replies with their verdicts.

    Where one reply holds several answers, the verdicts but the first follow it as turns of their
    own, which have no output.
    """
    prediction, score, asked, _ = row
    questions = asked.turns if asked else ()
    verdicts = iter(score.turns if score else ())
    for number in range(max(len(prediction.outputs), len(questions))):
        question = _at(questions, number)
        judged = _verdicts_on(number, row, verdicts)
        view = _turn_view(prediction, number, question, media)
        yield _judged(view, _target(question, 0), judged[0] if judged else None)
        for place, verdict in enumerate(judged[1:], start=1):
            yield _judged(TurnView(), _target(question, place), verdict)
    yield from (_judged(TurnView(), None, verdict) for verdict in verdicts)


def _verdicts_on(number: int, row: Stored, verdicts: Iterator[TurnScore]) -> list[TurnScore]:
    """Take the verdicts on reply `number` from `verdicts`, which are in the order of the replies.

    What is not known of the question is told by the numbers: a lone reply has all verdicts.
    """
    question = _at(row.asked.turns, number) if row.asked else None
    if question is None and len(row.prediction.outputs) == 1:
        return list(verdicts)
    count = question.answers if question else 1
    return [verdict for _, verdict in zip(range(count), verdicts, strict=False)]


def _turn_view(
    prediction: Prediction, number: int, question: AskedTurn | None, media: Media
) -> TurnView:
    view = _reply(_at(prediction.outputs, number), _at(prediction.turns, number), media)
    if question is None:
        return view
    return msgspec.structs.replace(
        view,
        query=question.query,
        images=tuple(map(media.of_question, question.media)),
        likelihoods=_named(view.likelihoods, question.choices),
    )


def _step(reply: IntermediateReply, media: Media) -> TurnView:
    """Return a reply that led to those that are graded."""
    view = _reply(reply.output, reply.record, media)
    return view if reply.role == MODEL else msgspec.structs.replace(view, role=reply.role)


def _reply(output: str | None, record: TurnRecord | None, media: Media) -> TurnView:
    """Return what is known of a reply, whatever was asked."""
    if record is None:
        return TurnView(output=output)
    return TurnView(
        output=output,
        reasoning=record.reasoning,
        tool_calls=record.tool_calls,
        likelihoods=tuple(map(_choice, record.likelihoods)),
        files=tuple(_files(record, media)),
        stop_reason=record.stop_reason,
        usage=record.usage,
        timing=record.timing,
    )


def _choice(likelihood: Likelihood) -> ChoiceView:
    return ChoiceView(logprob=likelihood.logprob, tokens=likelihood.tokens)


def _named(likelihoods: Sequence[ChoiceView], texts: Sequence[str]) -> tuple[ChoiceView, ...]:
    """Return the likelihoods with the texts of their choices, where each has one."""
    if len(likelihoods) != len(texts):
        return tuple(likelihoods)
    pairs = zip(likelihoods, texts, strict=True)
    return tuple(msgspec.structs.replace(choice, text=text) for choice, text in pairs)


def _judged(view: TurnView, target: Any, verdict: TurnScore | None) -> TurnView:
    """Return `view` with its target and, where there is one, the verdict."""
    if verdict is None:
        return msgspec.structs.replace(view, target=target)
    return msgspec.structs.replace(
        view,
        target=target,
        status=verdict.status,
        subtask=verdict.subtask,
        scores=verdict.scores,
        answer=verdict.answer,
        explanation=verdict.explanation,
    )


def _target(question: AskedTurn | None, place: int) -> Any:
    """Return what answer number `place` is graded against: one of a list, if there are several."""
    if question is None:
        return None
    if question.answers == 1:
        return question.target
    return _at(question.target, place) if isinstance(question.target, list | tuple) else None


def _files(record: TurnRecord, media: Media) -> Iterator[str]:
    for file in record.files:
        address = media.of_reply(file)
        if address is not None:
            yield address


def _labels(score: Score | None, asked: Asked | None) -> dict[str, str]:
    return (score.labels if score else {}) or (asked.labels if asked else {})


def _error(prediction: Prediction) -> str | None:
    failure = prediction.error
    return f"{failure.kind}: {failure.message}" if failure else None


def _kv(prediction: Prediction) -> dict[str, Any] | None:
    """Return what was measured of the cache, and of a prompt that was rewritten."""
    measured: dict[str, Any] = msgspec.to_builtins(prediction.kv) if prediction.kv else {}
    if prediction.shortened is not None:
        measured["shortened"] = msgspec.to_builtins(prediction.shortened)
    return measured or None


def _messages(prediction: Prediction, asked: Asked | None) -> tuple[dict[str, Any], ...]:
    """Return the conversation, where it was saved, or else what stood before the question."""
    said = prediction.messages
    if said is None:
        said = asked.messages if asked else ()
    return tuple(map(_message, said))


def _message(message: Message) -> dict[str, Any]:
    view: dict[str, Any] = {"role": message.role, "content": _text(message)}
    if message.tool_calls:
        view["tool_calls"] = msgspec.to_builtins(message.tool_calls)
    return view


def _text(message: Message) -> str:
    """Return the text of a message, with a mark for each image and sound; long parts are cut."""
    if isinstance(message.content, str):
        return _cut(message.content, CONTEXT_CHARACTERS)
    return "".join(
        _cut(part.text, CONTEXT_CHARACTERS)
        if isinstance(part, TextPart)
        else f"[{_cut(part.url, _URL_CHARACTERS)}]"
        for part in message.content
    )


def _cut(text: str, characters: int) -> str:
    if len(text) <= characters:
        return text
    return f"{text[:characters]} … ({len(text):,} characters in all)"


def _at(items: Sequence[Any], number: int) -> Any:
    return items[number] if number < len(items) else None
