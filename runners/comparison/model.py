"""What comes of comparing two runs."""

from __future__ import annotations

import math

import msgspec

from ...scorers.statistics.paired import PairedDifference


class ComparedRun(msgspec.Struct, frozen=True):
    """One of the two runs: what tables call it, and where it lies."""

    label: str
    folder: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A task, or all of them: its verdicts in the two runs, pair by pair.

    `samples` have pairs. `only_first` and `only_second` count the samples that have a verdict in
    one run alone, `unpaired` the further verdicts without a partner: none of them is in `paired`.
    `p_adjusted` is Holm's for the number of tasks. `is_share` says that all values lie in [0, 1],
    `lower_is_better` which end is wanted.
    """

    name: str
    metric: str
    paired: PairedDifference
    samples: int
    only_first: int
    only_second: int
    unpaired: int
    is_share: bool
    lower_is_better: bool
    p_adjusted: float | None = None

    @property
    def samples_needed(self) -> int | None:
        """How many samples would show this difference, in groups as large as these."""
        clusters = self.paired.power.clusters_needed
        if clusters is None:
            return None
        return math.ceil(clusters * self.samples / self.paired.interval.n_clusters)


class ChangedSample(msgspec.Struct, frozen=True, kw_only=True):
    """A sample whose value, the mean of its pairs, differs between the runs."""

    task: str
    sample_id: str
    first: float
    second: float


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The second run against the first: differences are second minus first.

    `overall` weighs tasks as the recipe's average does. `gained` and `lost` are the samples whose
    value rose and fell most. `verdict` says in words what comes of it, `notes` what else differs
    between the runs, and what could not be compared.
    """

    first: ComparedRun
    second: ComparedRun
    verdict: str
    overall: Part
    tasks: tuple[Part, ...]
    gained: tuple[ChangedSample, ...]
    lost: tuple[ChangedSample, ...]
    notes: tuple[str, ...]
