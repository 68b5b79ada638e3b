"""How many samples a comparison needs, and what it could show. Needs the extra `stats`."""

from __future__ import annotations

import math

import msgspec
from scipy.special import ndtri

# z of a two-sided test at 5%, and of 80% power.
_Z_BOTH = float(ndtri(0.975) + ndtri(0.8))


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to show a difference, in a test at 5% with 80% power.

    `clusters_needed` is how many samples (or groups of samples) like these would show a true
    difference as large as the one seen, `smallest_difference` what as many as there were can show.
    None where nothing differs, or nothing scatters.
    """

    clusters_needed: int | None
    smallest_difference: float | None


def power_of(difference: float, standard_error: float | None, n_clusters: int) -> Power:
    """Return what a difference with its clustered standard error says of future comparisons.

    Miller 2024 (arXiv 2411.00640), section 5: n = (z_0.975 + z_0.8)^2 s^2 / difference^2, solved
    for n and for the difference, with s^2 = n_clusters * standard_error^2, the variance of a
    sample's difference, its repeats included. As many repeats and turns are supposed. The normal
    approximation: for few samples, a t test needs about two more.
    """
    if standard_error is None or standard_error == 0:
        return Power(clusters_needed=None, smallest_difference=None)
    needed = None
    if difference:
        needed = math.ceil(n_clusters * (_Z_BOTH * standard_error / difference) ** 2)
    return Power(clusters_needed=needed, smallest_difference=_Z_BOTH * standard_error)
