"""From logits to a reply: greedy or sampled, until an end token, a stop string or the limit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Literal

import msgspec
import torch
from torch import Tensor

from ...core.exchange import Sampling


class Stops(msgspec.Struct, frozen=True):
    """What ends a reply: tokens, which are not part of it, strings, and a number of tokens."""

    tokens: Collection[int]
    strings: tuple[str, ...]
    limit: int


class Decoded(msgspec.Struct, frozen=True):
    """A reply and its tokens, without the end token that was sampled (`ended`).

    `text` is cut before a stop string, the tokens are not. `first_token_at` and `last_token_at` are
    readings of a clock. `seconds` were spent on the tokens after the first one, and `batch`
    replies were decoded together, on average.
    """

    tokens: tuple[int, ...]
    text: str
    stop_reason: Literal["stop", "length"]
    ended: bool
    first_token_at: float
    last_token_at: float
    seconds: float
    batch: float

    @property
    def sampled(self) -> int:
        """How many tokens were sampled, the end token included."""
        return len(self.tokens) + self.ended

    @property
    def tokens_per_s(self) -> float | None:
        """Decoding speed after the first token; None for replies of one token."""
        return (self.sampled - 1) / self.seconds if self.seconds > 0 else None


class Draft:
    """A reply that is being decoded."""

    def __init__(
        self, text_of: Callable[[Sequence[int]], str], sampling: Sampling, stops: Stops
    ) -> None:
        self._text_of = text_of
        self._stops = stops
        self._chooser = None if sampling.temperature == 0 else _Chooser(sampling)
        self._tokens: list[int] = []
        self._text: str | None = None
        self._ended = False
        self._times: list[float] = []
        self._seconds = 0.0
        self._branch_steps = 0

    @property
    def is_greedy(self) -> bool:
        """Whether the likeliest token is always taken."""
        return self._chooser is None

    @property
    def newest(self) -> int:
        """The last token so far."""
        return self._tokens[-1]

    def drawn(self, logits: Tensor) -> int:
        """Return a token drawn from `logits` (vocabulary,)."""
        assert self._chooser is not None  # noqa: S101 - greedy drafts draw nothing
        return self._chooser.token(logits)

    def take(self, token: int, at: float) -> bool:
        """Put `token`, known at the time `at`, behind the reply; return whether that ends it."""
        self._times = [*self._times[:1], at]
        if token in self._stops.tokens:
            self._ended = True
            return True
        self._tokens.append(token)
        if self._stops.strings and self._may_stop():
            self._text = _before_stop(self._text_of(self._tokens), self._stops.strings)
        return self._text is not None or len(self._tokens) == self._stops.limit

    def spend(self, seconds: float, batch: int) -> None:
        """Count a step in which a batch of replies was decoded."""
        self._seconds += seconds
        self._branch_steps += batch

    def decoded(self) -> Decoded:
        """Return the reply as it is now."""
        stopped = self._ended or self._text is not None
        steps = len(self._tokens) + self._ended - 1
        return Decoded(
            tokens=tuple(self._tokens),
            text=self._text_of(self._tokens) if self._text is None else self._text,
            stop_reason="stop" if stopped else "length",
            ended=self._ended,
            first_token_at=self._times[0],
            last_token_at=self._times[-1],
            seconds=self._seconds,
            batch=self._branch_steps / steps if steps > 0 else 1.0,
        )

    def _may_stop(self) -> bool:
        """Whether the newest token may complete a stop string: the whole text is not read for it.

        A token has at least a byte of the text, but the text of the oldest ones may lack bytes.
        """
        longest = max(len(stop.encode()) for stop in self._stops.strings)
        end = self._text_of(self._tokens[-(longest + _SLACK) :])
        return any(stop in end for stop in self._stops.strings)


# Tokens of which a character may be made, besides those of the stop string.
_SLACK = 8


class _Chooser:
    """Draws tokens; the same seed draws the same tokens on every device."""

    def __init__(self, sampling: Sampling) -> None:
        self._temperature = sampling.temperature
        self._top_k = sampling.top_k
        self._top_p = sampling.top_p
        self._generator = torch.Generator()
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed)

    def token(self, logits: Tensor) -> int:
        """Return a token drawn from the nucleus of the likeliest."""
        weights = (logits.float().cpu() / self._temperature).softmax(-1)
        likeliest, order = weights.sort(descending=True)
        kept = nucleus(likeliest, self._top_k, self._top_p)
        return int(order[torch.multinomial(kept, 1, generator=self._generator)])


def nucleus(likeliest: Tensor, top_k: int | None, top_p: float) -> Tensor:
    """Return the weights of tokens, the likeliest first, with those set to 0 that are never drawn.

    `top_k` keeps that many, and what is as likely as the last of them (Fan et al. 2018). Of these
    the nucleus stays: the fewest whose shares reach `top_p` (Holtzman et al. 2020).
    """
    if top_k is not None:
        likeliest = likeliest * (likeliest >= likeliest[min(top_k, len(likeliest)) - 1])
        likeliest = likeliest / likeliest.sum()
    return likeliest.masked_fill(likeliest.cumsum(-1) - likeliest >= top_p, 0)


def _before_stop(text: str, stop_strings: tuple[str, ...]) -> str | None:
    """Return the text before the first stop string, None when there is none yet."""
    ends = [text.find(stop) for stop in stop_strings if stop in text]
    return text[: min(ends)] if ends else None
