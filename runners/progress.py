"""Progress: a bar with rate, failures, tokens and money, and a file for whoever is elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..core.exchange import Usage
from ..core.prediction import Prediction
from .advance import Advance, AdvanceFile
from .status import now


class Progress:
    """Counts what a run finishes, shows it on a terminal, and keeps `file` up to date."""

    def __init__(
        self, total: int, label: str, *, quiet: bool = False, file: AdvanceFile | None = None
    ) -> None:
        self.asked = 0
        self.failed = 0
        # What else is worth seeing beside the counts, in a few words.
        self.state: Callable[[], str] = str
        self._total = total
        self._before = 0
        self._spent = Usage()
        self._file = file
        self._bar = None if quiet or not sys.stderr.isatty() else _bar(total, label)

    def begin(self) -> None:
        """Say that the first sample is to be asked."""
        if self._file is not None:
            self._file.write(self._advance())

    def skip(self) -> None:
        """Count a sample that an earlier run finished."""
        self._before += 1
        if self._bar is not None:
            self._bar.initial += 1
            self._bar.update(1)
        self._keep()

    def done(self, prediction: Prediction, spent: Usage, *, graded: bool = True) -> None:
        """Count a sample that this run finished, and what it and its judge spent.

        It has failed without a reply, or if it could not be `graded`.
        """
        self.asked += 1
        self.failed += prediction.error is not None or not graded
        self._spent += spent
        # Words are made where the bar was drawn just now, for the next time.
        if self._bar is not None and self._bar.update(1):
            self._bar.set_postfix_str(self._words(), refresh=False)
        self._keep()

    def tell(self, line: str) -> None:
        """Print a line to stderr, above the bar."""
        if self._bar is not None:
            self._bar.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - the way to the user

    def close(self) -> None:
        """Take the bar away, and leave the last word in the file."""
        if self._bar is not None:
            self._bar.close()
        if self._file is not None:
            self._file.write(self._advance())

    def _keep(self) -> None:
        if self._file is not None and self._file.is_due():
            self._file.write(self._advance())

    def _advance(self) -> Advance:
        return Advance(
            done=self._before + self.asked - self.failed,
            failed=self.failed,
            total=self._total,
            asked=self.asked,
            usage=self._spent,
            updated_at=now(),
        )

    def _words(self) -> str:
        spent = self._spent
        words = [f"{self.failed} failed", f"{spent.tokens:,} tokens"]
        words += [f"${spent.cost_usd:.2f}"] if spent.cost_usd else []
        return ", ".join([*words, *filter(None, [self.state()])])


def _bar(total: int, label: str) -> Any:
    from tqdm import tqdm

    return tqdm(total=total, desc=label, unit="sample", dynamic_ncols=True, smoothing=0.1)
