"""Progress for people: a bar with rate, failures, tokens and money; nothing when nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..core.exchange import Usage
from ..core.prediction import Prediction


class Progress:
    """Counts what a run finishes, and shows it on a terminal."""

    def __init__(self, total: int, label: str, *, quiet: bool = False) -> None:
        self.asked = 0
        self.failed = 0
        # What else is worth seeing beside the counts, in a few words.
        self.state: Callable[[], str] = str
        self._spent = Usage()
        self._bar = None if quiet or not sys.stderr.isatty() else _bar(total, label)

    def skip(self) -> None:
        """Count a sample that an earlier run finished."""
        if self._bar is not None:
            self._bar.initial += 1
            self._bar.update(1)

    def done(self, prediction: Prediction, spent: Usage) -> None:
        """Count a sample that this run finished, well or not, and what it and its judge spent."""
        self.asked += 1
        self.failed += prediction.error is not None
        if self._bar is not None:
            self._spent += spent
            # Words are made where the bar was drawn just now, for the next time.
            if self._bar.update(1):
                self._bar.set_postfix_str(self._words(), refresh=False)

    def tell(self, line: str) -> None:
        """Print a line to stderr, above the bar."""
        if self._bar is not None:
            self._bar.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - the way to the user

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()

    def _words(self) -> str:
        spent = self._spent
        words = [f"{self.failed} failed", f"{spent.tokens:,} tokens"]
        words += [f"${spent.cost_usd:.2f}"] if spent.cost_usd else []
        return ", ".join([*words, *filter(None, [self.state()])])


def _bar(total: int, label: str) -> Any:
    from tqdm import tqdm

    return tqdm(total=total, desc=label, unit="sample", dynamic_ncols=True, smoothing=0.1)
