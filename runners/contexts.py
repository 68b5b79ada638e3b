"""The order in which samples are asked: those that share a context stand together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..core.content import Content
from ..core.sample import Sample

# A window is read ahead: so many samples, or contexts of so many characters, whichever ends first.
WINDOW_SAMPLES = 256
WINDOW_CHARACTERS = 4_000_000


class Placed(NamedTuple):
    """A sample in its turn, and whether others beside it have the same context."""

    sample: Sample
    shares_context: bool


def together(samples: Iterable[Sample]) -> Iterator[Placed]:
    """Yield `samples`, each context's own next to each other, in the order of first appearance.

    Prefix caches of servers and providers forget, so questions about one context are asked in one
    go. Samples that are further apart than a window stay apart. Samples without context keep
    their place, and nothing is read ahead of them alone.
    """
    window: list[Sample] = []
    held: set[Content] = set()
    characters = 0
    for sample in samples:
        if not sample.context and not window:
            yield Placed(sample, shares_context=False)
            continue
        if sample.context and sample.context not in held:
            held.add(sample.context)
            characters += len(sample.context)
        window.append(sample)
        if len(window) >= WINDOW_SAMPLES or characters >= WINDOW_CHARACTERS:
            yield from _grouped(window)
            window, held, characters = [], set(), 0
    yield from _grouped(window)


def _grouped(window: list[Sample]) -> Iterator[Placed]:
    counts = Counter(sample.context for sample in window if sample.context)
    if all(count == 1 for count in counts.values()):
        yield from (Placed(sample, shares_context=False) for sample in window)
        return
    groups: dict[object, list[Sample]] = {}
    for position, sample in enumerate(window):
        groups.setdefault(sample.context or position, []).append(sample)
    for group in groups.values():
        yield from (Placed(sample, shares_context=len(group) > 1) for sample in group)
