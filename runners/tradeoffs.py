"""Quality against what it costs in memory and time: the axes and panels of such plots."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from .kv_report import KVRow

# An axis whose largest value is so many times its smallest is logarithmic.
_WIDE = 8.0
_NAMES = ("recipe", "model", "protocol", "scorer")


class CostAxis(msgspec.Struct, frozen=True):
    """What quality is drawn against, in a unit that reads well; less is better, but for speeds."""

    label: str
    of: Callable[[KVRow], float | None]
    more_is_better: bool = False


def _megabytes(row: KVRow) -> float | None:
    return None if row.measures.cache_bytes is None else row.measures.cache_bytes * 1e-6


CACHE = CostAxis("KV cache, MB", _megabytes)
LATER_TTFT = CostAxis(
    "time to first token of later queries, s", lambda row: row.measures.ttft_later_s
)
DECODING = CostAxis(
    "decoding speed, tokens/s", lambda row: row.measures.decode_tokens_per_s, more_is_better=True
)


def comparison_title(row: KVRow, rows: Sequence[KVRow], *, names: Sequence[str] = _NAMES) -> str:
    """Name what tells the rows that are compared with `row` from others in `rows`."""
    parts = [getattr(row, name) for name in names if len({getattr(r, name) for r in rows}) > 1]
    parts += [f"n = {row.planned}"] if len({r.planned for r in rows}) > 1 else []
    return " / ".join(parts)


def is_wide(least: float, most: float) -> bool:
    """Tell whether values between these are better read on a logarithmic axis."""
    return 0 < least * _WIDE <= most
