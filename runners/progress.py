"""Progress for people: a bar with rate, failures and tokens; nothing when nobody watches."""

from __future__ import annotations

import sys
from typing import Any

from ..core.prediction import Prediction


class Progress:
    """Counts what a run finishes, and shows it on a terminal."""

    def __init__(self, total: int, label: str, *, quiet: bool = False) -> None:
        self.asked = 0
        self.failed = 0
        self._tokens = 0
        self._cost = 0.0
        self._bar = None if quiet or not sys.stderr.isatty() else _bar(total, label)

    def skip(self) -> None:
        """Count a sample that an earlier run finished."""
        if self._bar is not None:
            self._bar.initial += 1
            self._bar.update(1)

    def done(self, prediction: Prediction) -> None:
        """Count a sample that this run finished, well or not."""
        self.asked += 1
        self.failed += prediction.error is not None
        self._tokens += prediction.usage.input_tokens + prediction.usage.output_tokens
        self._cost += prediction.usage.cost_usd
        if self._bar is not None:
            spent = f", ${self._cost:.2f}" if self._cost else ""
            self._bar.set_postfix_str(
                f"{self.failed} failed, {self._tokens:,} tokens{spent}", refresh=False
            )
            self._bar.update(1)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


def _bar(total: int, label: str) -> Any:
    from tqdm import tqdm

    return tqdm(total=total, desc=label, unit="sample", dynamic_ncols=True, smoothing=0.1)
