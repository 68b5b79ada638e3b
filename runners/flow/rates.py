"""How many requests and tokens may go out a minute: token buckets."""

from __future__ import annotations

from ...core.exchange import Usage

BURST_S = 3.0
# What rounding leaves of a refill; far below a request or a token.
_ROUNDING = 1e-6


class TokenBucket:
    """Lets amounts through at `per_minute`, refilled continuously.

    In any window of `t` seconds no more than `per_minute * t / 60 + burst` gets through, where the
    burst is 3 seconds' worth, and at least the largest single amount: a minute is exceeded by 5%.
    What is given back lets through as much more. The clock is the caller's.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_s = per_minute / 60
        self._capacity = max(1.0, self._per_s * BURST_S)
        self._level = self._capacity
        self._filled_at: float | None = None

    def wait_s(self, amount: float, now: float) -> float:
        """Return how many seconds it is until `amount` may be taken.

        An amount above the burst waits for a full bucket, and leaves a debt.
        """
        self._refill(now)
        lacking = min(amount, self._capacity) - self._level
        return lacking / self._per_s if lacking > _ROUNDING else 0.0

    def take(self, amount: float) -> None:
        """Take `amount`, for which `wait_s` has just been 0."""
        self._level -= amount

    def give_back(self, amount: float) -> None:
        """Correct what was taken by `amount`, which is negative if it was too little."""
        self._level = min(self._capacity, self._level + amount)

    def _refill(self, now: float) -> None:
        if self._filled_at is not None:
            grown = self._level + (now - self._filled_at) * self._per_s
            self._level = min(self._capacity, grown)
        self._filled_at = now


class Rates:
    """The limits `run.requests_per_minute` and `run.tokens_per_minute`; None is no limit.

    An attempt that fails is taken to have used what was expected of it: providers count it too.
    """

    def __init__(self, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        self._requests = TokenBucket(requests_per_minute) if requests_per_minute else None
        self._tokens = TokenBucket(tokens_per_minute) if tokens_per_minute else None

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens are limited, so that they must be estimated."""
        return self._tokens is not None

    def wait_s(self, tokens: int, now: float) -> float:
        """Return the seconds until a request of about `tokens` tokens may start."""
        requests = self._requests.wait_s(1, now) if self._requests is not None else 0.0
        spent = self._tokens.wait_s(tokens, now) if self._tokens is not None else 0.0
        return requests if requests > spent else spent

    def take(self, tokens: int) -> None:
        """Count a request that starts."""
        if self._requests is not None:
            self._requests.take(1)
        if self._tokens is not None:
            self._tokens.take(tokens)

    def correct(self, tokens: int, usage: Usage) -> None:
        """Put what a request used in place of the `tokens` taken for it, if the server told."""
        if self._tokens is not None and usage.tokens:
            self._tokens.give_back(tokens - usage.tokens)
