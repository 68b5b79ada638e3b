"""How long to wait before a failure that may pass is asked again."""

from __future__ import annotations

import random

from ...core.errors import SampleError

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 60.0
# Providers count by the minute, and some do not say how much of it is left: five retries of a
# throttled call outlast one.
FIRST_DELAY_THROTTLED_S = 4.0
# The part of a delay that is not left to chance.
_FIXED_SHARE = 0.5


def delay_s(attempt: int, error: SampleError) -> float:
    """Return the pause before retry `attempt` (0-based), in seconds.

    Exponential back-off with equal jitter (M. Brooker, "Exponential Backoff And Jitter", AWS
    Architecture Blog, 2015), but never shorter than what the server asked for.
    """
    unsaid = error.kind in ("rate_limit", "overloaded") and error.retry_after_s is None
    first = FIRST_DELAY_THROTTLED_S if unsaid else FIRST_DELAY_S
    # More doublings than these pass any ceiling, and would end up beyond what a float holds.
    ceiling = min(LONGEST_DELAY_S, first * 2 ** min(attempt, 16))
    return max(jittered(ceiling), error.retry_after_s or 0.0)


def jittered(ceiling_s: float) -> float:
    """Return a random time between half of `ceiling_s` and all of it, so that crowds disperse."""
    return random.uniform(_FIXED_SHARE * ceiling_s, ceiling_s)  # noqa: S311 - not a secret
