"""A question asked several times, for a vote."""

from __future__ import annotations

import msgspec

from ..core.config import Options, Positive
from ..core.exchange import SampleKey, Sampling
from ..core.interfaces import Endpoint, Play
from ..core.sample import Sample
from .prompts import whole_prompt
from .protocols import only_turn, request_of
from .side_by_side import all_of

# Further apart than epochs, whose seeds follow each other.
_BETWEEN_SEEDS = 10_000


class VotesOptions(Options, frozen=True):
    """The section `protocol` of `protocol=votes`: how many replies vote."""

    name: str
    n: Positive = 8


class Votes:
    """The only turn of a sample, asked `n` times; the scorer makes one verdict of the replies.

    Self-consistency (Wang et al. 2023, arXiv 2203.11171). Replies differ where they are sampled:
    `generation.temperature=1.0`, say.
    """

    Options = VotesOptions
    many_calls = True

    def __init__(self, options: VotesOptions) -> None:
        self.options = options

    async def play(
        self, sample: Sample, key: SampleKey, endpoint: Endpoint, sampling: Sampling
    ) -> Play:
        """Ask at the same time, each reply with a seed of its own. Raises DataError."""
        turn = only_turn(sample, "protocol=votes asks one")
        prompt = msgspec.structs.replace(whole_prompt(sample), requests=self.options.n)
        async with endpoint.open(prompt, key) as session:
            votes = (request_of(turn, seeded(sampling, n)) for n in range(self.options.n))
            replies = await all_of([session.generate(vote) for vote in votes])
        return Play(replies=tuple(replies))


def seeded(sampling: Sampling, number: int) -> Sampling:
    """Return `sampling` for the reply of this number to one sample, with a seed of its own."""
    if sampling.seed is None:
        return sampling
    return msgspec.structs.replace(sampling, seed=sampling.seed + number * _BETWEEN_SEEDS)
