"""Multiple choice by likelihood: the answer is the choice that most likely follows."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from ..core.config import Options
from ..core.content import Message
from ..core.errors import DataError
from ..core.exchange import Likelihood, Prompt, Reply, ReplyForm, Request, SampleKey, Sampling
from ..core.interfaces import Endpoint, Play, Session
from ..core.sample import Sample, Turn
from ..scorers.options import chosen_option
from ..scorers.text import squeezed
from .prompts import context_prompt, whole_prompt

LETTERS = string.ascii_uppercase


class LikelihoodOptions(Options, frozen=True):
    """The section `protocol` of `protocol=likelihood`.

    `of` says what may follow the question: the choices' letters or their texts, behind
    `delimiter`. `normalize` divides each log-likelihood by the length of what it is of, without the
    delimiter but for tokens.
    """

    name: str
    of: Literal["letters", "texts"] = "letters"
    normalize: Literal["none", "tokens", "characters", "bytes"] = "none"
    delimiter: str = ""


class ByLikelihood:
    """Each question asked once; its answer is the likeliest choice, and nothing is generated.

    As `multiple_choice` in EleutherAI's lm-evaluation-harness (`lm_eval/api/task.py`): `acc` is
    `of=texts normalize=none`, `acc_norm` is `of=texts normalize=characters`, which divides by the
    characters of a choice; the first of equals wins. Its `target_delimiter` is one space, and empty
    where a chat template is applied.

    The output names the choice by its text where the target is the text of a choice, else by its
    letter, so that scorer=choice and scorer=exact both know it again. It is empty when the endpoint
    knows the likelihood of none: chat APIs tell no more than that of the 20 likeliest tokens.
    Several questions about one context are independent requests on it.
    """

    Options = LikelihoodOptions

    def __init__(self, options: LikelihoodOptions) -> None:
        self.options = options

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Ask all turns of `sample`. Raises DataError for one without choices."""
        forms = [self._form(sample, turn) for turn in sample.turns]
        prompt, questions = _prompt(sample)
        async with endpoint.open(prompt, key) as session:
            asked = [
                Request(messages=messages, sampling=sampling, turn=index, form=form)
                for index, (messages, form) in enumerate(zip(questions, forms, strict=True))
            ]
            replies = await asyncio.gather(
                *(self._ask(session, *pair) for pair in zip(asked, sample.turns, strict=True))
            )
        return Play(replies=tuple(replies))

    async def _ask(self, session: Session, request: Request, turn: Turn) -> Reply:
        reply = await session.generate(request)
        chosen = self._likeliest(reply.likelihoods, turn)
        return msgspec.structs.replace(reply, text="" if chosen is None else _named(turn, chosen))

    def _form(self, sample: Sample, turn: Turn) -> ReplyForm:
        choices = self._choices(turn)
        if not choices:
            raise DataError(
                f"sample {sample.id} has a question without choices; protocol=likelihood needs "
                "choices: take another protocol"
            )
        if not all(choices):
            raise DataError(f"sample {sample.id} has an empty choice, which has no likelihood")
        if len(choices) < len(turn.choices):
            raise DataError(
                f"sample {sample.id} has {len(turn.choices)} choices, more than there are letters; "
                "say protocol.of=texts"
            )
        return ReplyForm(continuations=tuple(self.options.delimiter + c for c in choices))

    def _choices(self, turn: Turn) -> Sequence[str]:
        """Return what may follow, without the delimiter."""
        return turn.choices if self.options.of == "texts" else tuple(LETTERS[: len(turn.choices)])

    def _likeliest(self, likelihoods: Sequence[Likelihood], turn: Turn) -> int | None:
        """Return the first of the choices with the highest likelihood; None if none is known."""
        best, highest = None, float("-inf")
        entries = zip(likelihoods, self._choices(turn), strict=True)
        for index, (likelihood, choice) in enumerate(entries):
            if likelihood.logprob is None:
                continue
            value = likelihood.logprob / self._length(likelihood, choice)
            if best is None or value > highest:
                best, highest = index, value
        return best

    def _length(self, likelihood: Likelihood, choice: str) -> int:
        match self.options.normalize:
            case "none":
                return 1
            case "tokens":
                return max(1, likelihood.tokens)
            case "characters":
                return len(choice)
            case "bytes":
                return len(choice.encode(errors="surrogatepass"))


def _prompt(sample: Sample) -> tuple[Prompt, list[tuple[Message, ...]]]:
    """Return what all questions of `sample` share, and what each one adds to it."""
    if len(sample.turns) == 1:
        return whole_prompt(sample), [()]
    return context_prompt(sample), [(Message("user", turn.query),) for turn in sample.turns]


def _named(turn: Turn, chosen: int) -> str:
    """Return the text or the letter of a choice: as the target does, if scorers then know it."""
    text, letter = turn.choices[chosen], LETTERS[chosen : chosen + 1]
    by_text = not letter or _is_text_of(turn.target, turn.choices)
    names = (text, letter) if by_text else (letter, text)
    known = (name for name in names if chosen_option(name, turn.choices) == chosen)
    return next(known, names[0])


def _is_text_of(target: Any, choices: Sequence[str]) -> bool:
    """Whether `target`, or one of several, is the text of a choice."""
    targets: Sequence[Any] = target if isinstance(target, (list, tuple)) else (target,)
    texts = {squeezed(choice).casefold() for choice in choices}
    return any(isinstance(one, str) and squeezed(one).casefold() in texts for one in targets)
