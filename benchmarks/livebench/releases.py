"""Which questions belong to a release."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ...core.errors import ConfigError, DataError
from ...core.rows import Row
from ...core.suggest import did_you_mean

# Source: `LIVE_BENCH_RELEASES` in common.py of the official repository, commit b0fb577.
RELEASES = (
    "2024-06-24",
    "2024-07-26",
    "2024-08-31",
    "2024-11-25",
    "2025-04-02",
    "2025-04-25",
    "2025-05-30",
    "2025-11-25",
    "2025-12-23",
    "2026-01-08",
    "2026-06-25",
)
# The last whose questions are all public.
DEFAULT_RELEASE = "2024-11-25"

_RELEASED = "livebench_release_date"
_REMOVED = "livebench_removal_date"


def checked_release(release: str | None) -> str | None:
    """Return `release`. Raises ConfigError for one that is not known."""
    if release is not None and release not in RELEASES:
        near = did_you_mean(release, RELEASES)
        raise ConfigError(f"benchmark.release: unknown release {release!r}; {near}")
    return release


def released(row: Row, place: str) -> str:
    """Return the day on which a question was released, or that of the first release if unsaid.

    Raises DataError.
    """
    return _day(row, _RELEASED, place) or RELEASES[0]


def is_of_release(row: Row, release: str, place: str) -> bool:
    """Tell whether a question was released by the day of `release`, and not removed by then.

    Raises DataError.
    """
    removed = _day(row, _REMOVED, place)
    return released(row, place) <= release and (not removed or removed > release)


def _day(row: Row, field: str, place: str) -> str:
    """Return a day as YYYY-MM-DD; "" without one. Raises DataError."""
    value: Any = row.get(field) or ""
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    try:
        return datetime.fromisoformat(value).strftime("%Y-%m-%d") if value else ""
    except (TypeError, ValueError):
        raise DataError(
            f"{place}: field {field!r} should be a day as YYYY-MM-DD, found {value!r:.40}"
        ) from None
