"""From logits to a reply: greedy or sampled, until an end token, a stop string or the limit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Literal

import msgspec
import torch
from torch import Tensor

from ...core.exchange import Sampling
from .causal_lm import CausalLM, State
from .measure import now


class Stops(msgspec.Struct, frozen=True):
    """What ends a reply: tokens, which are not part of it, strings, and a number of tokens."""

    tokens: Collection[int]
    strings: tuple[str, ...]
    limit: int


class Decoded(msgspec.Struct, frozen=True):
    """A reply and its tokens, without the end token that was sampled (`ended`).

    `state` has seen every token but the last `unseen` of them. `text` is cut before a stop string,
    the tokens are not.
    """

    tokens: tuple[int, ...]
    text: str
    stop_reason: Literal["stop", "length"]
    ended: bool
    state: State
    unseen: tuple[int, ...]
    first_token_at: float
    last_token_at: float

    @property
    def sampled(self) -> int:
        """How many tokens were sampled, the end token included."""
        return len(self.tokens) + self.ended

    @property
    def tokens_per_s(self) -> float | None:
        """Decoding speed after the first token; None for replies of one token."""
        seconds = self.last_token_at - self.first_token_at
        return (self.sampled - 1) / seconds if self.sampled > 1 and seconds > 0 else None


class CancelledDecodingError(Exception):
    """Nobody waits for the reply any more."""


def decode(
    lm: CausalLM,
    state: State,
    text_of: Callable[[Sequence[int]], str],
    sampling: Sampling,
    stops: Stops,
    cancelled: threading.Event,
) -> Decoded:
    """Return the reply that follows `state`, whose cache is used up.

    Raises CancelledDecodingError as soon as `cancelled` is set.
    """
    choose = _Chooser(sampling)
    tokens: list[int] = []
    first_token_at = 0.0
    while True:
        if cancelled.is_set():
            raise CancelledDecodingError
        token = choose.token(state.logits)
        first_token_at = first_token_at or now(lm.device)
        ended = token in stops.tokens
        text = None
        if not ended:
            tokens.append(token)
            text = _before_stop(text_of(tokens), stops.strings) if stops.strings else None
        if ended or text is not None or len(tokens) == stops.limit:
            break
        state = lm.extended(state, [token])
    return Decoded(
        tokens=tuple(tokens),
        text=text_of(tokens) if text is None else text,
        stop_reason="stop" if ended or text is not None else "length",
        ended=ended,
        state=state,
        unseen=() if ended else (tokens[-1],),
        first_token_at=first_token_at,
        last_token_at=now(lm.device),
    )


class _Chooser:
    """Picks tokens; the same seed picks the same tokens on every device."""

    def __init__(self, sampling: Sampling) -> None:
        self._temperature = sampling.temperature
        self._top_p = sampling.top_p
        self._generator = torch.Generator()
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed)

    def token(self, logits: Tensor) -> int:
        """Return the likeliest token at temperature 0, else one drawn from the nucleus."""
        if self._temperature == 0:
            return int(logits.argmax())
        weights = (logits.float().cpu() / self._temperature).softmax(-1)
        likeliest, order = weights.sort(descending=True)
        # The nucleus: the fewest tokens whose weights reach top_p (Holtzman et al. 2020).
        likeliest[likeliest.cumsum(-1) - likeliest >= self._top_p] = 0
        return int(order[torch.multinomial(likeliest, 1, generator=self._generator)])


def _before_stop(text: str, stop_strings: tuple[str, ...]) -> str | None:
    """Return the text before the first stop string, None when there is none yet."""
    ends = [text.find(stop) for stop in stop_strings if stop in text]
    return text[: min(ends)] if ends else None
